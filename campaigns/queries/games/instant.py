"""Instant wins: what can be won and how likely, which tickets a member has, and everything it takes to check a game."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from campaigns.models import InstantPlay, InstantWin
from campaigns.queries.games.progress import purchases
from campaigns.rules.draws import Prize
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from members.queries.whole import of_whole

MOST = 50
"""Tickets that are offered at once."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that can be played: the purchase it comes with, or the day."""

    source: UUID | None
    day: date | None

    @property
    def name(self) -> str:
        """What it is known by: the same for good."""
        return self.source.hex if self.source else str(self.day)


def games() -> QuerySet[InstantWin]:
    """All of them, newest first."""
    return InstantWin.objects.order_by("-id")


def game(key: UUID) -> InstantWin:
    """One; `NotFound` otherwise."""
    found = InstantWin.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("instant win")
    return found


def running(*, at: datetime) -> list[InstantWin]:
    """Those that can be played now, the soonest to end first."""
    found = InstantWin.objects.filter(state=InstantWin.State.OPEN, starts_at__lte=at, ends_at__gt=at)
    return sorted(found, key=lambda row: (row.ends_at, row.pk))


def prizes_of(row: InstantWin) -> list[Prize]:
    """The prizes as a play sees them."""
    return [Prize(one["id"], one["odds"], one["total"] - one["given"]) for one in row.prizes]


def any_odds(row: InstantWin) -> int:
    """How likely a ticket wins anything that is left, in a million."""
    return sum(one.odds for one in prizes_of(row) if one.left > 0)


def tickets(row: InstantWin, *, member: UUID, at: datetime) -> list[Ticket]:
    """The tickets a member has and has not played, oldest first."""
    played = InstantPlay.objects.filter(of_whole(member), game=row.pk)
    if row.ticket == InstantWin.Ticket.DAY:
        today = at.astimezone(ZoneInfo(shop_of_scope().timezone)).date()
        return [] if played.filter(day=today).exists() else [Ticket(None, today)]
    used = set(played.values_list("source", flat=True))
    found = purchases(member, row.starts_at, min(row.ends_at, at))
    least = max(1, row.at_least_minor)
    return [Ticket(one.id, None) for one in found if one.left_minor >= least and one.id not in used][:MOST]


def code_of(row: InstantWin, member: UUID, ticket: Ticket) -> str:
    """What a ticket is played and published under: it names nobody."""
    return sha256(f"{row.pk.hex}|{member.hex}|{ticket.name}".encode()).hexdigest()[:20]


def plays_of(member: UUID) -> QuerySet[InstantPlay]:
    """What a member has played, last first."""
    return InstantPlay.objects.filter(of_whole(member)).select_related("game").order_by("-id")


def winners_of(key: UUID) -> QuerySet[InstantPlay]:
    """Who has won in a game, last first."""
    return InstantPlay.objects.filter(game=key).exclude(prize="").order_by("-id")


def published(row: InstantWin) -> dict[str, Any]:
    """What everybody may see: the promise while it runs, afterwards everything it takes to check each ticket, as
    `docs/verify_instant_win.py` reads it."""
    prizes = [{name: one[name] for name in ("id", "name", "odds", "total")} for one in row.prizes]
    told: dict[str, Any] = {
        "name": row.name, "state": row.state, "ends_at": row.ends_at.isoformat(), "commitment": row.commitment,
        "prizes": prizes,
    }  # fmt: skip
    if row.state == InstantWin.State.ENDED:
        found = InstantPlay.objects.filter(game=row.pk).order_by("number").values_list("ticket", "prize")
        told |= {"seed": row.seed, "plays": [list(one) for one in found]}
    return told
