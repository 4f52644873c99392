"""Prize draws: the list, one with what is published of it, and what a member has to do with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from campaigns.models import Draw, DrawWinner
from campaigns.queries.games.challenges import draws_named
from campaigns.rules.draws import Chances, code_of
from loyalty.core.errors import NotFound
from loyalty.core.programme import queries as programmes
from members.models import DrawEntry
from members.queries.whole import of_whole
from members.rules.earning import GiveEntries


def draws() -> QuerySet[Draw]:
    """All of them, newest first."""
    return Draw.objects.order_by("-id")


def draw(key: UUID) -> Draw:
    """One; `NotFound` otherwise."""
    found = Draw.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("draw")
    return found


def winners_of(key: UUID) -> list[DrawWinner]:
    """Who won, by place."""
    return list(DrawWinner.objects.filter(draw=key).select_related("member").order_by("place"))


def handles() -> dict[str, str]:
    """The draws that rules of the programme in force and challenges give chances in: their handles, with the names
    rules have for them."""
    current = programmes.in_force()
    rules = current.programme["earning"].rules if current else ()
    given = {
        rule.draw: rule.name or rule.draw for rule in rules if isinstance(rule, GiveEntries) and not rule.off
    }
    return draws_named() | given


def chances(handle: str, *, until: datetime) -> dict[UUID, int]:
    """How many chances each member who takes part has, merged members' with those of who they are now."""
    rows = DrawEntry.objects.filter(draw=handle, entered_at__lt=until, entries__gt=0)
    rows = rows.filter(member__status__in=("active", "merged"))
    found = (
        rows.annotate(owner=Coalesce("member__merged_into", "member")).order_by("owner").values_list("owner")
    )
    return {owner: number for owner, number in found.annotate(number=Sum("entries")) if number}


def chances_of(member: UUID, row: Draw, *, at: datetime) -> int:
    """How many chances a member has in a draw that is open."""
    rows = DrawEntry.objects.filter(of_whole(member), draw=row.handle, entered_at__lt=min(at, row.closes_at))
    return rows.aggregate(number=Sum("entries"))["number"] or 0


def listed(row: Draw, found: dict[UUID, int]) -> list[Chances]:
    """Chances under the codes that name nobody."""
    return [Chances(code_of(member, row.pk), number) for member, number in found.items()]


def entries_of(row: Draw, *, at: datetime, most: int = 50) -> list[tuple[UUID, int]]:
    """Who takes part in a draw with how many chances, those with most first."""
    found = chances(row.handle, until=min(row.closes_at, at))
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def odds_of(mine: int, total: int, prizes: int) -> int:
    """How likely somebody with so many of all chances wins one of the prizes, in a million. Exact for one prize; for
    more of them as if each were drawn among all, which is never more than it is."""
    if mine <= 0 or total <= 0:
        return 0
    return round((1 - (1 - mine / total) ** prizes) * 1_000_000) if mine < total else 1_000_000


def published(row: Draw) -> dict[str, Any]:
    """What everybody may see: before the draw the promise, afterwards everything it takes to check it, as
    `docs/verify_draw.py` reads it."""
    told: dict[str, Any] = {
        "name": row.name, "prize": row.prize, "prizes": row.prizes, "state": row.state,
        "closes_at": row.closes_at.isoformat(), "commitment": row.commitment,
    }  # fmt: skip
    if row.state == Draw.State.HELD:
        told |= {
            "held_at": row.held_at.isoformat() if row.held_at else None, "seed": row.seed, "list": row.listed,
            "list_digest": row.list_digest, "winners": [one.code for one in winners_of(row.pk)],
        }  # fmt: skip
    return told
