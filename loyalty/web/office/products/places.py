"""Where a page of the catalogue ended, as it stands in an address."""

import base64
import json
from uuid import UUID

from members.models import Product


def position(row: Product) -> tuple[str, UUID]:
    """Where a page ends whose last row is this one."""
    return row.search, row.pk


def seal(after: tuple[str, UUID]) -> str:
    """The same as a short text."""
    return base64.urlsafe_b64encode(json.dumps([after[0], str(after[1])]).encode()).decode().rstrip("=")


def unseal(text: str) -> tuple[str, UUID] | None:
    """What `seal` wrote; None for the first page and for anything nobody wrote."""
    if not text:
        return None
    try:
        search, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return (search, UUID(key)) if isinstance(search, str) and "\x00" not in search else None
    except (ValueError, TypeError, AttributeError):
        return None
