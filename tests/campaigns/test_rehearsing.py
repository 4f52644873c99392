"""Rehearsals: what another programme would have done, what it would have cost, and work that survives its workers."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import Rehearsal, RehearsedMember
from campaigns.operations import rehearsing
from campaigns.operations.rehearsing import (
    BadFigure,
    BadPeriod,
    NoPast,
    NothingToRehearse,
    remove_rehearsal,
    start_rehearsal,
    stop_rehearsal,
)
from campaigns.queries import rehearsals as reading
from campaigns.queries.rehearsals import figures_of, live_member, most_changed, purchases, states
from campaigns.rules.rehearsing import Figures, cost_minor, reached_on
from loyalty.core import clock, privacy
from loyalty.core.errors import DomainError
from loyalty.core.jobs.operations import AlreadyOver
from loyalty.core.jobs.tasks import run_chunk, run_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import totals
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, Order
from members.operations.merging import merge
from tests.campaigns.lived import (
    DOUBLE,
    END,
    EVERYTHING,
    LADDERS,
    a_round,
    books,
    happen,
    ladder,
    lived,
    rehearse,
)
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, person, publish, shop


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day after everything."""
    monkeypatch.setattr(clock, "now", lambda: END + timedelta(days=1))


# --- what another programme would have done ------------------------------------------------------------------------


@pytest.fixture
def past(cafe: Any, ana: Member, ben: Member) -> tuple[Member, Member]:
    """Ana bought for 100 and 300, Ben for 50; a draft gives two points instead of one."""
    buy(ana, 100, at=AT + days(1), external_id="first")
    buy(ana, 300, at=AT + days(40), external_id="second")
    buy(ben, 50, at=AT + days(60), external_id="third")
    draft(DOUBLE)
    return ana, ben


def draft(*rules: dict[str, Any], **sections: Any) -> None:
    """What would count if it were published."""
    earning = {"rules": list(rules), **sections.pop("earning", {})}
    content = {"identity": {"name": {"en": "Luna Club"}}, "earning": earning, **sections}
    programmes.save_draft(content=content, at=AT + days(90))


def test_twice_the_points(past: tuple[Member, Member]) -> None:
    ana, ben = past
    row = rehearse(costs={"point": "0.5", "rewards": {}}, margin=4000, limit_minor=250)
    figures = figures_of(row)
    assert (figures.whole.orders, figures.whole.spend_minor) == (3, 450_00)
    assert (figures.whole.before, figures.whole.after) == (450, 900)
    assert (figures.members, figures.buyers, figures.reached, figures.more, figures.fewer) == (2, 2, 2, 2, 0)
    assert (cost_minor(figures, row.costs, after=False), cost_minor(figures, row.costs, after=True)) == (
        225,
        450,
    )
    assert reached_on(figures, row.costs, 250) == (AT + days(40)).date().isoformat()
    assert reached_on(figures, row.costs, 100_000) is None
    assert [(one.external_id, one.change) for one in figures.largest] == [
        ("second", 300),
        ("first", 100),
        ("third", 50),
    ]
    assert figures.rules["base"].units == 900
    assert [(one.member_id, one.change) for one in most_changed(row, way="more")] == [
        (ana.pk, 400),
        (ben.pk, 50),
    ]
    assert not most_changed(row, way="fewer").exists()
    first = most_changed(row, way="more")[0]
    assert [one.member_id for one in most_changed(row, way="more", after=(first.change, first.pk))] == [
        ben.pk
    ]


def test_only_the_period_counts_and_all_of_the_past_is_lived(past: tuple[Member, Member]) -> None:
    ana, _ben = past
    draft({"type": "fixed", "id": "second", "amount": 100, "when": [{"type": "order_number", "number": 2}]})
    row = rehearse(since=AT + days(30))
    figures = figures_of(row)
    assert (figures.whole.orders, figures.whole.before, figures.whole.after) == (2, 350, 100)
    again = live_member(row, ana.pk)
    assert again is not None
    assert [(one.external_id, one.before, one.after) for one in purchases(row, *again)] == [
        ("second", 300, 100)
    ]
    assert figures.fewer == 2


