"""Over which time members can be compared with those who were held out."""

from datetime import datetime

import pytest

from campaigns.rules.experiments.spans import Span, held_span
from members.rules.comparisons import Holdout
from tests.cast import AT, days


def on(day: float) -> datetime:
    return AT + days(day)


def span(*holdouts: tuple[float, int], since: float = 0, until: float = 30) -> Span | None:
    """The span in a month, of a holdout with a share from each day on."""
    return held_span([Holdout(on(day), share) for day, share in holdouts], since=on(since), until=on(until))


def test_without_a_holdout_there_is_nothing_to_compare() -> None:
    assert span() is None
    assert span((0, 0)) is None
    assert span((40, 500)) is None, "it began later"
    assert span((-20, 500), (-10, 0)) is None, "it was over before"
    assert span((0, 500), since=5, until=5) is None


def test_a_holdout_of_all_the_time_is_compared_all_the_time() -> None:
    assert span((-90, 500)) == Span(on(0), on(30), 500, 500, on(-90))


def test_one_that_began_or_ended_meanwhile_is_compared_as_long_as_it_was_there() -> None:
    assert span((10, 500)) == Span(on(10), on(30), 500, 500, on(10))
    assert span((-5, 500), (20, 0)) == Span(on(0), on(20), 500, 500, on(-5))


def test_who_was_held_out_all_of_it_and_who_never_was_follows_from_the_shares() -> None:
    found = span((-5, 500), (10, 800), (20, 300))
    assert found == Span(on(0), on(30), 300, 800, on(-5))
    assert found.days == pytest.approx(30)


def test_after_a_gap_it_is_another_comparison_and_the_last_one_counts() -> None:
    assert span((-5, 500), (10, 0), (20, 800)) == Span(on(20), on(30), 800, 800, on(-5))
    assert span((0, 0), (10, 500), (15, 0)) == Span(on(10), on(15), 500, 500, on(10))
