"""What campaigns bring against members who were held out: found where it is, not claimed where it is not."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

import pytest
from msgspec import structs

from analytics.models import Cost
from analytics.operations import noting
from analytics.queries import control
from analytics.queries.liability import Agreement, Owed
from analytics.queries.returns import Answer, Brought, answer_for, answer_of
from analytics.queries.sums import reader
from analytics.rules.calendar import Grain, Stretch, stretch
from analytics.rules.fitting import Interval
from campaigns.models import Campaign
from campaigns.operations.experiments.holding import set_holdout
from campaigns.queries.campaigning.reading import public_id
from campaigns.queries.experiments.assigned import in_holdout
from campaigns.queries.experiments.holding import group_rows
from campaigns.rules.experiments import reading
from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.orders import record_orders
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewOrder, NewRefund
from rewards.operations.catalogue import create_reward, retire_reward
from tests.campaigns.campaigning.started import running
from tests.cast import AT, MARA, buy, days, order, person, shop

ZONE = "Europe/Stockholm"
MARCH, APRIL, MAY, JUNE = (stretch(Grain.MONTH, date(2026, month, 15)) for month in (3, 4, 5, 6))
HELD_FROM = AT + days(20)
APRIL_BEGINS, MAY_BEGINS = APRIL.since(ZONE), MAY.since(ZONE)
ALL_USED = Owed([], Agreement(0, 0, 0, 0, 0), None, 0, AT)
"""What is owed, while nobody can say how much of it will be used: all of it is reckoned with."""
LIFT = 60  # kronor that each of the others spends more in April


def told(when: Stretch, *, at: datetime | None = None) -> Answer:
    """What came of a period, read after it."""
    at = at or when.until(ZONE) + days(1)
    return answer_for(reader(zone=ZONE, at=at), when, ALL_USED)


def of_one(row: Campaign, *, at: datetime) -> Brought:
    """What came of one campaign."""
    row.refresh_from_db()
    return answer_of(row, zone=ZONE, at=at, owed=ALL_USED)


def priced() -> None:
    """A reward of a hundred points that costs the shop 5.00: five minor units for a point."""
    create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100, "unit_cost_minor": 500}
    )


def bought(people: Sequence[Member], amounts: Sequence[float], *, at: datetime) -> None:
    """One purchase of each, in batches."""
    found = [order(one, amount, at=at) for one, amount in zip(people, amounts, strict=True)]
    for start in range(0, len(found), 200):
        record_orders(orders=found[start : start + 200], at=at)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three members in a group are enough to compare them, so that a shop of a few can be looked at."""
    monkeypatch.setattr(reading, "LEAST_UNITS", 3)
    monkeypatch.setattr(control, "LEAST_HELD", 3)


@dataclass
class Lived:
    """A spring: who was held out, what everybody spent in April, and the campaign that ran then and brought `LIFT`."""

    held: list[bool]
    spends: list[float]
    campaign: Campaign

    @property
    def others(self) -> int:
        """How many were not held out."""
        return self.held.count(False)


@pytest.fixture
def spring(cafe: Merchant, few: None) -> Lived:
    """240 members who spend about 300.00 a month each; a fifth is held out from late March on, and a campaign in April
    brings the others to spend 60.00 more. In May nothing runs, and in June nobody buys."""
    dice = random.Random(7)
    people = [person(f"m{number}") for number in range(240)]
    usual = [dice.gauss(300, 60) for _one in people]
    bought(people, usual, at=AT + days(5))
    set_holdout(share=2000, at=HELD_FROM)
    priced()
    noting.note_margin(margin=4_000, at=AT)
    row = running(at=APRIL_BEGINS, starts_at=APRIL_BEGINS, ends_at=MAY_BEGINS)
    held = [in_holdout(one.pk, APRIL_BEGINS) for one in people]
    spends = [usual[place] + dice.gauss(0, 20) + (0 if out else LIFT) for place, out in enumerate(held)]
    bought(people, spends, at=APRIL_BEGINS + days(10))
    bought(people, [amount + dice.gauss(0, 20) for amount in usual], at=MAY_BEGINS + days(10))
    return Lived(held, spends, row)


