"""Campaigns: found, listed, and as a calendar shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Count, Q, QuerySet

from campaigns.models import Campaign, CampaignPolicy
from campaigns.rules.campaigning import CampaignContent
from loyalty.core import ids
from loyalty.core.errors import NotFound
from members.rules.conditions.hours import WEEK

State = Campaign.State
OPEN = (State.PLANNED, State.RUNNING, State.PAUSED, State.WAITING)
"""Those that are under way, or about to be."""
FIELDS = CampaignContent.__struct_fields__


def campaigns() -> QuerySet[Campaign]:
    """All of the shop's, newest first."""
    return Campaign.objects.order_by("-id")


def campaign(key: UUID) -> Campaign:
    """One; `NotFound` otherwise."""
    found = Campaign.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("campaign")
    return found


def in_states(states: Iterable[str]) -> QuerySet[Campaign]:
    """Those in some states: what begins first stands first, what has no beginning last."""
    return Campaign.objects.filter(state__in=list(states)).order_by("starts_at", "id")


def numbers() -> dict[str, int]:
    """How many campaigns are in each state."""
    rows = Campaign.objects.order_by("state").values_list("state").annotate(number=Count("id"))
    return dict(rows)


def public_id(row: Campaign) -> str:
    """What rules, the books and the world outside call it."""
    return ids.encode("cmp", row.pk)


def names() -> dict[str, str]:
    """What every campaign of the shop is called, by its public id; newest first."""
    rows = campaigns().values_list("pk", "name")
    return {ids.encode("cmp", key): name for key, name in rows}


def content_of(row: Campaign) -> CampaignContent:
    """What people decided about a campaign, as it is kept."""
    kept: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    kept["offer"] = row.offer or None
    return msgspec.convert(kept, CampaignContent)


def point_cost(row: Campaign) -> Decimal | None:
    """What one of its points costs the shop, in minor units; None when nobody said."""
    return Decimal(row.point_cost) if row.point_cost else None


def policy() -> CampaignPolicy | None:
    """From when on two people decide; None where one is enough."""
    return CampaignPolicy.objects.first()


def needs_two(row: Campaign) -> bool:
    """Whether a campaign may cost more than one person decides. One whose end nobody knows is above every limit."""
    said = policy()
    if said is None or (said.approve_points is None and said.approve_minor is None):
        return False
    if not row.rules and not row.offer.get("reward"):
        return False
    points, minor, cost = row.budget_points, row.budget_minor, point_cost(row)
    if points is None and minor is not None and cost:
        points = int(minor / cost)
    if minor is None and points is not None and cost is not None:
        minor = int(points * cost)
    limits = ((said.approve_points, points), (said.approve_minor, minor))
    return any(most is not None and (spent is None or spent > most) for most, spent in limits)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar with what counts on it; `inside` False for days of the months around it."""

    day: date
    inside: bool
    campaigns: list[Campaign]


def month(first: date, *, zone: ZoneInfo) -> list[list[Day]]:
    """A month in weeks from Monday to Sunday, each day with the campaigns that count on it, whatever came of them."""
    begin = first.replace(day=1)
    after = (begin + timedelta(days=32)).replace(day=1)
    top = begin - timedelta(days=begin.weekday())
    weeks = -(-((after - top).days) // 7)
    rows = list(_between(top, top + timedelta(weeks=weeks), zone))
    return [
        [
            Day(day, day.month == begin.month, [row for row in rows if on_day(row, day, zone)])
            for day in (top + timedelta(days=7 * week + number) for number in range(7))
        ]
        for week in range(weeks)
    ]


def _between(first: date, after: date, zone: ZoneInfo) -> QuerySet[Campaign]:
    """Campaigns with a beginning that touch these days."""
    begin, end = (datetime.combine(day, time(), tzinfo=zone) for day in (first, after))
    return (
        Campaign.objects.filter(starts_at__lt=end)
        .filter(Q(ends_at=None) | Q(ends_at__gt=begin))
        .order_by("starts_at", "id")
    )


def on_day(row: Campaign, day: date, zone: ZoneInfo) -> bool:
    """Whether a campaign counts at some time of a day of the shop's calendar."""
    begins = datetime.combine(day, time(), tzinfo=zone)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    until = min((one for one in (row.ends_at, row.ended_at) if one is not None), default=None)
    if row.starts_at is None or row.starts_at >= ends or (until is not None and until <= begins):
        return False
    return not row.days or WEEK[day.weekday()] in row.days
