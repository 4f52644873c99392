"""The programme's section about bringing friends: what it refuses, and what it works out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.errors import InvalidInput
from members.rules.referrals import (
    Bought,
    Commission,
    On,
    Purchase,
    due_at,
    net_minor,
    pays_commission,
    refusal,
)
from tests.cast import AT, days, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"purchase": {"at_least_minor": -1}}, "purchase.at_least_minor"),
        ({"purchase": {"within_days": 4000}}, "purchase.within_days"),
        ({"purchase": {"wait_days": -1}}, "purchase.wait_days"),
        ({"referrer": {"units": [{"amount": 0}]}}, "referrer.units[0].amount"),
        ({"friend": {"units": [{"amount": 5, "unit": "gold"}]}}, "friend.units[0].unit"),
        ({"friend": {"units": [{"amount": 5}, {"amount": 6}]}}, "friend.units"),
        ({"friend": {"reward": "x" * 61}}, "friend.reward"),
        ({"friend": {"quantity": 0}}, "friend.quantity"),
        ({"commission": {"basis_points": 10_001}}, "commission.basis_points"),
        ({"commission": {"unit": "stamps"}}, "commission.unit"),
        ({"commission": {"minor_per_point": 0}}, "commission.minor_per_point"),
        ({"commission": {"months": 0}}, "commission.months"),
        ({"per": [{"period": "month", "most": 0}]}, "per[0].most"),
        ({"per": [{"period": "day", "most": 1}, {"period": "day", "most": 2}]}, "per"),
        ({"guard": {"joins_per_day": 0}}, "guard.joins_per_day"),
        ({"guard": {"chain_days": 999}}, "guard.chain_days"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(cafe, section, field):
    with pytest.raises(InvalidInput) as refused:
        publish(referrals={"on": True, **section})
    assert [error["field"] for error in refused.value.errors] == [f"referrals.{field}"]


def test_what_came_back_leaves_its_part():
    common = {"eligible_minor": 80_00, "total_minor": 100_00, "cancelled": False}
    assert [net_minor(**common, refunded_minor=back) for back in (0, 25_00, 100_00)] == [80_00, 60_00, 0]
    assert net_minor(**common | {"cancelled": True}, refunded_minor=0) == 0
    assert net_minor(eligible_minor=0, total_minor=0, refunded_minor=0, cancelled=False) == 0


def test_a_purchase_of_nothing_that_earns_never_counts():
    assert refusal(Purchase(), Bought(AT, 0), joined_at=AT) == "too_small"
    assert refusal(Purchase(), Bought(AT, 1), joined_at=AT) == ""
    assert refusal(Purchase(first_order=True), Bought(AT, 1, is_first=False), joined_at=AT) == "not_first"


def test_returns_are_waited_for_by_whole_days_of_the_shop():
    assert due_at(AT, 0, STOCKHOLM) == AT
    assert due_at(AT, 1, STOCKHOLM) == datetime(2026, 3, 3, 23, tzinfo=UTC)
    assert due_at(AT + days(26), 3, STOCKHOLM) == datetime(
        2026, 3, 31, 22, tzinfo=UTC
    )  # summer time has begun


def test_commission_drops_parts_of_units_and_ends_with_its_months():
    assert [Commission(basis_points=750).amount(base) for base in (99_99, 1_33, 0)] == [7_49, 9, 0]
    asked = {"joined_at": AT, "zone": STOCKHOLM, "counted": False}
    every = Commission(basis_points=1, on=On.EVERY, months=1)
    last = datetime(2026, 4, 2, 21, 59, tzinfo=UTC)
    assert pays_commission(every, placed_at=last, **asked)
    assert not pays_commission(every, placed_at=last + days(0.001), **asked)
    assert not pays_commission(Commission(basis_points=1), placed_at=AT, **asked)
    assert not pays_commission(Commission(), placed_at=AT, **asked | {"counted": True})
