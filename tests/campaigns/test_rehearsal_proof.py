"""The proof of rehearsals: a programme that was in force, lived again, comes to what stands in the books."""

import random
from datetime import timedelta
from typing import Any

import pytest

from campaigns.queries.rehearsals import figures_of
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import totals
from members.operations.tiers import review_due
from members.rules.rehearsing import Life
from tests.campaigns.lived import BUDGETED, BUDGETS, END, EVERYTHING, LADDERS, books, happen, lived, rehearse
from tests.cast import AT, person, publish


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day after everything."""
    monkeypatch.setattr(clock, "now", lambda: END + timedelta(days=1))


@pytest.mark.parametrize("by", LADDERS)
@pytest.mark.parametrize("budget", [False, True])
def test_what_was_live_comes_to_what_it_came_to(by: str, budget: bool, cafe: Any) -> None:
    """Order by order and review by review, refunds included: caps, cool-downs, counts, tiers, segments, budgets."""
    rules = [*EVERYTHING, BUDGETED] if budget else EVERYTHING
    version = publish(*rules, at=AT, tiers=LADDERS[by], earning=BUDGETS if budget else {})
    members = [person(name, at=AT + timedelta(hours=n)) for n, name in enumerate(("ana", "ben", "cleo"))]
    happen(random.Random(f"{by} {budget}"), members, count=150)
    review_due(at=END)
    row = rehearse(version=version.number)
    assert row.finished_at
    real, again = books(), lived(row)
    assert again == real
    figures = figures_of(row)
    assert figures.whole.before + figures.doing.before == figures.whole.after + figures.doing.after
    assert figures.whole.after + figures.doing.after == sum(real.values())
    assert (figures.more, figures.fewer, figures.largest, figures.moves) == (0, 0, [], {})
    assert totals()["issued"] >= sum(real.values()) > 1000
    assert verify() == []


@pytest.mark.parametrize("forgets", ["_give_back", "_forget", "_review", "_look", "_enter"])
def test_what_is_not_remembered_shows(forgets: str, cafe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: without any one of its memories the rehearsal comes to something else."""
    version = publish(*EVERYTHING, at=AT, tiers=LADDERS["spend"])
    happen(random.Random("twin"), [person("ana")], count=150)
    assert lived(rehearse(version=version.number)) == books()
    monkeypatch.setattr(Life, forgets, lambda *_what: None)
    row = rehearse(version=version.number)
    assert lived(row) != books()
