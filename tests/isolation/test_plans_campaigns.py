"""What campaigns ask of the database with every order, and for their figures, uses an index in a crowded shop."""

from collections.abc import Callable
from typing import Any

from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.adding import Running
from campaigns.queries.campaigning.reading import public_id
from members.models import BudgetUse
from tests.campaigns.campaigning.started import running
from tests.cast import AT
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import slow_steps


def test_campaigns_use_an_index(crowded: Crowded) -> None:
    row = running(at=AT, budget_points=100)
    hot: dict[str, Callable[[], Any]] = {
        "what counts besides the programme": lambda: Running().added(),
        "what went out of a budget": lambda: list(BudgetUse.objects.filter(budget=public_id(row))),
        "what it gave": lambda: figures.given_points(row),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
