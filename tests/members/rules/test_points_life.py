"""When points count and when they end, in the shop's own days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.rules.points_life import Expiry, PointsLife, add_months, check, end_of, expires_at, terms

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    ("life", "starts", "ends"),
    [
        (PointsLife(), "2026-03-02T09:00", None),
        (PointsLife(expiry=Expiry.ROLLING, months=12), "2026-03-02T09:00", "2027-03-03T00:00"),
        (PointsLife(expiry=Expiry.ROLLING, months=1), "2026-01-31T23:59", "2026-03-01T00:00"),
        (PointsLife(expiry=Expiry.ROLLING, months=12), "2024-02-29T12:00", "2025-03-01T00:00"),
        (PointsLife(expiry=Expiry.MONTH_END, months=12), "2026-03-02T09:00", "2027-04-01T00:00"),
        (PointsLife(expiry=Expiry.MONTH_END, months=1), "2026-11-30T09:00", "2027-01-01T00:00"),
        (PointsLife(expiry=Expiry.FIXED_DATE, months=1, day="12-31"), "2026-03-02T09:00", "2027-01-01T00:00"),
        (
            PointsLife(expiry=Expiry.FIXED_DATE, months=12, day="12-31"),
            "2026-03-02T09:00",
            "2028-01-01T00:00",
        ),
        (
            PointsLife(expiry=Expiry.FIXED_DATE, months=12, day="03-02"),
            "2026-03-02T09:00",
            "2027-03-03T00:00",
        ),
        (PointsLife(expiry=Expiry.SLIDING, days=365), "2026-03-02T09:00", "2027-03-03T00:00"),
        (
            PointsLife(expiry=Expiry.SLIDING, days=1),
            "2026-03-28T12:00",
            "2026-03-30T00:00",
        ),  # across summer time
    ],
)
def test_points_end_with_a_day_of_the_shop(life, starts, ends):
    assert expires_at(life, instant(starts), STOCKHOLM) == (instant(ends) if ends else None)


def test_a_late_evening_in_the_shop_is_the_next_day_in_utc_but_not_for_the_points():
    late = datetime(2026, 3, 2, 22, 59, tzinfo=UTC)  # 23:59 in Stockholm
    life = PointsLife(expiry=Expiry.ROLLING, months=1)
    assert expires_at(life, late, STOCKHOLM) == instant("2026-04-03T00:00")
    assert expires_at(life, late + timedelta(minutes=1), STOCKHOLM) == instant("2026-04-04T00:00")


def test_a_hold_starts_the_life_when_it_is_over():
    life = PointsLife(hold_days=14, expiry=Expiry.ROLLING, months=1)
    given_ = terms(life, instant("2026-03-02T09:00"), STOCKHOLM)
    assert given_.pending
    assert given_.available_from == instant("2026-03-16T00:00")
    assert given_.expires_at == instant("2026-04-17T00:00")


def test_a_hold_for_an_event_has_no_date_yet():
    given_ = terms(
        PointsLife(hold_event="order.shipped", expiry=Expiry.ROLLING), instant("2026-03-02T09:00"), STOCKHOLM
    )
    assert (given_.pending, given_.available_from, given_.expires_at) == (True, None, None)


def test_only_sliding_points_slide():
    at = instant("2026-03-02T09:00")
    assert terms(PointsLife(expiry=Expiry.SLIDING, days=90), at, STOCKHOLM).slides_days == 90
    assert terms(PointsLife(expiry=Expiry.ROLLING), at, STOCKHOLM).slides_days is None


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(0, 240))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


LIVES = st.builds(
    PointsLife, hold_days=st.integers(0, 40), expiry=st.sampled_from(Expiry), months=st.integers(1, 36),
    days=st.integers(1, 800), day=st.sampled_from(["01-01", "02-28", "06-30", "12-31"]),
)  # fmt: skip
INSTANTS = st.integers(0, 90 * 365 * 86_400).map(
    lambda s: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(life=LIVES, at=INSTANTS, later=st.integers(0, 10**7))
def test_later_points_never_end_earlier_and_all_live_a_while(life, at, later):
    first, second = (terms(life, when, STOCKHOLM) for when in (at, at + timedelta(seconds=later)))
    for given_, when in ((first, at), (second, at + timedelta(seconds=later))):
        if given_.expires_at is not None:
            assert given_.expires_at > (given_.available_from or when)
            assert given_.expires_at.astimezone(STOCKHOLM).time() == datetime.min.time()
    if first.expires_at is not None:
        assert first.expires_at <= second.expires_at


def test_the_end_of_a_day_is_the_start_of_the_next_also_when_clocks_change():
    assert end_of(date(2026, 3, 29), STOCKHOLM) - end_of(date(2026, 3, 28), STOCKHOLM) == timedelta(days=1)
    assert end_of(date(2026, 3, 29), STOCKHOLM).astimezone(UTC).hour == 22
    assert end_of(date(2026, 3, 28), STOCKHOLM).astimezone(UTC).hour == 23


@pytest.mark.parametrize(
    ("life", "field"),
    [
        (PointsLife(hold_days=-1), "hold_days"), (PointsLife(hold_days=367), "hold_days"),
        (PointsLife(months=0), "months"), (PointsLife(days=0), "days"),
        (PointsLife(grace_days=-1), "grace_days"),
        (PointsLife(day="02-29"), "day"), (PointsLife(day="13-01"), "day"), (PointsLife(day="soon"), "day"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_named(life, field):
    assert [path for path, _message in check(life)] == [field]
    assert check(PointsLife()) == []
