"""When points end: at the end of a day in the shop's zone, on the right side of every calendar oddity."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.core.ledger.queries import balance
from members.operations.points import activate_due, adjust_points, expire_due, live_through
from members.rules.points_life import Expiry, PointsLife, add_months, check, end_of, expires_at, terms
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, reserve_reward
from tests.cast import AT, buy, days, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = [ZoneInfo(name) for name in ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                                     "Pacific/Apia", "America/Sao_Paulo")]  # fmt: skip


def at(text: str, zone: ZoneInfo = STOCKHOLM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("life", "earned", "ends"),
    [
        # The last instant that counts is just before `ends`.
        ({"expiry": "rolling", "months": 12}, "2025-03-10T12:00", "2026-03-11T00:00"),
        ({"expiry": "rolling", "months": 12}, "2024-02-29T12:00", "2025-03-01T00:00"),
        ({"expiry": "rolling", "months": 48}, "2024-02-29T12:00", "2028-03-01T00:00"),
        ({"expiry": "rolling", "months": 1}, "2026-01-31T23:59", "2026-03-01T00:00"),
        ({"expiry": "rolling", "months": 1}, "2026-02-28T00:00", "2026-03-29T00:00"),
        ({"expiry": "rolling", "months": 6}, "2026-08-31T10:00", "2027-03-01T00:00"),
        ({"expiry": "month_end", "months": 1}, "2026-01-31T10:00", "2026-03-01T00:00"),
        ({"expiry": "month_end", "months": 12}, "2025-12-01T00:00", "2027-01-01T00:00"),
        ({"expiry": "month_end", "months": 24}, "2026-02-14T10:00", "2028-03-01T00:00"),
        ({"expiry": "fixed_date", "months": 1, "day": "12-31"}, "2026-11-30T10:00", "2027-01-01T00:00"),
        ({"expiry": "fixed_date", "months": 1, "day": "12-31"}, "2026-12-01T10:00", "2028-01-01T00:00"),
        ({"expiry": "sliding", "days": 30}, "2026-03-10T12:00", "2026-04-10T00:00"),
        (
            {"expiry": "sliding", "days": 1},
            "2026-03-28T23:30",
            "2026-03-30T00:00",
        ),  # over the change to summer time
        ({"expiry": "sliding", "days": 1}, "2026-10-24T23:30", "2026-10-26T00:00"),  # and back
        ({"expiry": "rolling", "months": 144}, "2026-01-19T04:14", "2038-01-20T00:00"),  # past 2^31 seconds
    ],
)
def test_points_end_at_the_end_of_the_right_day(life, earned, ends):
    found = expires_at(PointsLife(**{**life, "expiry": Expiry(life["expiry"])}), at(earned), STOCKHOLM)
    assert found == at(ends)


def test_points_without_an_end():
    assert expires_at(PointsLife(), AT, STOCKHOLM) is None


def test_the_day_is_the_shops_not_the_servers():
    """Half past eleven at night in New York is the next day in UTC."""
    new_york = ZoneInfo("America/New_York")
    life = PointsLife(expiry=Expiry.SLIDING, days=1)
    assert expires_at(life, datetime(2026, 6, 2, 3, 30, tzinfo=UTC), new_york) == at(
        "2026-06-03T00:00", new_york
    )
    assert expires_at(life, datetime(2026, 6, 2, 3, 30, tzinfo=UTC), STOCKHOLM) == at("2026-06-04T00:00")


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_of_the_clock_change_is_shorter_or_longer(day, hours):
    following = day + timedelta(days=1)
    length = end_of(following, STOCKHOLM).astimezone(UTC) - end_of(day, STOCKHOLM).astimezone(UTC)
    assert length == timedelta(hours=hours)


@given(
    st.integers(0, 20 * 366 * 24 * 60).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(ZONES),
    st.sampled_from([expiry for expiry in Expiry if expiry is not Expiry.NEVER]),
    st.integers(1, 36),
)
def test_an_end_is_midnight_later_and_never_earlier_for_later_points(earned, zone, expiry, months):
    life = PointsLife(expiry=expiry, months=months, days=months * 10)
    ends = expires_at(life, earned, zone)
    assert ends is not None
    assert ends > earned
    # What follows the last second of a day: midnight, or where that hour does not exist the first one that does.
    assert (ends.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone).date() < ends.date()
    assert expires_at(life, earned + timedelta(days=1), zone) >= ends


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_months_never_skip_one(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_a_hold_ends_at_midnight_and_life_starts_then():
    life = PointsLife(hold_days=14, expiry=Expiry.ROLLING, months=1)
    found = terms(life, at("2026-03-20T15:00"), STOCKHOLM)
    assert (found.pending, found.available_from) == (True, at("2026-04-03T00:00"))
    assert found.expires_at == at("2026-05-04T00:00")


@pytest.mark.parametrize(
    "life", [{"day": "02-29"}, {"day": "13-01"}, {"day": "x"}, {"months": 0}, {"days": 0}, {"hold_days": 367}]
)
def test_impossible_terms_are_refused(life):
    assert [name for name, _why in check(PointsLife(**life))] == list(life)


def test_the_job_ripens_and_expires_on_time_and_twice_is_once(cafe, ana):
    publish(points_life={"hold_days": 14, "expiry": "rolling", "months": 1})
    buy(ana, 100)
    ripe, over = at("2026-03-16T00:00"), at("2026-04-17T00:00")
    second = timedelta(seconds=1)
    assert live_through(at=ripe - second) == {"activated": 0, "expired": 0}
    assert balance(ana.pk).pending == 100
    assert live_through(at=ripe) == {"activated": 1, "expired": 0}
    assert live_through(at=ripe) == {"activated": 0, "expired": 0}
    assert balance(ana.pk).available == 100
    assert live_through(at=over - second) == {"activated": 0, "expired": 0}
    assert live_through(at=over) == {"activated": 0, "expired": 1}
    assert live_through(at=over) == {"activated": 0, "expired": 0}
    assert balance(ana.pk).available == 0


def test_a_job_that_was_away_for_months_catches_up_in_one_run(cafe, ana):
    publish(points_life={"hold_days": 14, "expiry": "rolling", "months": 1})
    buy(ana, 100)
    assert live_through(at=AT + days(400)) == {"activated": 1, "expired": 1}


def test_a_clock_that_steps_back_expires_nothing_early(cafe, ana):
    publish(points_life={"expiry": "rolling", "months": 1})
    adjust_points(member=ana.pk, amount=50, reason="welcome", at=AT)
    assert expire_due(at=AT - timedelta(hours=2)) == 0
    assert activate_due(at=AT - timedelta(hours=2)) == 0
    assert balance(ana.pk).available == 50


def test_purchases_and_rewards_used_keep_sliding_points_alive(cafe, ana):
    """Three hundred points from day 0; a purchase on day 20, a coffee on day 40; reserving alone does not count."""
    publish(points_life={"expiry": "sliding", "days": 30})
    buy(ana, 300)
    buy(ana, 1, at=AT + days(20))
    assert live_through(at=AT + days(35))["expired"] == 0
    coffee = create_reward(
        at=AT, details={"kind": "free_product", "name": {"en": "Coffee"}, "cost_points": 50}
    )
    redeem_reward(member=ana.pk, reward=coffee.pk, key="coffee", at=AT + days(40))
    assert live_through(at=AT + days(65))["expired"] == 0
    reserve_reward(member=ana.pk, reward=coffee.pk, key="idle", at=AT + days(66))
    assert live_through(at=AT + days(72))["expired"] == 2
    assert balance(ana.pk).available == 0
