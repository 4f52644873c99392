"""Experiments in the dashboard: planned with advice, started, read, decided; and who is held out."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Experiment
from campaigns.queries.experiments import figures
from campaigns.rules.experiments import Moments
from campaigns.rules.experiments.metrics import Measure
from loyalty.core import clock, ids
from loyalty.core.programme import queries as versions
from loyalty.core.tenancy.scope import acting_for
from members.queries.comparisons import current
from tests.cast import AT, MARA, buy, days, person
from tests.web.office.conftest import Luna, browser_of

PLAN = {
    "name": "Double or not", "hypothesis": "They come back sooner.", "value_b": "2", "name_b": "Double", "split": "even",
    "metric": "spend", "smallest_percent": "10", "window_days": "7", "planned_days": "14", "rails": ["points"],
    "audience": "",
}  # fmt: skip
RULE = "experiments/plan/?kind=earning&target=base&knob=points"


@pytest.fixture
def now(lunas: Luna, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pages are looked at three days later; called with days, they are then."""

    def at(count: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: AT + days(count))

    at(3)
    return at


def planned(luna: Luna, owner: Client, **changes: Any) -> str:
    """The address of an experiment with the base rule."""
    answer = owner.post(luna.url(RULE), {**PLAN, **changes})
    assert answer.status_code == 303, answer.content.decode()
    return str(answer["Location"])


def only(luna: Luna) -> Experiment:
    """The one there is."""
    with acting_for(luna.merchant, by=MARA):
        return Experiment.objects.get()


def test_an_experiment_from_plan_to_decision(lunas: Luna, owner: Client, now: Any) -> None:
    assert "Plan the first one" in owner.get(lunas.url("experiments/")).content.decode()
    assert (
        "?kind=earning&amp;target=base&amp;knob=points"
        in owner.get(lunas.url("experiments/new/")).content.decode()
    )
    assert owner.get(lunas.url(RULE)).status_code == 200
    where = planned(lunas, owner)
    page = owner.get(where).content.decode()
    assert "do not tell enough" in page and "How many points: 2" in page
    assert owner.get(f"{where}edit/").context["form"]["value_b"].value() == 2
    assert owner.post(f"{where}edit/", {**PLAN, "value_b": "3"}).status_code == 303
    assert owner.post(f"{where}start/").status_code == 303
    row = only(lunas)
    now(4)
    with acting_for(lunas.merchant, by=MARA):
        points = {buy(person(f"m{n}", at=AT), 10, at=AT + days(4)).points for n in range(24)}
    assert points == {10, 30}
    now(12)
    page = owner.get(where).content.decode()
    assert "Not enough data yet" in page and "24 members are counted" in page
    assert owner.get(f"{where}edit/").status_code == 303, "what has begun stays as it is"
    assert owner.post(f"{where}decide/", {"variant": "b"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        draft = versions.draft()
        assert draft is not None
        assert [rule["points"] for rule in draft.document["earning"]["rules"] if rule["id"] == "base"] == [3]
    assert "Decided: “Double”" in owner.get(where).content.decode()
    assert row.name in owner.get(lunas.url("experiments/")).content.decode()


def test_results_are_drawn_told_in_a_table_and_downloaded(
    lunas: Luna, owner: Client, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = planned(lunas, owner)
    owner.post(f"{where}start/")
    row = only(lunas)
    found = {
        "a": dict.fromkeys(Measure, Moments.of([100.0 + n % 7 for n in range(300)])),
        "b": dict.fromkeys(Measure, Moments.of([4000.0 + n % 9 for n in range(300)])),
    }
    monkeypatch.setattr(figures, "measured", lambda *_row, **_span: found)
    now(20)
    page = owner.get(where).content.decode()
    assert "“Double” does better." in page and "chart__estimate" in page
    assert "does harm" in page, "points given are among what must not suffer"
    csv = owner.get(f"{where}?csv")
    assert csv["Content-Type"].startswith("text/csv")
    assert csv.getvalue().decode("utf-8-sig").startswith("Variant,Difference,From,To")
    assert row.name in page


def test_what_was_typed_comes_back_with_what_is_wrong(lunas: Luna, owner: Client, now: Any) -> None:
    for wrong in (
        {"name": ""}, {"value_b": "1"}, {"value_b": ""}, {"value_b": "x"}, {"value_c": "2"}, {"metric": "luck"},
        {"rails": ["spend"]}, {"audience": "nobody"}, {"window_days": "3"}, {"smallest_percent": "0"},
    ):  # fmt: skip
        assert owner.post(lunas.url(RULE), {**PLAN, **wrong}).status_code == 422, wrong
    for nothing in ("?kind=earning&target=nothing&knob=points", "?kind=earning&target=base&knob=colour", "?kind=x",
                    "?kind=message&target=newsletter"):  # fmt: skip
        assert owner.get(lunas.url(f"experiments/plan/{nothing}")).status_code == 404, nothing
    with acting_for(lunas.merchant, by=MARA):
        assert not Experiment.objects.exists()


def test_a_price_and_the_words_of_a_message_are_compared_too(lunas: Luna, owner: Client, now: Any) -> None:
    reward = f"experiments/plan/?kind=reward&target={ids.encode('rwd', lunas.reward.pk)}&knob="
    where = owner.post(lunas.url(reward), {**PLAN, "value_b": "80"})["Location"]
    assert "80\u00a0points" in owner.get(where).content.decode()
    owner.post(f"{where}start/")
    words = {**PLAN, "value_b": "Välkommen hem", "body_b": ""}
    where = owner.post(lunas.url("experiments/plan/?kind=message&target=welcome&knob="), words)["Location"]
    assert "Välkommen hem" in owner.get(where).content.decode()
    own = {**PLAN, "name_b": "A red button"}
    where = owner.post(lunas.url("experiments/plan/?kind=other&target=&knob="), own)["Location"]
    assert "/exposures" in owner.get(where).content.decode()
    assert owner.post(f"{where}remove/").status_code == 303
    assert owner.get(where).status_code == 404


def test_members_are_held_out_in_percent(lunas: Luna, owner: Client, now: Any) -> None:
    assert "Nobody is held out." in owner.get(lunas.url("experiments/")).content.decode()
    assert owner.post(lunas.url("experiments/holdout/"), {"percent": "50"}).status_code == 422
    assert owner.post(lunas.url("experiments/holdout/"), {"percent": "7.5"}).status_code == 303
    now(4)
    page = owner.get(lunas.url("experiments/")).content.decode()
    assert "7.5 percent of your members" in page and "Not enough data yet" in page
    with acting_for(lunas.merchant, by=MARA):
        assert current().share_held_out(AT + days(4)) == 750


def test_who_may_only_look_changes_nothing(lunas: Luna, owner: Client, now: Any) -> None:
    where = planned(lunas, owner)
    analyst = browser_of(lunas, "analyst")
    assert analyst.get(where).status_code == 200
    assert "Plan the first one" not in analyst.get(lunas.url("experiments/")).content.decode()
    for path in ("start/", "stop/", "decide/", "remove/"):
        assert analyst.post(f"{where}{path}").status_code == 403, path
    for path in ("experiments/new/", RULE):
        assert analyst.get(lunas.url(path)).status_code == 403, path
    assert analyst.post(lunas.url("experiments/holdout/"), {"percent": "5"}).status_code == 403
    assert only(lunas).state == "draft"
