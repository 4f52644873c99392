"""Boards: who is how far, under names that members chose to be known by. Who stays out is not on them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from campaigns.models import Challenge, ChallengeScore, Player
from campaigns.queries.games.challenges import terms_of
from campaigns.queries.games.progress import round_at
from campaigns.rules.games.aliases import alias
from members.models import Member, Profile

TOP = 10


@dataclass(frozen=True, slots=True)
class Placed:
    """A place on a board. Equal numbers share a place. `is_me` for whoever looks at it."""

    place: int
    name: str
    value: int
    is_me: bool
    member: UUID


@dataclass(frozen=True, slots=True)
class Board:
    """The first of a round, and the one who looks at it, where they are further down; None where they are among the
    first, take no part or stay out. `players` is how many are on it."""

    first: list[Placed]
    me: Placed | None
    players: int


def player_of(member: UUID) -> Player | None:
    """What a member chose; None for who has not chosen yet, and appears under a made-up name."""
    return Player.objects.filter(member=member).first()


def alias_of(member: UUID, turn: int = 0) -> str:
    """A member's made-up name: it cannot be traced back without the shop's own data."""
    return alias(f"{member.hex}|{turn}")


def names_of(members: Collection[UUID]) -> dict[UUID, str]:
    """What members are called on boards; those who stay out are missing."""
    chosen = {row.member_id: row for row in Player.objects.filter(member__in=list(members))}
    by_name = [key for key, row in chosen.items() if row.shown == Player.Shown.NAME]
    given = dict(Profile.objects.filter(member__in=by_name).values_list("member", "given_name"))
    found = {}
    for member in members:
        row = chosen.get(member)
        if row is not None and row.shown == Player.Shown.HIDDEN:
            continue
        found[member] = given.get(member) or alias_of(member, row.turn if row else 0)
    return found


def board(row: Challenge, *, at: datetime, me: UUID | None = None, most: int = TOP) -> Board:
    """The board of the round that is on, or of the last one."""
    instant = at if row.ends_at is None or at < row.ends_at else row.ends_at - datetime.resolution
    one = round_at(row, terms_of(row), instant)
    found = ChallengeScore.objects.filter(challenge=row.pk, period=one.name, best__gt=0)
    hidden = Player.objects.filter(shown=Player.Shown.HIDDEN).values("member")
    found = found.exclude(member__in=hidden).filter(member__status=Member.Status.ACTIVE)
    rows = list(found.order_by("-best", "reached_at", "id")[:most])
    names = names_of({score.member_id for score in rows} | ({me} if me else set()))
    placed: list[Placed] = []
    for number, score in enumerate(rows, 1):
        same = placed and placed[-1].value == score.best
        place = placed[-1].place if same else number
        placed.append(
            Placed(place, names.get(score.member_id, ""), score.best, score.member_id == me, score.member_id)
        )
    mine = None
    if me is not None and me in names and all(not other.is_me for other in placed):
        own = found.filter(member=me).first()
        if own is not None:
            ahead = found.filter(Q(best__gt=own.best)).count()
            mine = Placed(ahead + 1, names[me], own.best, True, me)
    return Board(placed, mine, found.count())
