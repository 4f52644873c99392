"""What the clock does with campaigns: begin them, end early access, stop those that are spent or too fast, end them.

Which rules count is told by their windows to the moment; what happens here is what people see and are told of it. The
rows say how far it has come, so that it may run twice, late, or on several workers.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q

from campaigns.models import Campaign
from campaigns.operations.campaigning.launching import close, stop
from campaigns.operations.campaigning.touching import RewardElsewhere, unveil, veil
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.figures import LATE
from campaigns.rules.braking import Pace, share_of_time, too_fast
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from members.operations.adding import note_added

State = Campaign.State


def due(*, at: datetime) -> list[UUID]:
    """Campaigns there may be something to do with."""
    running = Q(state__in=(State.PLANNED, State.RUNNING), starts_at__lte=at)
    paused = Q(state=State.PAUSED, ends_at__lte=at)
    late = Q(state=State.ENDED, counts=True, ended_at__lte=at - LATE)
    return list(Campaign.objects.filter(running | paused | late).order_by("id").values_list("id", flat=True))


@transaction.atomic
def advance(*, campaign: UUID, at: datetime) -> str:
    """Do what an instant asks of a campaign; how it stands then. "" for one that is gone."""
    row = Campaign.objects.select_for_update().filter(pk=campaign).first()
    if row is None:
        return ""
    if row.state == State.ENDED:
        _forget(row, at)
        return row.state
    if row.state == State.PLANNED and row.starts_at is not None and row.starts_at <= at:
        _begin(row, at)
    if row.state == State.RUNNING:
        _look(row, at)
    elif row.state == State.PAUSED and row.ends_at is not None and row.ends_at <= at:
        close(row, "over", at, ended_at=row.ends_at)
    return row.state


def _forget(row: Campaign, at: datetime) -> None:
    """Orders of its time have come by now: decisions need not look at it any more."""
    if row.counts and row.ended_at is not None and row.ended_at <= at - LATE:
        Campaign.objects.filter(pk=row.pk).update(counts=False, revision=F("revision") + 1)
        note_added()


def _begin(row: Campaign, at: datetime) -> None:
    row.state = State.RUNNING
    try:
        with transaction.atomic():
            veil(row, at)
    except RewardElsewhere as refusal:
        stop(row, "reward_taken", {"reward": refusal.params["name"]}, at)
        return
    row.save()
    record("campaign.started", subject=row.pk, at=at)


def _look(row: Campaign, at: datetime) -> None:
    """What a running one has come to: its end, an empty budget, or more than was planned."""
    if row.ends_at is not None and row.ends_at <= at:
        close(row, "over", at, ended_at=row.ends_at)
    elif _is_spent(row):
        close(row, "budget", at, ended_at=at)
    elif (pace := pace_of(row, at=at)) is not None and too_fast(pace, brake_percent=row.brake_percent):
        stop(row, "too_fast", _told(pace), at)
    elif row.before and row.early_until is not None and row.early_until <= at:
        unveil(row, at)
        row.save()


def _told(pace: Pace) -> dict[str, Any]:
    return {"spent": pace.spent, "expected": pace.expected, "planned": pace.planned}


def _is_spent(row: Campaign) -> bool:
    """Whether nothing is left of its budget, so that no rule of it can give any more."""
    points, cost_minor = figures.spent(row)
    if row.budget_points is not None and points >= row.budget_points:
        return True
    each = figures.point_cost(row)
    return bool(row.budget_minor is not None and each and row.budget_minor - cost_minor < each)


def pace_of(row: Campaign, *, at: datetime) -> Pace | None:
    """How fast a campaign spends: points that went out against those due by now, spread evenly over its days. None for
    one without a budget or without an end, which has no pace to keep."""
    planned, each = row.budget_points, figures.point_cost(row)
    if row.budget_minor is not None and each:
        most = int(row.budget_minor / each)
        planned = most if planned is None else min(planned, most)
    if planned is None or row.ends_at is None or row.starts_at is None:
        return None
    zone = ZoneInfo(shop_of_scope().timezone)
    share = share_of_time(row.starts_at, row.ends_at, at, days=row.days, zone=zone)
    return Pace(figures.spent(row)[0], int(planned * share), planned)
