"""How members appear on boards: they choose, and nobody else does."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say

from campaigns.models import Player
from loyalty.core.errors import InvalidInput
from loyalty.core.events.operations import record
from members.operations.membership import locked


@transaction.atomic
def choose_name(*, member: UUID, shown: str, at: datetime, another: bool = False) -> Player:
    """Appear under a made-up name (`alias`; `another` draws a new one), by first name (`name`), or not at all
    (`hidden`). Raises `InvalidInput`, `NotFound`."""
    if shown not in Player.Shown.values:
        raise InvalidInput.of("shown", say("Choose one of alias, name and hidden."))
    locked(member)
    row = Player.objects.filter(member=member).first() or Player(member_id=member)
    before = row.shown
    row.shown, row.chosen_at, row.turn = shown, at, row.turn + bool(another)
    row.save()
    if before != shown:
        record("board.name_chosen", subject=member, at=at, data={"shown": shown})
    return row
