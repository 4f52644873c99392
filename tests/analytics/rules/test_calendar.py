"""The calendar that figures are told by."""

from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest

from analytics.rules.calendar import (
    EARLIEST,
    Grain,
    Stretch,
    merged,
    overlap,
    runs,
    segments,
    stretch,
    stretches,
)

ZONE = "Europe/Stockholm"


def test_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    hours = {}
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1)):
        found = stretch(Grain.DAY, day)
        hours[day] = (found.until(ZONE).astimezone(UTC) - found.since(ZONE).astimezone(UTC)) / timedelta(
            hours=1
        )
    assert list(hours.values()) == [23, 25, 24]


@pytest.mark.parametrize("grain", Grain)
def test_the_calendar_has_no_gap_and_no_day_twice(grain: Grain) -> None:
    found = stretches(grain, upto=date(2028, 3, 1), count=30)
    assert all(one.after == other.first and one.following == other for one, other in pairwise(found))
    assert found[-1].first <= date(2028, 3, 1) < found[-1].after


def test_the_year_before() -> None:
    def before(grain: Grain, day: date) -> Stretch:
        return stretch(grain, day).year_before

    assert before(Grain.DAY, date(2028, 2, 29)).first == date(2027, 2, 28)
    assert before(Grain.DAY, date(2026, 12, 31)).first == date(2025, 12, 31)
    assert before(Grain.WEEK, date(2026, 3, 4)).first == date(2025, 3, 3)
    assert before(Grain.QUARTER, date(2026, 5, 1)) == stretch(Grain.QUARTER, date(2025, 4, 1))


def test_spans_of_days() -> None:
    one, two, five, nine = (date(2026, 1, day) for day in (1, 2, 5, 9))
    assert runs([five, one, two, one]) == [(one, date(2026, 1, 3)), (five, date(2026, 1, 6))]
    assert runs([five, one, two], gap=2) == [(one, date(2026, 1, 6))]
    assert merged([(two, five), (one, two), (nine, nine)]) == [(one, five)]
    assert overlap((one, five), (two, nine)) == (two, five)
    assert overlap((one, two), (two, nine)) is None
    assert segments([five, two]) == [(EARLIEST, two), (two, five)]
