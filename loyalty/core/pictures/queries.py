"""Where a picture is found, and what it is."""

from dataclasses import dataclass
from uuid import UUID

from loyalty.core.pictures.encoding import SIZES
from loyalty.core.pictures.models import Picture


@dataclass(frozen=True, slots=True)
class File:
    """One rendition: its bytes and `kind` (png or webp)."""

    content: bytes
    kind: str


def address(slug: str, picture: UUID | None, size: str = "medium") -> str:
    """The address of a shop's picture, "" for none. It names what is shown, so it may be kept for ever."""
    return f"/pictures/{slug}/{picture.hex}/{size}" if picture else ""


def rendition(picture: UUID, size: str) -> File | None:
    """One rendition of a picture of the shop acted for; None where there is none of that size."""
    if size not in SIZES:
        return None
    found = Picture.objects.filter(pk=picture).values_list(size, "kind").first()
    return File(bytes(found[0]), found[1]) if found else None


def known(picture: UUID) -> bool:
    """True when the shop acted for has this picture."""
    return Picture.objects.filter(pk=picture).exists()
