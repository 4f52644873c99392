"""Sums made from what really happened: the same statements fill the facts and count today while it goes on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from analytics.queries.statements import answer
from analytics.rules.calendar import Days, Grain, Stretch, midnight
from loyalty.core import ids

DAILY = ("orders", "refunds", "points", "rewards", "members", "lapses", "answers")
"""Families of sums that add up: kept by day."""
COUNTED = "buyers"
"""The family of heads, which do not add up: kept for each stretch of its own."""
VISITORS = "visitors"
"""The family of who bought in the last so many days, which the overview shows: kept for the present day alone, and only
in a large shop."""
FAMILIES = (*DAILY, COUNTED, VISITORS)
WINDOWS = (7, 30, 90, 365)
"""How many days the overview looks back."""
SILENCE_DAYS = 180
"""After so many days without a purchase a member counts as lapsed."""

SIDES = ("issued", "redeemed", "expired", "adjusted", "settlement")
_OF_DAYS = {
    "orders": ("orders", "orders_members", "revenue", "revenue_members", "gross", "refunded"),
    "refunds": ("refunds", "refunds_minor"),
    "points": tuple(f"{side}_{way}" for side in SIDES for way in ("in", "out")),
    "rewards": ("redemptions", "reward_cost", "reward_points"),
    "members": ("joined", "joined_referred"),
    "lapses": ("lapsed",),
    "answers": ("answers", "promoters", "detractors"),
}
_OF_STRETCHES = (
    "buyers", "repeat_buyers", "buyer_orders", "buyer_minor", "bought_before", "kept", "active", "earning", "redeeming",
)  # fmt: skip
MEASURES = {
    **{measure: family for family, found in _OF_DAYS.items() for measure in found},
    **dict.fromkeys(_OF_STRETCHES, COUNTED),
}
"""The family of every measure."""


class Sum(NamedTuple):
    """One sum of a day, or of a stretch (`first` is then its first day)."""

    first: date
    cut: str
    name: str
    measure: str
    amount: int


def of_days(family: str, days: Days, *, zone: str, at: datetime) -> list[Sum]:
    """The sums of a daily family, day by day. What is nought is left out."""
    since, until = (midnight(day, zone) for day in days)
    return [Sum(*row) for row in answer(family, _asked(since, until, zone, at))]


def of_stretch(found: Stretch, *, zone: str, at: datetime) -> list[Sum]:
    """The heads of a stretch. What is nought is left out."""
    return of_stretches([found], zone=zone, at=at)


def of_stretches(found: Sequence[Stretch], *, zone: str, at: datetime) -> list[Sum]:
    """The heads of stretches of one length that follow each other, oldest first. What is nought is left out."""
    since, until = found[0].since(zone), found[-1].until(zone)
    before = found[0].previous.since(zone)
    bounds = [before, *(one.since(zone) for one in found), until]
    asked = {**_asked(since, until, zone, at), "before": before, "bounds": bounds}
    buyers = "buyers" if len(found) > 1 else "buyers_of_one"
    names = [buyers, "acting", *(["cohorts"] if found[0].grain is Grain.MONTH else [])]
    return [Sum(found[number - 1].first, *row) for name in names for number, *row in answer(name, asked)]


def floor(since: datetime) -> UUID:
    """The smallest id of what happened from an instant on: it was written then or later, however late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return ids.first_of(min(since, now))


def _asked(since: datetime, until: datetime, zone: str, at: datetime) -> dict[str, Any]:
    return {
        "since": since, "until": until, "zone": zone, "floor": floor(since), "silence": SILENCE_DAYS, "now": at,
    }  # fmt: skip
