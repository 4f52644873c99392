"""The overview from facts: the very figures that its rows add up to, whatever happened since they were summed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from analytics.models import Fact, Stale
from analytics.operations import filling
from analytics.queries import freshness, sums
from analytics.queries.freshness import Freshness
from analytics.queries.gathering import VISITORS, WINDOWS
from analytics.queries.glance import Glance, glance
from loyalty.core.ledger.checks import verify
from members.models import Member
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.queries.overview import Period, buyers, overview_and_before
from members.rules.shopping import NewRefund
from tests.analytics.spring import NOW, ZONE, fill
from tests.cast import buy, days, person
from tests.standing import ana, ben, cafe, luna

__all__ = ["ana", "ben", "cafe", "luna"]

type Values = list[dict[str, object]]


@pytest.fixture(autouse=True, params=["a small shop", "a large one"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """In a large shop it is kept who bought lately, too."""
    if request.param == "a large one":
        monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    return str(request.param)


@pytest.fixture
def years(ana: Member, ben: Member) -> None:
    """Two years of Ana, every 80 days, of Ben, and of guests; a gift by hand; summed last night."""
    for number in range(9):
        buy(ana, 50 + number, at=NOW - days(80 * number))
    for number, back in enumerate((3, 5, 43, 150, 500)):
        buy(ben, 90 + number, at=NOW - days(back), external_id=f"ben-{number}")
        buy(None, 20, at=NOW - days(back * 2))
    adjust_points(member=ben.pk, amount=15, reason="Sorry", at=NOW - days(8))
    fill()


def from_facts(length: int, *, at: datetime = NOW) -> Values:
    return _values(length, glance(length, zone=ZONE, at=at), at=at)


def from_rows(length: int, *, at: datetime = NOW) -> Values:
    return _values(length, None, at=at)


def _values(length: int, found: object, *, at: datetime) -> Values:
    assert found is None or isinstance(found, Glance)
    period = Period.last_days(length, at=at, zone=ZONE)
    told = overview_and_before(period, found)
    return [{key: figure.value for key, figure in one.items()} for one in told]


def same(*, at: datetime = NOW) -> None:
    """Both ways come to the same, over every length."""
    for length in WINDOWS:
        assert glance(length, zone=ZONE, at=at) is not None
        assert from_facts(length, at=at) == from_rows(length, at=at), length


def test_days_that_are_over_come_from_facts(years: None) -> None:
    same()
    before = from_rows(30)[0]
    Fact.objects.filter(family="orders", first=(NOW - days(3)).date(), cut="", measure="revenue").update(
        amount=1
    )
    assert from_facts(30)[0]["revenue"] != before["revenue"]
    assert from_facts(30)[0]["orders"] == before["orders"]


def test_today_never_comes_from_facts(years: None) -> None:
    Fact.objects.filter(grain="day", first=NOW.date()).update(amount=777_777)
    same()


def test_who_bought_today_is_counted_once(years: None, ana: Member, ben: Member) -> None:
    before = from_facts(7)[0]["members_active"]
    for _again in range(2):
        buy(ana, 10, at=NOW)  # bought in these days already
    assert from_facts(7)[0]["members_active"] == before
    new = person("dora", at=NOW)
    for _again in range(2):
        buy(new, 10, at=NOW)
    assert from_facts(7)[0]["members_active"] == before + 1  # type: ignore[operator]
    same()


def late_order(ana: Member, ben: Member) -> None:
    buy(person("carl", at=NOW - days(50)), 33, at=NOW - days(45))


def cancelled(ana: Member, ben: Member) -> None:
    cancel_order(source="api", order_external_id="ben-0", cancelled_at=NOW, at=NOW)


def refunded(ana: Member, ben: Member) -> None:
    refund_order(source="api", order_external_id="ben-1", refund=NewRefund("r", NOW, (), 3000), at=NOW)


def merged(ana: Member, ben: Member) -> None:
    merge(keep=ana.pk, remove=ben.pk, at=NOW)


def erased(ana: Member, ben: Member) -> None:
    erase_member(member=ben.pk, at=NOW)


SINCE = [late_order, cancelled, refunded, merged, erased]


@pytest.mark.parametrize("what", SINCE)
def test_what_happened_since_is_in_it(years: None, ana: Member, ben: Member, what: object) -> None:
    was = [from_rows(length) for length in WINDOWS]
    what(ana, ben)  # type: ignore[operator]
    assert [from_rows(length) for length in WINDOWS] != was
    same()
    filling.note_changes(at=NOW)
    assert Stale.objects.exists()
    same()
    fill()
    same()
    assert verify() == []


@pytest.mark.parametrize("what", SINCE)
def test_twin_a_reader_that_took_stale_days_from_facts_would_be_noticed(
    years: None, ana: Member, ben: Member, what: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "freshness", lambda **_asked: Freshness({}, NOW))
    same()
    what(ana, ben)  # type: ignore[operator]
    with pytest.raises(AssertionError):
        same()


def test_the_next_day_begins_by_itself(years: None) -> None:
    for later in (timedelta(days=1), timedelta(days=40)):
        same(at=NOW + later)
    fill(NOW + days(1))
    same(at=NOW + days(1))


def test_a_large_shop_keeps_who_bought_lately_for_the_present_day(years: None, size: str) -> None:
    def visitors() -> Mapping[tuple[str, str], int]:
        rows = Fact.objects.filter(family=VISITORS).values_list("grain", "measure", "first", "amount")
        assert {first for _grain, _measure, first, _amount in rows} <= {at.date()}
        return {(grain, measure): amount for grain, measure, _first, amount in rows}

    at = NOW
    if size == "a small shop":
        assert visitors() == {}
        return
    assert len(visitors()) == 2 * len(WINDOWS)
    Fact.objects.filter(family=VISITORS, measure="visitors").update(amount=41)
    assert from_facts(90)[0]["members_active"] == 41  # who bought today had bought before
    cancel_order(source="api", order_external_id="ben-0", cancelled_at=NOW, at=NOW)
    same()
    fill()
    assert 41 not in visitors().values()
    at = NOW + days(1)
    fill(at)
    assert len(visitors()) == 2 * len(WINDOWS)


def test_buyers_of_periods_are_the_active_members_of_each(years: None) -> None:
    periods = [Period.last_days(length, at=NOW, zone=ZONE) for length in WINDOWS]
    assert buyers(periods) == [from_rows(length)[0]["members_active"] for length in WINDOWS]


def test_a_shop_that_was_never_summed_is_added_up(ana: Member) -> None:
    buy(ana, 10, at=NOW)
    assert glance(30, zone=ZONE, at=NOW) is None
    fill()
    assert glance(30, zone=ZONE, at=NOW) is not None
    assert glance(30, zone="Asia/Tokyo", at=NOW) is None
