"""The shop's challenges and badges, and which of them count now."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Count, Q, QuerySet

from campaigns.models import Badge, Challenge, ChallengeAward, ChallengeScore, InstantWin
from campaigns.rules.games import Terms
from loyalty.core.errors import NotFound
from loyalty.core.tenancy.scope import SYSTEM, acting_for

State = Challenge.State
LATE = timedelta(days=90)
"""How long after a challenge has ended a refund still takes back what it gave."""
_KEEP_SECONDS = 5.0
_kept: dict[int, tuple[float, bool]] = {}


def terms_of(row: Challenge) -> Terms:
    """Its terms."""
    return msgspec.convert(row.terms, Terms)


def challenges() -> QuerySet[Challenge]:
    """All of them, last made first."""
    return Challenge.objects.order_by("-id")


def challenge(key: UUID) -> Challenge:
    """One; `NotFound` otherwise."""
    found = Challenge.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("challenge")
    return found


def running(*, at: datetime) -> list[Challenge]:
    """Those that members can take part in now, the soonest to end first."""
    found = Challenge.objects.filter(state=State.OPEN, starts_at__lte=at)
    rows = found.filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return sorted(rows, key=lambda row: (row.ends_at is None, row.ends_at or row.starts_at, row.pk))


def lately(*, at: datetime) -> list[Challenge]:
    """Those that are over, for as long as members may want to see how they came out; last over first."""
    rows = Challenge.objects.filter(opened_at__isnull=False, ends_at__lte=at, ends_at__gt=at - LATE)
    return sorted(rows, key=lambda row: (row.ends_at or row.starts_at, row.pk), reverse=True)


def looked_at(*, at: datetime) -> list[Challenge]:
    """Those in which something can still change: open ones, and ended ones for as long as refunds count."""
    found = Challenge.objects.filter(opened_at__isnull=False, starts_at__lte=at)
    return list(found.filter(Q(ends_at=None) | Q(ends_at__gt=at - LATE)).order_by("id"))


def are_played(merchant: int, _kinds: tuple[str, ...]) -> bool:
    """Whether a shop (its id) has games that follow from what happens: then a worker is woken for it. Remembered for a
    few seconds, because every order asks. Outside any scope."""
    known = _kept.get(merchant)
    if known is None or known[0] <= time.monotonic():
        if len(_kept) > 10_000:
            _kept.clear()
        with acting_for(merchant, by=SYSTEM):
            found = Challenge.objects.filter(state=State.OPEN).exists()
            found = found or InstantWin.objects.filter(state=InstantWin.State.OPEN).exists()
            known = _kept[merchant] = time.monotonic() + _KEEP_SECONDS, found
    return known[1]


def are_shown(*, at: datetime) -> bool:
    """Whether there is anything to play now."""
    found = Challenge.objects.filter(state=State.OPEN, starts_at__lte=at)
    if found.filter(Q(ends_at=None) | Q(ends_at__gt=at)).exists():
        return True
    games = InstantWin.objects.filter(state=InstantWin.State.OPEN, starts_at__lte=at, ends_at__gt=at)
    return bool(games.exists())


def taking_part(rows: Collection[Challenge]) -> dict[UUID, tuple[int, int]]:
    """How many members each challenge has moved so far, and how many milestones they have reached."""
    keys = [row.pk for row in rows]
    scores = ChallengeScore.objects.filter(challenge__in=keys, best__gt=0).order_by("challenge")
    people = dict(
        scores.values_list("challenge")
        .annotate(number=Count("member", distinct=True))
        .values_list("challenge", "number")
    )
    awards = ChallengeAward.objects.filter(challenge__in=keys, withdrawn_at=None).order_by("challenge")
    given = dict(
        awards.values_list("challenge").annotate(number=Count("id")).values_list("challenge", "number")
    )
    return {key: (people.get(key, 0), given.get(key, 0)) for key in keys}


def awards_of(row: Challenge) -> list[tuple[int, int, int]]:
    """Of each milestone (what it asks): how many have reached it, and the points they were given for it, less those
    that were taken back."""
    found = ChallengeAward.objects.filter(challenge=row.pk).order_by("needed")
    sums: dict[int, list[int]] = {}
    for needed, points, taken, gone in found.values_list("needed", "points", "points_taken", "withdrawn_at"):
        total = sums.setdefault(needed, [0, 0])
        total[0] += gone is None
        total[1] += points - taken
    return [(needed, number, points) for needed, (number, points) in sums.items()]


def badges() -> QuerySet[Badge]:
    """The shop's badges by name."""
    return Badge.objects.order_by("name", "id")


def badge(key: UUID) -> Badge:
    """One; `NotFound` otherwise."""
    found = Badge.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("badge")
    return found


def draws_named() -> dict[str, str]:
    """The draws that challenges give chances in, by handle."""
    rows = Challenge.objects.exclude(state=State.DRAFT)
    return {one.draw: one.draw for row in rows for one in terms_of(row).milestones if one.draw}
