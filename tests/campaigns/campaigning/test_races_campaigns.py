"""A campaign's budget when everybody buys at the same moment, and the proof that unguarded it would be overdrawn."""

from typing import Any

import pytest

from campaigns.operations.campaigning.launching import (
    approve_campaign,
    end_campaign,
    launch_campaign,
    pause_campaign,
)
from campaigns.operations.campaigning.writing import set_policy
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.reading import public_id
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import BudgetUse, RuleUse
from members.operations.activities import record_activity
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef
from tests.campaigns.campaigning.started import FIFTY, drafted, running
from tests.cast import AT, MARA, order
from tests.members.test_races import members
from tests.members.test_races_limits import points, slow_to_decide, unguarded
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def launched(merchant: Any, **fields: Any) -> Any:
    with acting_for(merchant, by=MARA):
        return running(rules=[FIFTY], brake_percent=0, **fields)


def given(merchant: Any, row: Any) -> int:
    with acting_for(merchant, by=MARA):
        assert verify() == []
        assert figures.from_books(row) == figures.came_to(row).points
        return BudgetUse.objects.get(budget=public_id(row)).units


def test_a_budget_ends_to_the_point_however_many_buy_at_once(luna_open, monkeypatch):
    row = launched(luna_open, budget_points=220)
    people = members(luna_open, 8)
    slow_to_decide(monkeypatch)
    answers = at_once(luna_open, [points(order(who, 10)) for who in people])
    assert answers == {60: 4, 30: 1, 10: 3}
    assert given(luna_open, row) == 220


def test_twin_unguarded_a_budget_is_overdrawn(luna_open, monkeypatch):
    row = launched(luna_open, budget_points=220)
    people = members(luna_open, 8)
    slow_to_decide(monkeypatch)
    unguarded(monkeypatch)
    at_once(luna_open, [points(order(who, 10)) for who in people])
    with acting_for(luna_open, by=MARA):
        assert figures.from_books(row) > 220


def test_purchases_and_reviews_share_one_budget(luna_open):
    review = {
        "type": "fixed",
        "id": "review",
        "amount": 50,
        "when": [{"type": "activity", "kinds": ["review"]}],
    }
    with acting_for(luna_open, by=MARA):
        row = running(rules=[FIFTY, review], budget_points=175, brake_percent=0)
    people = members(luna_open, 4)

    def reviews(number: int) -> Any:
        done = NewActivity(f"r{number}", "review", AT, MemberRef(external_id=f"m{number}"))
        return lambda: record_activity(activity=done, at=AT).points

    at_once(
        luna_open, [*(points(order(who, 10)) for who in people), *(reviews(number) for number in range(4))]
    )
    assert given(luna_open, row) == 175


@pytest.mark.parametrize("verb", [pause_campaign, end_campaign])
def test_who_buys_while_it_stops_gets_it_whole_or_not_at_all(luna_open, verb):
    row = launched(luna_open, budget_points=10_000)
    people = members(luna_open, 7)
    stops = lambda: verb(campaign=row.pk, at=AT).state  # noqa: E731
    answers = at_once(luna_open, [*(points(order(who, 10)) for who in people), stops])
    assert set(answers) <= {10, 60, "paused", "ended"}
    with acting_for(luna_open, by=MARA):
        assert RuleUse.objects.count() == answers[60]
        assert figures.from_books(row) == 50 * answers[60]
        assert verify() == []


def test_a_campaign_is_launched_once_and_approved_once(luna_open):
    with acting_for(luna_open, by=MARA):
        row = drafted(budget_points=500)
    answers = at_once(luna_open, [lambda: launch_campaign(campaign=row.pk, at=AT).state] * 4)
    assert answers == {"running": 1, "campaign_state": 3}
    with acting_for(luna_open, by=MARA):
        set_policy(approve_points=100, approve_minor=None, at=AT)
        other = drafted(budget_points=500)
    with acting_for(luna_open, by=Actor("staff", "tom", "manager")):
        launch_campaign(campaign=other.pk, at=AT)
    answers = at_once(luna_open, [lambda: approve_campaign(campaign=other.pk, at=AT).state] * 4)
    assert answers == {"running": 1, "campaign_state": 3}
