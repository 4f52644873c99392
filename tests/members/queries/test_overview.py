"""Every figure is the sum of the rows it opens to."""

from datetime import timedelta

import pytest

from loyalty.core.errors import NotFound
from members.models import Member
from members.operations.membership import block
from members.operations.points import adjust_points, expire_due
from members.operations.refunds import cancel_order, refund_order
from members.queries.overview import Period, overview, rows
from members.rules.shopping import NewRefund
from tests.cast import AT, buy, days, person, publish

MARCH = Period(AT - timedelta(hours=12), AT + days(20))


@pytest.fixture
def month(ana, ben):
    """A month at the café: five orders, a refund, a cancellation, a gift, some expiry; some of it outside."""
    publish(points_life={"expiry": "rolling", "months": 1})
    buy(ana, 100, at=AT - days(5), external_id="before")
    buy(ana, 100, external_id="a1")
    buy(ana, 60, external_id="a2")
    buy(ben, 40, external_id="b1")
    buy(None, 25, external_id="guest")
    refund_order(source="api", order_external_id="a1", refund=NewRefund("r", AT, (), 3000), at=AT)
    cancel_order(source="api", order_external_id="b1", cancelled_at=AT, at=AT)
    adjust_points(member=ben.pk, amount=15, reason="Welcome", at=AT)
    expire_due(at=AT + days(28))  # what the earlier order gave, after the period
    block(member=ben.pk, at=AT, reason="test")
    person("carl", at=AT + days(25))


def test_the_figures_of_a_month(month):
    value = {key: figure.value for key, figure in overview(MARCH).items()}
    assert value == {
        "members_total": 3, "members_new": 2, "members_active": 1, "orders": 3, "revenue": 15500,
        "revenue_members": 13000, "points_issued": 130, "points_redeemed": 0, "points_expired": 0,
        "points_adjusted": 15, "points_outstanding": 145, "redemption_share": 0,
    }  # fmt: skip
    assert overview(Period(AT + days(20), AT + days(40)))["points_expired"].value == 100


def test_every_number_opens_to_rows_that_add_up_to_it(month):
    for period in (MARCH, MARCH.before, Period(AT + days(20), AT + days(40))):
        figures = overview(period)
        for key in ("members_total", "members_new", "members_active", "orders"):
            assert rows(key, period).count() == figures[key].value, key
        for key in ("revenue", "revenue_members"):
            assert sum(order.net_minor for order in rows(key, period)) == figures[key].value, key
        for key, sign in (("points_issued", 1), ("points_redeemed", -1), ("points_expired", -1),
                          ("points_adjusted", 1), ("points_outstanding", 1)):  # fmt: skip
            assert sum(row["points"] for row in rows(key, period)) * sign == figures[key].value, key


def test_the_share_is_none_when_nothing_was_given(cafe):
    assert overview(MARCH)["redemption_share"].value is None
    assert overview(MARCH)["revenue"].value == 0


def test_figures_have_a_definition_and_unknown_ones_are_refused(month):
    assert all(figure.definition for figure in overview(MARCH).values())
    with pytest.raises(NotFound):
        rows("profit", MARCH)


def test_the_last_days_are_whole_days_of_the_shop(cafe):
    period = Period.last_days(7, at=AT, zone="Europe/Stockholm")
    assert period.since.isoformat() == "2026-02-24T00:00:00+01:00"
    assert period.until.isoformat() == "2026-03-03T00:00:00+01:00"
    across_summer_time = Period.last_days(2, at=AT + days(27), zone="Europe/Stockholm")
    assert across_summer_time.until - across_summer_time.since == timedelta(days=2)  # wall clock days


def test_erased_and_merged_members_are_nobody(month):
    Member.objects.filter(pk__in=rows("members_new", MARCH).values("pk")).update(status=Member.Status.ERASED)
    assert overview(MARCH)["members_new"].value == 0