def test_tiers_move_as_they_would_have(past: tuple[Member, Member]) -> None:
    draft(DOUBLE, tiers=ladder("spend", 90_00, 350_00, window="lifetime", valid="forever"))
    row = rehearse()
    figures = figures_of(row)
    assert (figures.up, figures.down) == (2, 0)
    assert figures.moves == {">gold": 1, ">classic": 1}
    assert {tier: sums.orders for tier, sums in figures.tiers.items()} == {"classic": 2, "silver": 1}
    assert sorted(RehearsedMember.objects.values_list("tier_before", "tier_after")) == [
        ("", "classic"),
        ("", "gold"),
    ]


def test_a_budget_says_when_it_would_have_been_spent(past: tuple[Member, Member]) -> None:
    draft({**DOUBLE, "limits": {"budget": "spring"}}, earning={"budgets": [{"id": "spring", "units": 700}]})
    row = rehearse()
    figures = figures_of(row)
    assert figures.whole.after == 700, "200, then 500 of 600, then none"
    assert figures.budgets == {"spring": AT + days(40)}
    assert lived(row) == {
        one.pk: {"first": 200, "second": 500, "third": 0}[one.external_id] for one in Order.objects.all()
    }


def test_rewards_that_rules_hand_out_cost_too(past: tuple[Member, Member]) -> None:
    cup = {
        "type": "issue_reward",
        "id": "cup",
        "reward": "cup",
        "when": [{"type": "order_number", "number": 2}],
    }
    stamp = {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps"}
    card = {"cards": [{"id": "card", "needed": 2, "reward": "cake"}]}
    draft(ONE_POINT_PER_KRONA, cup, stamp, side_units=card)
    figures = figures_of(row := rehearse(costs={"point": "1", "rewards": {"cup": 2500, "cake": 1000}}))
    assert figures.rewards == {"cup": 1, "cake": 1}
    assert figures.units == {"stamps": 3}
    assert cost_minor(figures, row.costs, after=True) == 450 + 3500


def test_a_campaign_of_next_year_is_tried_on_the_last(past: tuple[Member, Member]) -> None:
    begins = AT + days(40) + timedelta(weeks=104)
    window = {"from": begins.isoformat(), "until": (begins + days(2)).isoformat()}
    draft(ONE_POINT_PER_KRONA, {"type": "multiplier", "id": "week", "factor": "3", "window": window})
    assert figures_of(rehearse()).whole.after == 450
    figures = figures_of(rehearse(moved=True))
    assert figures.whole.after == 450 + 600, "only the purchase of that day is tripled"
    assert figures.rules["week"].units == 600


def test_joining_and_birthdays_count_where_the_draft_asks(cafe: Any) -> None:
    member = person("dora", at=AT, birthday=(AT + days(30)).date().replace(year=1990))
    buy(member, 10, at=AT + days(1))
    asks = [{"type": "fixed", "id": kind, "amount": amount, "when": [{"type": "activity", "kinds": [kind]}]}
            for kind, amount in (("account_created", 15), ("birthday", 40))]  # fmt: skip
    draft(ONE_POINT_PER_KRONA, *asks)
    figures = figures_of(rehearse())
    assert figures.doing.after == 15 + 2 * 40, "two birthdays in four hundred days"
    assert figures.doing.before == 0


# --- the work ------------------------------------------------------------------------------------------------------


def test_parts_and_stretches_come_to_the_same(cafe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(*EVERYTHING, at=AT, tiers=LADDERS["spend"])
    happen(random.Random("parts"), [person(f"m{n}") for n in range(12)], count=120)
    draft(DOUBLE, tiers=LADDERS["orders"])
    whole = figures_of(rehearse())
    monkeypatch.setattr(rehearsing, "SMALL", 0)
    monkeypatch.setattr(rehearsing, "AT_ONCE", 1)
    row = start_rehearsal(since=AT - days(1), until=END, at=END)
    jobs = reading.jobs_of(row.pk)
    assert (len(jobs), row.parts) == (4, 4)
    rounds = 0
    while a_round(jobs):
        rounds += 1
        state = states([reading.rehearsal(row.pk)])[row.pk]
        assert state.is_open
        assert 0 < state.done <= state.total == 12
    row = reading.rehearsal(row.pk)
    assert rounds >= 2
    assert states([row])[row.pk].name == "done"
    parts = figures_of(row)
    assert sorted(parts.largest, key=lambda one: one.order) == sorted(
        whole.largest, key=lambda one: one.order
    )
    parts.largest = whole.largest = []
    assert parts == whole
    assert Figures.read(whole.wire()) == whole


def test_a_stretch_that_is_lost_is_done_again_and_counts_once(
    cafe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(random.Random("lost"), [person(f"m{n}") for n in range(6)], count=60)
    draft(DOUBLE)
    monkeypatch.setattr(rehearsing, "AT_ONCE", 2)
    row = start_rehearsal(since=AT - days(1), until=END, at=END)
    (job,) = reading.jobs_of(row.pk)
    run_chunk(job.merchant_id, job.pk)
    real: Callable[..., Any] = rehearsing._Counting.one_by_one

    def dies(self: Any, members: Any) -> None:
        real(self, members)
        raise RuntimeError("the worker was killed")

    with monkeypatch.context() as patch:
        patch.setattr(rehearsing._Counting, "one_by_one", dies)
        assert run_chunk(job.merchant_id, job.pk) is None
    type(job).objects.update(due_at=AT)
    while run_chunk(job.merchant_id, job.pk):
        pass
    figures = figures_of(reading.rehearsal(row.pk))
    assert figures.members == 6
    assert figures.whole.orders == Order.objects.count()


def test_a_rehearsal_can_be_stopped_and_thrown_away(past: tuple[Member, Member]) -> None:
    row = start_rehearsal(since=AT, until=END, at=END)
    stop_rehearsal(rehearsal=row.pk, at=END)
    assert states([row])[row.pk].name == "cancelled"
    run_waiting()
    assert not reading.rehearsal(row.pk).result
    with pytest.raises(AlreadyOver):
        stop_rehearsal(rehearsal=row.pk, at=END)
    done = rehearse()
    remove_rehearsal(rehearsal=done.pk, at=END)
    assert not RehearsedMember.objects.exists()
    assert list(Rehearsal.objects.all()) == [row]


def test_what_cannot_be_rehearsed_is_refused(cafe: Any, ana: Member) -> None:
    with pytest.raises(NothingToRehearse):
        start_rehearsal(since=AT, until=END, at=END)
    draft(DOUBLE)
    with pytest.raises(NoPast):
        start_rehearsal(since=AT, until=END, at=END)
    buy(ana, 10, at=AT + days(1))
    for since, until in ((END, AT), (AT, END + days(1))):
        with pytest.raises(BadPeriod):
            start_rehearsal(since=since, until=until, at=END)
    for wrong in ({"margin": 10_001}, {"limit_minor": 0}):
        with pytest.raises(BadFigure):
            start_rehearsal(since=AT, until=END, at=END, **wrong)
    assert not Rehearsal.objects.exists()


def test_nothing_of_the_shop_changes(past: tuple[Member, Member]) -> None:
    before = books(), totals(), list(Order.objects.order_by("pk").values())
    rehearse()
    assert (books(), totals(), list(Order.objects.order_by("pk").values())) == before
    assert verify() == []


def test_whoever_leaves_is_forgotten_and_whoever_is_merged_counts_once(past: tuple[Member, Member]) -> None:
    ana, ben = past
    row = rehearse()
    assert [one["points_by_the_draft"] for one in privacy.export(ana.pk)["rehearsals"]] == [800]
    merge(keep=ana.pk, remove=ben.pk, at=END)
    assert list(RehearsedMember.objects.values_list("member", flat=True)) == [ana.pk]
    later = figures_of(rehearse())
    assert (later.members, later.whole.after) == (1, 900), "what both bought is one past now"
    privacy.erase(ana.pk)
    assert not RehearsedMember.objects.filter(rehearsal=row).exists()


def test_another_shop_sees_nothing(past: tuple[Member, Member], cafe: Any) -> None:
    row = rehearse()
    other = shop("ottos", name="Otto's Books")
    with acting_for(other, by=MARA):
        assert not Rehearsal.objects.exists()
        with pytest.raises(DomainError):
            reading.rehearsal(row.pk)
