"""Tiers that real shops have published, with the numbers they print: reached, multiplied by, kept and lost."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import TierStanding
from members.operations import tiers
from members.operations.points import adjust_points
from members.operations.refunds import refund_order
from members.rules.shopping import MemberRef, NewLine, NewOrder, NewRefund
from tests.cast import AT, MARA, days, person, publish, shop

BERLIN = ZoneInfo("Europe/Berlin")
_numbers = iter(range(1, 10**6))


@pytest.fixture
def euro_shop(db: None) -> Any:
    """A shop in euros, in Berlin; the test acts as its owner."""
    merchant = shop(
        "euros", name="Euros", currency="EUR", timezone="Europe/Berlin", country="DE", language="en"
    )
    with acting_for(merchant, by=MARA):
        yield merchant


def pay(member: Any, euros: float, at: datetime = AT, name: str = "") -> int:
    """Points for a purchase in euros."""
    from loyalty.core import ids
    from members.operations.orders import record_order

    line = NewLine(sku="thing", amount_minor=round(euros * 100))
    who = MemberRef(id=ids.encode("mbr", member.pk))
    made = NewOrder(name or f"e{next(_numbers)}", "EUR", at, (line,), who)
    return record_order(order=made, at=at).points


def tier(member: Any) -> str:
    row = TierStanding.objects.filter(member=member).first()
    return row.tier if row else ""


def rates(**points: int) -> list[dict[str, Any]]:
    """So many points per euro, by tier; the best that counts."""
    return [
        {"type": "points_per_amount", "id": name, "points": count, "per_minor": 100, "group": "rate",
         "when": [{"type": "tier", "any_of": [name]}]}
        for name, count in points.items()
    ]  # fmt: skip


BEST = {"groups": [{"id": "rate", "mode": "best"}]}


def test_shisha_store_three_thousand_collected_points_earn_twice_and_six_thousand_three_times(euro_shop):
    """Tiers at 0, 3,000 and 6,000 collected points, earning 1, 2 and 3 points per euro; what was spent stays collected."""
    ladder = [
        {"id": "one", "at_least": 0},
        {"id": "two", "at_least": 3000},
        {"id": "three", "at_least": 6000},
    ]
    publish(*rates(one=1, two=2, three=3), earning=BEST,
            tiers={"by": "points", "window": "lifetime", "valid": "forever", "ladder": ladder})  # fmt: skip
    eva = person("eva")
    assert (tier(eva), pay(eva, 2999), tier(eva)) == ("one", 2999, "one")
    assert (pay(eva, 1), tier(eva)) == (1, "two")
    adjust_points(member=eva.pk, amount=-3000, reason="200 points are 2 euros: spent", at=AT)
    assert (balance(eva.pk).available, tier(eva)) == (0, "two")
    assert (pay(eva, 1499), tier(eva)) == (2998, "two")
    assert (pay(eva, 1), tier(eva)) == (2, "three")
    assert (pay(eva, 100), balance(eva.pk).available) == (300, 3300)
    assert tiers.review_due(at=AT + days(5000)) == 0  # for good
    assert verify() == []


def test_only_for_men_more_than_750_is_silver_1500_is_gold_and_a_return_takes_it_back(euro_shop):
    ladder = [{"id": "silver", "at_least": 750_01}, {"id": "gold", "at_least": 1500_00}]
    publish({"type": "points_per_amount", "id": "base", "points": 10, "per_minor": 100},
            points_life={"hold_days": 14, "expiry": "rolling", "months": 24},
            tiers={"window": "rolling", "months": 12, "valid": "months", "valid_months": 12, "on_refund": "review",
                   "ladder": ladder})  # fmt: skip
    max_ = person("max")
    assert (pay(max_, 750), tier(max_)) == (7500, "")
    pay(max_, 0.01)
    assert tier(max_) == "silver"
    pay(max_, 749.99, name="coat")
    assert (tier(max_), balance(max_.pk).available, balance(max_.pk).pending) == ("gold", 0, 14990)
    refund = NewRefund("back", AT + days(3), (), 749_99)
    refund_order(source="api", order_external_id="coat", refund=refund, at=AT + days(3))
    assert tier(max_) == "silver"
    assert verify() == []


def test_sportler_three_five_and_ten_points_a_euro(euro_shop):
    """Classic 3, Silver 5, Gold 10 points per euro; where the tiers begin is not printed, so these are ours."""
    ladder = [
        {"id": "classic", "at_least": 0},
        {"id": "silver", "at_least": 500_00},
        {"id": "gold", "at_least": 1000_00},
    ]
    publish(*rates(classic=3, silver=5, gold=10), earning=BEST, tiers={"ladder": ladder})
    ida = person("ida")
    assert [pay(ida, 500), pay(ida, 100), pay(ida, 400), pay(ida, 100)] == [1500, 500, 2000, 1000]
    assert tier(ida) == "gold"


def test_only_stores_elite_above_four_thousand_points_in_a_year(cafe):
    """1 kr is 2 points; Elite above 4,000 points in a year: with the 2,001st krona, not the 2,000th."""
    from tests.cast import buy

    publish({"type": "points_per_amount", "id": "base", "points": 2, "per_minor": 100},
            tiers={"by": "points", "ladder": [{"id": "elite", "at_least": 4001}]})  # fmt: skip
    nora = person("nora")
    buy(nora, 2000)
    assert tier(nora) == ""
    buy(nora, 1)
    assert tier(nora) == "elite"


def test_team_sportia_the_counter_restarts_each_member_year(cafe):
    from tests.cast import buy

    joined = datetime(2025, 3, 15, 12, tzinfo=ZoneInfo("Europe/Stockholm"))
    publish(tiers={"window": "anniversary_year", "valid": "period_end",
                   "ladder": [{"id": "plus", "at_least": 2500_00}]})  # fmt: skip
    per = person("per", at=joined)
    buy(per, 2000, at=datetime(2026, 3, 14, 23, 59, tzinfo=ZoneInfo("Europe/Stockholm")))
    buy(per, 500, at=datetime(2026, 3, 15, 0, 1, tzinfo=ZoneInfo("Europe/Stockholm")))
    assert tier(per) == ""
    buy(per, 2000, at=datetime(2027, 3, 14, 23, 0, tzinfo=ZoneInfo("Europe/Stockholm")))
    assert tier(per) == "plus"
    end = TierStanding.objects.get(member=per).review_at
    assert end == datetime(2027, 3, 15, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert (tiers.review_due(at=end), tier(per)) == (1, "")


def test_koffiestores_overlapping_bounds_cannot_be_written(cafe):
    """Published: one tier to 1,499 and the next from 1,499. A tier is where it begins, so there is no overlap to write."""
    from loyalty.core.errors import InvalidInput

    with pytest.raises(InvalidInput) as refused:
        publish(
            tiers={"by": "points", "ladder": [{"id": "a", "at_least": 1499}, {"id": "b", "at_least": 1499}]}
        )
    assert refused.value.errors[0]["field"] == "tiers.ladder[1].at_least"
