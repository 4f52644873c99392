"""C8: the shop compares. What a purchase earns, what a reward costs, from where a bonus begins, what a message says: each
member has one variant for good, some are held out of everything, and the figures say honestly how little is known. The
purchases are real ones; what each variant came to is counted a second time from the receipts."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from loyalty.demo.history import Basket
from tests.campaigns.hand import go_out
from tests.stories.campaigns.played import Calendar, opened
from tests.stories.grocery import Grocery, grocery, worth

pytestmark = pytest.mark.django_db
JANUARY = datetime(2026, 1, 14, 17, 0, tzinfo=UTC)
WINDOW = 14
RATE = {
    "name": "One or two points", "kind": "earning", "target": "base", "metric": "orders", "window_days": WINDOW,
    "planned_days": 28, "variants": [{"id": "one"}, {"id": "two", "values": {"points": 2}}],
    "guardrails": [{"metric": "points", "percent": 10}],
}  # fmt: skip


def begun(club: Any, **plan: Any) -> str:
    """An experiment that runs; its public id."""
    made = club.call.post("experiments", plan)
    assert made.status_code == 201, made.content
    key = str(made.json()["id"])
    assert club.call.post(f"experiments/{key}/start").json()["state"] == "running"
    return key


def variants(club: Any, key: str, names: Iterable[str] = ()) -> dict[str, str]:
    """The variant of some members, or of all. Whoever is asked about has met it."""
    found = {}
    for name in names or club.members:
        told = club.call.post(f"experiments/{key}/exposures", {"member": club.members[name]})
        found[name] = told.json()["variant"]
    return found


def test_two_earning_rates_are_compared_on_what_members_really_bought(calendar: Calendar):
    club: Grocery = grocery(calendar, until=JANUARY, households=12)
    key = begun(club, **RATE)
    begins = datetime.fromisoformat(club.get(f"experiments/{key}")["begins_at"])
    before, since = {name: club.has(name) for name in club.members}, len(club.past)
    met: dict[str, datetime] = {}

    def follow(basket: Basket) -> None:
        """A purchase in which the variants differ is how a member meets theirs."""
        if basket.happened_at >= begins and worth(basket):
            met.setdefault(basket.household, basket.happened_at)

    club.goes_on(calendar, JANUARY + timedelta(days=27), follow)
    mine = variants(club, key, met)
    assert set(mine.values()) == {"one", "two"}
    assert mine == variants(club, key, met), "for good"
    calendar.passes(days=WINDOW + 1)
    followed = club.past[since:]
    for name in met:
        each = 2 if mine[name] == "two" else 1
        earned = sum(each * worth(one) for one in followed if one.household == name)
        assert club.has(name) == before[name] + earned, name
    after = Counter(
        mine[one.household]
        for one in followed
        if one.household in met
        and met[one.household] < one.happened_at < met[one.household] + timedelta(days=WINDOW)
    )
    told = club.get(f"experiments/{key}/results")
    for one in told["variants"]:
        people = [name for name in met if mine[name] == one["variant"]]
        assert one["counted"] == len(people)
        assert one["mean"] == pytest.approx(after[one["variant"]] / len(people))
    assert [one["verdict"] for one in told["variants"]] == [None, "not_enough_data"], "a dozen are no proof"
    assert told["variants"][1]["missing"] > 50

    assert club.call.post(f"experiments/{key}/decide", {"variant": "two"}).json()["decided"] == "two"
    assert club.call.post("programme/publish", {}).status_code in (200, 201)
    calendar.passes(minutes=1)
    assert {club.buys(name, 10)["points"] for name in club.members} == {20}, "now it is everybody's"
    club.books_hold()


@pytest.fixture
def trying(calendar: Calendar) -> Any:
    """A café with forty members, a bonus for the larger purchase and a reward."""
    bonus = {"type": "threshold", "id": "bonus", "steps": [{"at_least_minor": 20000, "amount": 50}]}
    base = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}
    club = opened(earning={"rules": [base, bonus]})
    body = {"handle": "cake", "kind": "free_product", "name": {"en": "Cake"}, "cost_points": 100}
    assert club.call.post("rewards", body).status_code == 201
    for number in range(40):
        club.joins(f"m{number}")
    go_out()
    mail.outbox.clear()
    return club


def test_what_a_reward_costs_and_where_a_bonus_begins_are_compared_side_by_side(
    trying: Any, calendar: Calendar
):
    cheaper = begun(
        trying, name="Cheaper cake", kind="reward", target=trying.reward("cake")["id"], metric="redeemed",
        variants=[{"id": "now"}, {"id": "less", "values": {"cost_points": 80}}],
    )  # fmt: skip
    sooner = begun(
        trying, name="Sooner", kind="earning", target="bonus", metric="spend",
        variants=[{"id": "now"}, {"id": "soon", "values": {"steps[0].at_least_minor": 15000}}],
    )  # fmt: skip
    calendar.passes(hours=1)
    costs, bonuses = variants(trying, cheaper), variants(trying, sooner)
    assert len({(costs[name], bonuses[name]) for name in trying.members}) == 4, (
        "one does not follow the other"
    )
    for name in list(trying.members)[:12]:
        bought = trying.buys(name, 160)["points"]
        assert bought == (210 if bonuses[name] == "soon" else 160), name
        trying.redeems(name, "cake")
        assert trying.has(name) == bought - (80 if costs[name] == "less" else 100), name
    assert trying.get(f"experiments/{cheaper}/results")["exposed"] >= 12
    trying.books_hold()


def test_a_message_is_written_in_two_ways_and_who_is_held_out_gets_no_variant(
    trying: Any, calendar: Calendar
):
    assert trying.call("PUT", "holdout", {"share": 2000}).status_code == 200
    calendar.passes(minutes=1)
    words = {"en": {"subject": "Hello there", "body": "Good to have you."}}
    key = begun(
        trying, name="Two greetings", kind="message", target="welcome", metric="bought",
        variants=[{"id": "now"}, {"id": "hello", "values": {"words": words}}],
    )  # fmt: skip
    calendar.passes(hours=1)
    for number in range(40):
        trying.joins(f"new{number}")
    go_out(at=calendar.at + timedelta(hours=1))
    mine = variants(trying, key)
    held = {name for name, variant in mine.items() if not variant}
    assert 0 < len(held) < len(mine) / 2
    got = {one.to[0].partition("@")[0]: one.subject for one in mail.outbox}
    newcomers = {name for name in trying.members if name.startswith("new")}
    assert newcomers <= set(got)
    assert {name for name in newcomers if got[name] == "Hello there"} == {
        name for name in newcomers if mine[name] == "hello"
    }
    trying.books_hold()
