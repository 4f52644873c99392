"""Every figure in the registry adds up to the rows it opens to, and says None where there is nothing to divide by."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from analytics.models import Fact, Stale
from analytics.operations import filling
from analytics.queries.figures import CUTS, FIGURES
from analytics.queries.freshness import freshness
from analytics.queries.rows import every_row, rows
from analytics.queries.sums import reader
from analytics.queries.telling import Told, figure, figures
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, Order
from members.operations.activities import record_activity
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.operations.tiers_by_hand import give_tier
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, buy, days, order, person, publish, shop

ZONE = "Europe/Stockholm"
MARCH = stretch(Grain.MONTH, date(2026, 3, 15))
NOW = AT + days(200)  # the eighteenth of September


def told(key: str, when: Stretch = MARCH, *, at: datetime = NOW, zone: str = ZONE, **part: str) -> Told:
    return figure(reader(zone=zone, at=at), key, when, **part)


def fill(at: datetime = NOW) -> None:
    """What the task does."""
    filling.note_changes(at=at)
    while filling.sum_batch(at=at):
        pass


@pytest.fixture
def spring(ana: Member, ben: Member) -> None:
    """February and March of Ana and Ben, a guest, a cancelled order, a reward, points by hand, a refund in April."""
    buy(ana, 200, at=AT - days(20), channel="web")
    buy(ben, 80, at=AT - days(10), channel="pos", location="soder")
    buy(ana, 100, external_id="a1", channel="web")
    buy(ana, 60, at=AT + days(3), channel="pos", location="soder")
    buy(None, 25, channel="pos", location="soder")
    buy(ben, 40, external_id="b1", channel="web")
    cancel_order(source="api", order_external_id="b1", cancelled_at=AT, at=AT)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 30,
                                        "unit_cost_minor": 700})  # fmt: skip
    redeem_reward(member=ana.pk, reward=cup.pk, key="cup", at=AT + days(4))
    adjust_points(member=ben.pk, amount=5, reason="Sorry", at=AT + days(5))
    adjust_points(member=ben.pk, amount=-2, reason="Oops", at=AT + days(5))
    for number, score in enumerate((10, 9, 7, 3)):
        answer(ana, score, number)
    late = AT + days(40)
    refund_order(source="api", order_external_id="a1", refund=NewRefund("r", late, (), 3000), at=late)
    person("carl", at=AT + days(40))


def answer(who: Member, score: Any, number: int, *, at: datetime = AT) -> None:
    doing = NewActivity(
        f"nps-{number}", "nps", at, MemberRef(id=ids.encode("mbr", who.pk)), properties={"score": score}
    )
    record_activity(activity=doing, at=at)


OF_MARCH = {
    "value_per_buyer": 13000, "value_per_member": 20500, "brought_share": 0, "retention": Decimal("0.5"),
    "active_share": Decimal("0.5"), "earning_share": Decimal("0.5"), "redeeming_share": Decimal("0.5"), "visits": 2,
    "nps": 25, "aov_members": 6500, "aov_others": 2500, "orders": 3, "revenue": 15500, "revenue_members": 13000,
    "refunds": 4000, "repeat_rate": 1, "frequency": 2, "members_total": 2, "members_new": 2, "members_active": 1,
    "members_lapsed": 0, "points_issued": 160, "points_spent": 30, "points_expired": 0, "points_by_hand": 3,
    "redemption_rate": Decimal("0.1875"), "expiry_rate": 0, "points_outstanding": 413, "redemptions": 1,
    "reward_cost": 700,
}  # fmt: skip


@pytest.mark.parametrize("filled", [False, True], ids=["counted now", "from facts"])
def test_the_figures_of_a_month_worked_out_by_hand(spring: None, filled: bool) -> None:
    if filled:
        fill()
    table = figures(reader(zone=ZONE, at=NOW), [MARCH])
    assert {key: table[key, MARCH, ""].value for key in FIGURES} == OF_MARCH
    assert verify() == []


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("filled", [False, True], ids=["counted now", "from facts"])
def test_what_is_opened_adds_up(spring: None, key: str, filled: bool) -> None:
    if filled:
        fill()
    made = FIGURES[key]
    for grain in Grain:
        for when in stretches(grain, upto=date(2026, 4, 11), count=3):
            for cut in ("", *made.cuts):
                table = figures(reader(zone=ZONE, at=NOW), [when], [key], cut=cut)
                for (_key, _when, name), found in table.items():
                    added_up(key, when, found, cut, name)


def added_up(key: str, when: Stretch, found: Told, cut: str = "", name: str = "") -> None:
    """The rows come to the figure, each is told once, and the sums beside them are theirs."""
    opened = list(every_row(key, when, zone=ZONE, at=NOW, cut=cut, name=name))
    assert sum(row.part for row in opened) == found.part, (key, when, cut, name)
    assert found.whole is None or sum(row.whole for row in opened) == found.whole, (key, when, cut, name)
    beside = rows(key, when, zone=ZONE, at=NOW, cut=cut, name=name, most=1)
    assert (beside.part, beside.count) == (found.part, len(opened))
    known: Any = Order if FIGURES[key].opens.what == "orders" else Member
    about = {row.about for row in opened}
    assert known.objects.filter(pk__in=about).count() == len(about)


def test_twin_a_fact_that_is_wrong_is_found_by_its_rows(spring: None) -> None:
    fill()
    Fact.objects.filter(family="orders", cut="", measure="revenue", first=date(2026, 3, 2)).update(amount=1)
    with pytest.raises(AssertionError):
        added_up("revenue", MARCH, told("revenue"))


@pytest.mark.parametrize("cut", CUTS)
def test_parts_add_up_to_the_whole_where_orders_are_counted(spring: None, cut: str) -> None:
    fill()
    table = figures(reader(zone=ZONE, at=NOW), [MARCH], ["revenue_members"], cut=cut)
    assert sum(one.part for one in table.values()) == 13000


@pytest.mark.parametrize("key", FIGURES)
def test_an_empty_shop_has_no_shares_and_no_errors(cafe: Merchant, key: str) -> None:
    for filled in (False, True):
        assert told(key).value == (None if FIGURES[key].whole else 0)
        assert rows(key, MARCH, zone=ZONE, at=NOW).rows == []
        if not filled:
            fill()


def test_a_shop_with_one_order(ana: Member) -> None:
    buy(ana, 50)
    assert [told(key).value for key in ("aov_members", "retention", "repeat_rate")] == [5000, None, 0]
    fill()
    assert [told(key).value for key in ("aov_members", "retention", "repeat_rate")] == [5000, None, 0]


def test_there_is_no_figure_and_no_part_of_another_name(cafe: Merchant) -> None:
    for key, cut in (("nonsense", ""), ("revenue", "total_minor"), ("points_issued", "tier")):
        with pytest.raises(NotFound):
            told(key, cut=cut)
        with pytest.raises(NotFound):
            rows(key, MARCH, zone=ZONE, at=NOW, cut=cut)


def test_another_shops_orders_are_never_counted(spring: None, other_shop: Merchant) -> None:
    fill()
    with acting_for(other_shop, by=MARA):
        fill()
        assert all(not told(key).part for key in FIGURES)
        assert all(not rows(key, MARCH, zone=ZONE, at=NOW).rows for key in FIGURES)
        assert not Fact.objects.exists()


# --- what changes afterwards ------------------------------------------------------------------------------------


def everything(at: datetime = NOW) -> dict[tuple[str, Stretch, str], Told]:
    """All figures of some months, quarters and weeks."""
    asked = [
        one
        for grain in (Grain.WEEK, Grain.MONTH, Grain.YEAR)
        for one in stretches(grain, upto=date(2026, 4, 11), count=4)
    ]
    return dict(figures(reader(zone=ZONE, at=at), asked))


CHANGES = {
    "an order of March that arrives in September": lambda ana, ben: buy(ben, 500, at=AT + days(7), channel="web"),
    "a guest's order of February": lambda ana, ben: buy(None, 30, at=AT - days(12)),
    "a refund": lambda ana, ben: refund_order(
        source="api", order_external_id="a1", at=NOW, refund=NewRefund("r2", NOW, (), 1000)),
    "a cancellation": lambda ana, ben: cancel_order(source="api", order_external_id="a1", cancelled_at=NOW, at=NOW),
    "points by hand": lambda ana, ben: adjust_points(member=ana.pk, amount=7, reason="x", at=AT + days(8)),
    "a new member": lambda ana, ben: person("dora", at=AT + days(9)),
    "an answer": lambda ana, ben: answer(ben, 0, 99, at=AT + days(9)),
    "two members who become one": lambda ana, ben: merge(keep=ana.pk, remove=ben.pk, at=NOW),
    "a member who is erased": lambda ana, ben: erase_member(member=ana.pk, at=NOW),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_later_is_seen_at_once_and_stays_when_it_is_summed(
    spring: None, ana: Member, ben: Member, change: str
) -> None:
    fill()
    before = everything()
    CHANGES[change](ana, ben)
    live = everything()
    assert live != before
    fill()
    assert not Stale.objects.exists()
    assert everything() == live
    for (key, when, _name), found in live.items():
        if when.grain is Grain.MONTH:
            added_up(key, when, found)
    Fact.objects.all().delete()
    filling.refill(first=date(2025, 1, 1), last=date(2026, 12, 31))
    fill()
    assert everything() == live  # nothing was kept that would not be made again


def test_a_refund_in_a_later_month_lowers_the_month_of_its_order(spring: None) -> None:
    april = stretch(Grain.MONTH, date(2026, 4, 11))
    fill()
    assert (told("revenue").value, told("revenue", april).value) == (15500, 0)
    assert (told("refunds").value, told("refunds", april).value) == (4000, 3000)


def test_merged_members_are_one_and_erased_ones_leave_their_orders(ana: Member, ben: Member) -> None:
    buy(ana, 100)
    buy(ben, 50)
    fill()
    merge(keep=ana.pk, remove=ben.pk, at=AT + days(1))
    assert (told("members_active").value, told("repeat_rate").value, told("members_new").value) == (1, 1, 1)
    erase_member(member=ana.pk, at=AT + days(2))
    assert (told("revenue").value, told("members_new").value, told("members_active").value) == (15000, 0, 0)


def test_a_member_lapses_after_half_a_year_and_may_come_back(ana: Member, ben: Member) -> None:
    buy(ana, 100)
    buy(ben, 100)
    buy(ben, 100, at=AT + days(179))
    fill(AT + days(179))
    august = stretch(Grain.MONTH, (AT + days(180)).date())
    assert told("members_lapsed", august, at=AT + days(179)).value == 0
    assert told("members_lapsed", august, at=AT + days(181)).value == 1  # nothing happened but time
    fill(AT + days(181))
    assert told("members_lapsed", august, at=AT + days(181)).value == 1
    assert [row.about for row in rows("members_lapsed", august, zone=ZONE, at=AT + days(181)).rows] == [
        ana.pk
    ]
    buy(ana, 10, at=AT + days(170))  # it turns out that Ana was there after all
    assert told("members_lapsed", august, at=AT + days(181)).value == 0
    fill(AT + days(181))
    assert told("members_lapsed", august, at=AT + days(181)).value == 0


def test_a_tier_counts_for_what_was_bought_in_it(cafe: Merchant) -> None:
    publish(
        tiers={"ladder": [{"id": "silver", "at_least": 0}, {"id": "gold", "at_least": 100_000_000}]},
        at=AT + days(1),
    )
    ana = person("ana", at=AT + days(1))
    buy(ana, 100, at=AT + days(2))
    give_tier(member=ana.pk, tier="gold", reason="Friend", last_day=date(2027, 1, 1), at=AT + days(3))
    buy(ana, 50, at=AT + days(4))
    fill()
    table = figures(reader(zone=ZONE, at=NOW), [MARCH], ["revenue_members"], cut="tier")
    assert {name: one.part for (_key, _when, name), one in table.items()} == {"silver": 10000, "gold": 5000}
    for (key, when, name), one in table.items():
        added_up(key, when, one, "tier", name)


# --- calendars and currencies -----------------------------------------------------------------------------------


def test_an_order_at_the_edge_of_a_short_day_is_in_one_day_only(ana: Member) -> None:
    buy(
        ana, 10, at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    )  # midnight in Stockholm, as the short day begins
    buy(ana, 20, at=datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC))  # and as it ends
    for filled in (False, True):
        found = [told("orders", stretch(Grain.DAY, date(2026, 3, day))).value for day in (28, 29, 30)]
        assert found == [0, 2, 0]
        buyers = [told("frequency", stretch(Grain.DAY, date(2026, 3, day))).value for day in (28, 29, 30)]
        assert buyers == [None, 2, None]
        if not filled:
            fill()


def test_a_shop_that_moves_to_another_zone_is_summed_anew(cafe: Merchant, ana: Member) -> None:
    buy(ana, 10, at=datetime(2026, 3, 31, 23, 0, tzinfo=UTC))  # April in Stockholm, March in Lisbon
    fill()
    assert told("orders").value == 0
    assert told("orders", zone="Atlantic/Azores").value == 1
    assert freshness(zone="Atlantic/Azores", at=NOW).is_stale(MARCH)


def test_yen_have_no_minor_unit(db: None) -> None:
    with acting_for(shop("tokyo", currency="JPY", timezone="Asia/Tokyo", country="JP"), by=MARA):
        publish()
        assert told("aov_members", zone="Asia/Tokyo").value is None
        asked = order(person("aiko"), 5)
        yen = replace(asked, currency="JPY")
        record_order(order=yen, at=AT)
        assert told("aov_members", zone="Asia/Tokyo").value == 500  # as they are: 500 yen, not 5.00
