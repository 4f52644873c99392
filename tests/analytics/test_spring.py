"""Every key figure of a spring: worked out by hand, opened to the rows that add up to it, and changed afterwards."""

from datetime import date, datetime

import pytest

from analytics.models import Fact, Stale
from analytics.operations import filling
from analytics.queries.figures import CUTS, FIGURES
from analytics.queries.rows import rows
from analytics.queries.sums import reader
from analytics.queries.telling import Told, figures
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund
from tests.analytics.spring import MARCH, NOW, OF_MARCH, ZONE, added_up, answer, fill, spring, told
from tests.cast import AT, MARA, buy, days, person
from tests.standing import ana, ben, cafe, luna

__all__ = ["ana", "ben", "cafe", "luna", "spring"]


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
