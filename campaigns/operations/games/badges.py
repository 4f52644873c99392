"""Make badges, and change how they look. What was earned stays earned."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import Badge
from campaigns.queries.games.challenges import badge as find
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record

DRAWINGS = (
    "award", "medal", "trophy", "crown", "star", "heart", "flame", "sparkles", "rocket", "leaf", "sun", "moon",
    "coffee", "croissant", "cake", "book-open", "bike", "mountain", "compass", "camera", "gem", "party-popper",
)  # fmt: skip
"""Icons a badge can show."""


class BadgeExists(DomainError):
    code = "badge_exists"
    message = _("Another badge has this name already.")
    field = "name"


@transaction.atomic
def create_badge(
    *, name: str, at: datetime, text: str = "", drawing: str = "award", handle: str = ""
) -> Badge:
    """Make a badge. `handle` is what rules and challenges call it; it is made of the name where none is given, and
    stays for good. Raises `InvalidInput`, `BadgeExists`."""
    row = Badge(handle=handle or slugify(name)[:60] or "badge", created_at=at)
    _apply(row, name=name, text=text, drawing=drawing)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise BadgeExists() from None
    record("badge.created", subject=row.pk, at=at, data={"badge": row.handle})
    return row


@transaction.atomic
def edit_badge(*, badge: UUID, at: datetime, changes: dict[str, Any]) -> Badge:
    """Change its name, its text or its drawing, for everybody who has it, too. Raises `InvalidInput`, `NotFound`."""
    find(badge)
    row = Badge.objects.select_for_update(no_key=True).get(pk=badge)
    before = (row.name, row.text, row.drawing)
    _apply(row, **{"name": row.name, "text": row.text, "drawing": row.drawing, **changes})
    if (row.name, row.text, row.drawing) != before:
        row.save(update_fields=["name", "text", "drawing"])
        record("badge.edited", subject=row.pk, at=at, data={"badge": row.handle})
    return row


def _apply(row: Badge, *, name: str, text: str, drawing: str) -> None:
    row.name, row.text, row.drawing = name.strip(), text.strip(), drawing
    found = []
    if not 1 <= len(row.name) <= 80 or not row.name.isprintable():
        found.append(("name", say("Give 1 to {most} characters.").format(most=80)))
    if len(row.text) > 200 or not row.text.isprintable():
        found.append(("text", say("At most {most} characters, on one line.").format(most=200)))
    if drawing not in DRAWINGS:
        found.append(("drawing", say("Choose one of the drawings.")))
    if not row.handle.isprintable() or len(row.handle) > 60:
        found.append(("handle", say("Name it in at most 60 characters.")))
    if found:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in found])
