"""How much everybody may give and take by hand in a day: set, counted, and kept.

The count of an actor's day is locked before everything else (`membership.locked` states the order of the rest), and by
nobody who holds anything.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from members.models import AdjustmentLimits, AdjustmentUse
from members.queries import adjusting
from members.rules.adjusting import Limit, Limits, problems


class NeedsApproval(DomainError):
    """`params`: `each` and `left` of the actor's limit, None for as much as they like."""

    code = "adjustment_over_limit"
    message = _(
        "This is more than you may give or take by hand on your own. Somebody else has to approve it."
    )
    field = "amount"


@dataclass(frozen=True, slots=True)
class Counter:
    """An actor's day, locked. None of them limited: nothing is counted."""

    limit: Limit
    row: AdjustmentUse | None


def lock_day(*, at: datetime) -> Counter:
    """Lock what whoever acts has done by hand today, if they are limited. Before every other lock."""
    limit = adjusting.limit_of_actor()
    if limit.none:
        return Counter(limit, None)
    name = {"actor": str(scope.actor()), "day": adjusting.today(at)}
    AdjustmentUse.objects.get_or_create(**name)
    return Counter(limit, AdjustmentUse.objects.select_for_update().get(**name))


def count(counter: Counter, *, each: int, total: int) -> None:
    """Count what was done by hand, in parts of at most `each`; given and taken count alike. Raises `NeedsApproval`,
    and what was done is undone with it."""
    row, each, total = counter.row, abs(each), abs(total)
    if row is None:
        return
    if counter.limit.over(each=each, total=total, used=row.units):
        raise NeedsApproval(each=counter.limit.each, left=counter.limit.left(row.units))
    row.units += total
    row.save(update_fields=["units"])


@transaction.atomic
def set_limits(*, limits: Limits, at: datetime) -> Limits:
    """Say how much who may give and take by hand from now on. What waits for approval goes on waiting. Raises
    `InvalidInput`."""
    wrong = problems(limits)
    if wrong:
        raise InvalidInput([{"field": path, "code": "invalid", "message": text} for path, text in wrong])
    before = adjusting.limits()
    if before == limits:
        return limits
    said = {"limits": msgspec.to_builtins(limits), "changed_at": at, "changed_by": str(scope.actor())}
    AdjustmentLimits.objects.update_or_create(defaults=said)
    told = {"before": msgspec.to_builtins(before), "after": said["limits"]}
    record("adjustment.limits_changed", subject=None, at=at, data=told)
    return limits