def test_a_known_lift_is_found_and_where_there_is_none_nothing_is_claimed(spring: Lived) -> None:
    lift = LIFT * 100 * spring.others
    april = told(APRIL).brought
    assert (list(april.missing), april.revenue is not None) == ([], True)
    assert april.revenue is not None and april.money is not None
    assert 0 < april.revenue.low < lift < april.revenue.high
    assert april.revenue.high - april.revenue.low < lift, "their past takes the noise out"
    assert april.money.profit.value == pytest.approx(
        april.revenue.value * 0.4 - april.spent.costs.total_minor
    )
    own = of_one(spring.campaign, at=MAY_BEGINS + days(20))
    assert own.revenue is not None and own.money is not None
    assert own.revenue.low < lift < own.revenue.high
    assert own.spent.costs.points_minor == april.spent.costs.points_minor

    may = told(MAY).brought
    assert may.revenue is not None and may.money is not None
    assert may.revenue.low < 0 < may.revenue.high, "nothing ran in May, and nothing is shown"
    assert (may.spent.costs.total_minor, may.money.each, list(may.spent.givers)) == (0, None, [])

    june = told(JUNE).brought
    assert (list(june.missing), june.revenue, june.money) == ([control.NO_ORDERS], None, None)
    assert verify() == []


def test_the_groups_are_their_rows_and_the_cost_is_the_campaigns_part_alone(spring: Lived) -> None:
    april = told(APRIL).brought
    sides = april.compared.apart
    assert sides is not None
    assert (sides.others.members, sides.held_out.members) == (spring.others, 240 - spring.others)
    for out, group in ((True, sides.held_out), (False, sides.others)):
        rows = group_rows(sides.span, held_out=out, most=1_000)
        assert (len(rows), sum(one.spent_minor for one in rows)) == (group.members, group.spent_minor)
        assert sum(one.orders for one in rows) == group.orders
    [giver] = april.spent.givers
    assert (giver.key, giver.points) == (spring.campaign.pk, (april.spent.costs.points_minor or 0) // 5)
    doubled = sum(int(amount) for amount, out in zip(spring.spends, spring.held, strict=True) if not out)
    assert giver.points == pytest.approx(doubled, rel=0.01), "what everybody earns is not in it"


# --- a shop of a few members, each of whom can be named ---------------------------------------------------------


def sides(count: int = 4) -> tuple[list[Member], list[Member]]:
    """So many members who are held out, and as many others."""
    set_holdout(share=2000, at=AT)
    held: list[Member] = []
    others: list[Member] = []
    for number in range(300):
        one = person(f"s{number}")
        (held if in_holdout(one.pk, AT + days(1)) else others).append(one)
        if len(held) >= count and len(others) >= count:
            break
    for one in others[count:]:
        erase_member(member=one.pk, at=AT + days(1))
    return held[:count], others[:count]


def spent_in(when: Stretch = MARCH) -> tuple[int, int]:
    """What both groups spent: held out, others."""
    found = told(when).brought.compared.apart
    assert found is not None
    return found.held_out.spent_minor, found.others.spent_minor


def test_what_came_back_later_is_taken_off(cafe: Merchant, few: None) -> None:
    held, others = sides()
    for place, one in enumerate((*held, *others)):
        buy(one, 100 + place, at=AT + days(3), external_id=f"o{place}")
    before = spent_in()
    assert before == (40_600, 42_200)
    refund_order(
        source="api", order_external_id="o4", at=AT + days(60),
        refund=NewRefund("r4", AT + days(60), amount_minor=10_400),
    )  # fmt: skip
    cancel_order(source="api", order_external_id="o0", cancelled_at=AT + days(61), at=AT + days(61))
    assert spent_in() == (30_600, 31_800)
    assert verify() == []


def test_what_was_bought_before_anybody_was_held_out_or_after_the_period_is_not_counted(
    cafe: Merchant, few: None
) -> None:
    held, others = sides()
    for one in (*held, *others):
        buy(one, 100, at=AT - days(1))
        buy(one, 10, at=AT + days(2))
        buy(one, 1_000, at=AT + days(40))
    assert spent_in() == (4_000, 4_000)


def test_two_who_are_one_count_once_and_not_at_all_where_they_stood_on_both_sides(
    cafe: Merchant, few: None
) -> None:
    held, others = sides(5)
    for one in (*held, *others):
        buy(one, 100, at=AT + days(3))
    merge(keep=held[0].pk, remove=held[1].pk, at=AT + days(5))
    found = told(MARCH).brought.compared.apart
    assert found is not None
    assert (found.held_out.members, found.held_out.spent_minor, found.mixed) == (4, 50_000, 0)
    merge(keep=others[0].pk, remove=held[2].pk, at=AT + days(6))
    found = told(MARCH).brought.compared.apart
    assert found is not None
    assert (found.held_out.members, found.others.members, found.mixed) == (3, 4, 1)
    assert (found.held_out.spent_minor, found.others.spent_minor) == (40_000, 40_000)


def test_who_was_erased_is_in_neither_group(cafe: Merchant, few: None) -> None:
    held, others = sides()
    for one in (*held, *others):
        buy(one, 100, at=AT + days(3))
    erase_member(member=held[0].pk, at=AT + days(9))
    found = told(MARCH).brought.compared.apart
    assert found is not None
    assert (found.held_out.members, found.others.members) == (3, 4)
    assert found.held_out.spent_minor == 30_000


def test_a_currency_without_minor_units_is_as_good(luna: Merchant, few: None) -> None:
    tokyo = shop("tokyo", name="Kissa", currency="JPY", timezone="Asia/Tokyo", country="JP", language="en")
    with acting_for(tokyo, by=MARA):
        held, others = sides()
        for place, one in enumerate((*held, *others)):
            record_orders(
                orders=[_yen(one, 1_000 + 10 * place + (500 if one in others else 0))], at=AT + days(3)
            )
        noting.note_margin(margin=5_000, at=AT)
        brought = told(MARCH).brought
        assert brought.compared.apart is not None and brought.money is not None
        assert brought.compared.apart.held_out.spent_minor == 4_060
        figures = (brought.money.profit, brought.money.margin, brought.revenue)
        assert all(isfinite(x) for one in figures if one for x in (one.value, one.low, one.high))


def _yen(member: Member, yen: int) -> NewOrder:
    return structs.replace(order(member, yen / 100, at=AT + days(3)), currency="JPY")


# --- what cannot be known -------------------------------------------------------------------------------------------


def test_without_anybody_held_out_nothing_is_claimed(ana: Member) -> None:
    buy(ana, 1_000)
    found = told(MARCH).brought
    assert (list(found.missing), found.revenue, found.money) == (["no_control", "no_margin"], None, None)


def test_a_single_member_is_too_few(ana: Member) -> None:
    set_holdout(share=500, at=AT)
    buy(ana, 1_000, at=AT + days(1))
    found = told(MARCH).brought
    assert (found.missing[0], found.revenue) == ("few_held", None)


def test_less_than_a_week_is_too_short(cafe: Merchant, few: None) -> None:
    held, others = sides()
    for one in (*held, *others):
        buy(one, 100, at=AT + days(1))
    assert told(MARCH, at=AT + days(6)).brought.missing[0] == "few_days"
    assert told(MARCH, at=AT + days(8)).brought.missing[0] != "few_days"


def test_points_without_a_known_price_leave_what_is_left_unknown(cafe: Merchant, few: None) -> None:
    held, others = sides()
    noting.note_margin(margin=4_000, at=AT)
    running(starts_at=AT, ends_at=AT + days(20))
    for place, one in enumerate((*held, *others)):
        buy(one, 100 + place, at=AT + days(3))
    found = told(MARCH).brought
    assert (list(found.missing), found.money) == (["no_point_cost"], None)
    assert found.revenue is not None
    priced()
    assert told(MARCH).brought.money is not None


def test_a_campaign_beside_others_is_not_told_apart_from_them(cafe: Merchant, few: None) -> None:
    held, others = sides()
    noting.note_margin(margin=4_000, at=AT)
    priced()
    first = running(starts_at=AT, ends_at=AT + days(10))
    for place, one in enumerate((*held, *others)):
        buy(one, 100 + place, at=AT + days(3))
    assert of_one(first, at=AT + days(30)).money is not None
    second = running(name="Another", starts_at=AT + days(5), ends_at=AT + days(8))
    found = of_one(first, at=AT + days(30))
    assert (list(found.missing), found.revenue, found.money) == (["others_ran"], None, None)
    assert [one.key for one in found.beside] == [second.pk]
    assert told(MARCH).brought.money is not None, "what they bring together is known"


def test_a_campaign_that_has_not_begun_has_brought_nothing(cafe: Merchant) -> None:
    row = running(starts_at=AT + days(9), ends_at=AT + days(12))
    assert list(of_one(row, at=AT + days(1)).missing) == ["not_begun"]


def test_points_cost_as_far_as_they_will_be_used(cafe: Merchant, few: None) -> None:
    held, others = sides()
    priced()
    row = running(starts_at=AT, ends_at=AT + days(10))
    for one in (*held, *others):
        buy(one, 100, at=AT + days(3))
    half = replace(ALL_USED, use=Interval(0.5, 0.4, 0.6))
    whole = of_one(row, at=AT + days(30)).spent.costs.points_minor
    assert whole == 100 * 5 * len(others)
    found = answer_of(row, zone=ZONE, at=AT + days(30), owed=half)
    assert found.spent.costs.points_minor == whole // 2


# --- costs ------------------------------------------------------------------------------------------------------


def test_only_costs_that_were_noted_as_campaigns_count_against_them(cafe: Merchant, few: None) -> None:
    sides()
    row = running(starts_at=AT, ends_at=AT + days(10))
    month = MARCH.first
    for source, amount in (("", 70_000), ("campaigns", 31_000), (public_id(row), 3_100)):
        noting.note_cost(kind="staff", source=source, month=month, amount_minor=amount, at=AT)
    answer = told(MARCH)
    held_part = (MARCH.until(ZONE) - answer.brought.since) / (MARCH.until(ZONE) - MARCH.since(ZONE))
    assert answer.costs.staff_minor == 104_100
    assert answer.brought.spent.costs.staff_minor == round(Decimal(34_100) * Decimal(str(held_part)))
    assert of_one(row, at=AT + days(30)).spent.costs.staff_minor == 3_100


def test_prizes_cost_what_they_cost_when_their_reward_is_offered_no_more(cafe: Merchant, ana: Member) -> None:
    priced()
    mug = create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "Mug"}, "cost_points": 100, "unit_cost_minor": 900}
    )
    row = running(rules=[{"type": "issue_reward", "id": "mug", "reward": "mug"}], ends_at=AT + days(10))
    buy(ana, 100, at=AT + days(1))
    before = of_one(row, at=AT + days(30)).spent
    assert before.costs.prizes_minor == 900
    retire_reward(reward=mug.pk, at=AT + days(20))
    assert of_one(row, at=AT + days(30)).spent == before


@pytest.mark.parametrize("source", ["web", "cmp_", "cmp_00000000000000000000000000"])
def test_a_cost_is_noted_for_campaigns_there_are(cafe: Merchant, source: str) -> None:
    with pytest.raises(InvalidInput):
        noting.note_cost(kind="staff", source=source, month=MARCH.first, amount_minor=5, at=AT)
    assert Cost.objects.count() == 0
