"""Several people at the same request, and one person's many changes, at the same moment."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import AdjustmentRequest, AdjustmentUse
from members.operations import allowances, approvals, bulk
from members.operations.allowances import NeedsApproval, set_limits
from members.operations.approvals import AlreadySettled, approve_adjustment, ask_adjustment
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.queries import adjusting
from members.rules.adjusting import Limit, Limits
from tests.cast import AT, MARA, person
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
MIA = Actor("staff", "mia", "manager")


def waiting_for(merchant: Any, *names: str) -> Any:
    with acting_for(merchant, by=MIA):
        people = [person(name) for name in names]
        row = ask_adjustment(members=[one.pk for one in people], amount=500, reason="sorry", key="k", at=AT)
    return row, people


def approves(row: Any) -> Callable[[], str]:
    def run() -> str:
        try:
            return str(approve_adjustment(request=row.pk, at=AT).status)
        except AlreadySettled:
            return "too late"

    return run


def test_two_approvals_are_one_adjustment(luna_open):
    row, (ana,) = waiting_for(luna_open, "ana")
    assert at_once(luna_open, [approves(row)] * 8) == Counter({"approved": 1, "too late": 7})
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available == 500
        assert verify() == []


def test_twin_without_the_lock_and_the_key_it_would_be_more_than_one(luna_open, monkeypatch):
    """What the two guards are for: a request that is only read, and postings under names of their own."""
    row, (ana,) = waiting_for(luna_open, "ana")

    def only_read(request: Any, note: str) -> AdjustmentRequest:
        found = AdjustmentRequest.objects.get(pk=request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.4)")
        return found

    carry_out = bulk.carry_out

    def unnamed(*, keys: Any, **more: Any) -> Any:
        return carry_out(keys={member: str(ids.new()) for member in keys}, **more)

    monkeypatch.setattr(approvals, "_locked", only_read)
    monkeypatch.setattr(approvals.bulk, "carry_out", unnamed)
    at_once(luna_open, [approves(row)] * 3)
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available > 500


def test_approving_and_merging_at_once_loses_and_doubles_nothing(luna_open):
    row, (ana, ben) = waiting_for(luna_open, "ana", "ben")
    attempts: list[Callable[[], Any]] = [
        approves(row),
        lambda: merge(keep=ana.pk, remove=ben.pk, at=AT).status,
        approves(row),
    ]
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available == 1000
        assert balance(ben.pk).available == 0
        assert verify() == []


def _gives(member: Any) -> Callable[[], str]:
    def run() -> str:
        try:
            adjust_points(member=member.pk, amount=10, reason="x", at=AT)
        except NeedsApproval:
            return "over"
        except DomainError as error:
            return error.code
        return "given"

    return run


def test_one_persons_day_is_never_more_than_the_day_allows(luna_open):
    with acting_for(luna_open, by=MARA):
        set_limits(limits=Limits(owner=Limit(day=50)), at=AT)
        people = [person(f"m{number}") for number in range(6)]
    answers = at_once(luna_open, [_gives(people[number % 6]) for number in range(18)])
    assert answers == Counter({"given": 5, "over": 13})
    with acting_for(luna_open, by=MARA):
        assert sum(balance(one.pk).available for one in people) == 50
        assert verify() == []


def test_twin_without_the_days_lock_it_would_be_more(luna_open, monkeypatch):
    with acting_for(luna_open, by=MARA):
        set_limits(limits=Limits(owner=Limit(day=50)), at=AT)
        people = [person(f"m{number}") for number in range(6)]
    count = allowances.count

    def unlocked(*, at: Any) -> allowances.Counter:
        row = AdjustmentUse(actor="nobody", day=adjusting.today(at), units=0)
        return allowances.Counter(adjusting.limit_of_actor(), row)

    def slowly(counter: Any, **figures: int) -> None:
        counter.row.save = lambda **_fields: None
        count(counter, **figures)

    monkeypatch.setattr(allowances, "lock_day", unlocked)
    monkeypatch.setattr(allowances, "count", slowly)
    at_once(luna_open, [_gives(people[number % 6]) for number in range(18)])
    with acting_for(luna_open, by=MARA):
        assert sum(balance(one.pk).available for one in people) > 50
