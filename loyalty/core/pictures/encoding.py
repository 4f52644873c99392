"""Pictures that people upload, made harmless: looked at before they are decoded, and written anew by us.

What is kept is never what was sent. Position, camera, comments and whatever else lay in the file is left behind, and
so is anything that only looked like a picture.
"""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from loyalty.core.errors import DomainError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIZES = {"small": 192, "medium": 640, "large": 1280}
"""Longest edge of each rendition in pixels; nothing is made larger than it came."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NAMES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "jpe": "JPEG", "jfif": "JPEG", "webp": "WEBP"}
_WEBP_MOVES = 0x02
# The library warns of a picture that it finds too large and goes on; here a warning is a refusal.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class PictureTooLarge(DomainError):
    code = "picture_too_large"
    message = _("This file is larger than 5 MB. Make the picture smaller and try again.")
    field = "picture"


class NotAPicture(DomainError):
    code = "not_a_picture"
    message = _("This is not a picture that can be used. Choose a PNG, JPEG or WebP file.")
    field = "picture"


class VectorPicture(DomainError):
    code = "picture_is_drawing"
    message = _(
        "SVG files can hold programs and are not accepted. Export it as a PNG, best 1,000 pixels wide."
    )
    field = "picture"


class Mislabelled(DomainError):
    code = "picture_mislabelled"
    message = _("The file’s name says {said}, but inside it is {found}. Save it anew under its real kind.")
    field = "picture"


class TooManyPixels(DomainError):
    code = "picture_too_many_pixels"
    message = _("This picture has more than 40 million pixels. 2,000 by 2,000 is more than enough.")
    field = "picture"


class MovingPicture(DomainError):
    code = "picture_moves"
    message = _("Moving pictures are not accepted. Choose one that stands still.")
    field = "picture"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture written anew: `kind` is png (where something shows through) or webp; `files` one for each of `SIZES`;
    `id` the digest of the largest, so that the same picture is the same everywhere and for ever."""

    id: UUID
    kind: str
    width: int
    height: int
    files: dict[str, bytes]


def encode(data: bytes, *, name: str = "") -> Encoded:
    """Look at an uploaded file and write its picture anew, in every size. `name` is what the file was called.

    Raises `PictureTooLarge`, `VectorPicture`, `NotAPicture`, `Mislabelled`, `TooManyPixels` or `MovingPicture`.
    """
    if len(data) > MAX_BYTES:
        raise PictureTooLarge()
    found = _kind(data)
    said = _NAMES.get(name.rpartition(".")[2].lower(), "") if "." in name else ""
    if said and said != found:
        raise Mislabelled(said=said, found=found)
    if found == "WEBP":
        _look_into_webp(data)  # the library would set memory aside for the whole of it before it can be asked
    return renditions(_opened(data, found))


def renditions(picture: Image.Image) -> Encoded:
    """A picture that is held already, written in every size."""
    kind = "png" if picture.mode == "RGBA" else "webp"
    files = {}
    for size, edge in SIZES.items():
        made = picture.copy()
        made.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        files[size] = _written(made, kind)
        width, height = made.size
    digest = hashlib.sha256(files["large"]).digest()
    return Encoded(UUID(bytes=digest[:16]), kind, width, height, files)


def _kind(data: bytes) -> str:
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(_JPEG):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    start = data[:2048].lower()
    if b"<svg" in start or start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        raise VectorPicture()
    if data[:6] in (b"GIF87a", b"GIF89a"):
        raise MovingPicture()
    raise NotAPicture()


def _look_into_webp(data: bytes) -> None:
    """Width, height and movement from the first bytes of the file."""
    try:
        match data[12:16]:
            case b"VP8X":
                width = int.from_bytes(data[24:27], "little") + 1
                height = int.from_bytes(data[27:30], "little") + 1
                if data[20] & _WEBP_MOVES:
                    raise MovingPicture()
            case b"VP8L":
                bits = int.from_bytes(data[21:25], "little")
                width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
            case b"VP8 ":
                width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
            case _:
                raise NotAPicture()
    except (IndexError, struct.error):
        raise NotAPicture() from None
    if width * height > MAX_PIXELS:
        raise TooManyPixels()


def _opened(data: bytes, kind: str) -> Image.Image:
    """The picture itself, upright, in plain colours; decoded only after its size was read from its head."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=[kind]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise TooManyPixels()
                if getattr(picture, "n_frames", 1) > 1:
                    raise MovingPicture()
                picture.load()
                return _plain(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooManyPixels() from None
    except DomainError:
        raise
    except Exception:  # noqa: BLE001 - the decoders of three formats fail in more ways than anybody lists
        raise NotAPicture() from None


def _plain(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shows through; profiles, comments and the rest stay behind."""
    if picture.has_transparency_data:
        whole = picture.convert("RGBA")
        lowest, _highest = whole.getchannel("A").getextrema()
        found = whole if isinstance(lowest, int | float) and lowest < 255 else whole.convert("RGB")
    else:
        found = picture.convert("RGB")
    bare = Image.new(found.mode, found.size)
    bare.paste(found)
    return bare


FLAT = 4_096
"""A drawing has no more colours than this at the size of a logo; what has more is a photograph."""


def png(picture: Image.Image) -> bytes:
    """A picture as PNG. A drawing of few colours is written with a palette of 256, shades of what shows through
    included: a third of the bytes, on every first visit of a phone."""
    if picture.getcolors(FLAT) is not None:
        picture = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _written(picture: Image.Image, kind: str) -> bytes:
    if kind == "png":
        return png(picture)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=86, method=4)
    return file.getvalue()
