"""Tiers by themselves: what qualifies, until when it lasts, who moves when; on calendars with daylight saving and leap
days."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from members.rules.tiers import Basis, Direction, Occasion, Standing, Tiers, check, projection, standing
from members.rules.tiers.windows import Span, ends, window

STOCKHOLM = ZoneInfo("Europe/Stockholm")
JOINED = datetime(2024, 5, 10, 12, tzinfo=UTC)


def ladder(**terms: Any) -> Tiers:
    """Silver at 100, gold at 200, platinum at 400, unless said otherwise."""
    steps = terms.pop("ladder", None) or [
        {"id": "silver", "at_least": 100}, {"id": "gold", "at_least": 200}, {"id": "platinum", "at_least": 400},
    ]  # fmt: skip
    found = msgspec.convert({"ladder": steps, **terms}, Tiers)
    assert check(found) == []
    return found


def on(*day: int, hour: int = 12) -> datetime:
    """An hour of a local day."""
    return datetime(*day, hour, tzinfo=STOCKHOLM)


def midnight(*day: int) -> datetime:
    return datetime(*day, tzinfo=STOCKHOLM)


def look(
    tiers: Tiers, days: dict, now: Standing | None, at: datetime, occasion: Occasion = Occasion.CHANGE
) -> Any:
    return standing(tiers, days, now, joined_at=JOINED, at=at, zone=STOCKHOLM, occasion=occasion)


YEARLY = ladder()
ONLY_THIS = ladder(valid="period_end")
ROLLING = ladder(window="rolling", months=12, valid="months", valid_months=12)


# --- which days count


@pytest.mark.parametrize(
    ("terms", "day", "first", "last"),
    [
        ({}, date(2026, 3, 2), date(2026, 1, 1), date(2026, 12, 31)),
        ({"window": "anniversary_year"}, date(2026, 5, 9), date(2025, 5, 10), date(2026, 5, 9)),
        ({"window": "anniversary_year"}, date(2026, 5, 10), date(2026, 5, 10), date(2027, 5, 9)),
        ({"window": "anniversary_year"}, date(2024, 5, 10), date(2024, 5, 10), date(2025, 5, 9)),
        ({"window": "rolling", "months": 6, "valid": "months"}, date(2026, 8, 31), date(2026, 2, 28), None),
        ({"window": "lifetime", "valid": "forever"}, date(2026, 3, 2), None, None),
    ],
)
def test_windows(terms, day, first, last):
    assert window(ladder(**terms), day, date(2024, 5, 10)) == Span(first, last)


def test_somebody_who_joined_on_a_leap_day_has_years_too():
    tiers = ladder(window="anniversary_year")
    leap = date(2024, 2, 29)
    assert window(tiers, date(2025, 2, 27), leap).last == date(2025, 2, 27)
    assert window(tiers, date(2025, 2, 28), leap) == Span(date(2025, 2, 28), date(2026, 2, 27))
    assert window(tiers, date(2028, 2, 29), leap).first == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("terms", "until"),
    [
        ({}, midnight(2028, 1, 1)),
        ({"valid": "period_end"}, midnight(2027, 1, 1)),
        ({"valid": "months", "valid_months": 1}, midnight(2026, 4, 30)),
        ({"valid": "forever"}, None),
        ({"window": "anniversary_year"}, midnight(2027, 5, 10)),
    ],
)
def test_how_long_a_tier_lasts_that_is_reached_in_spring(terms, until):
    """On the day daylight saving begins: the end is a midnight where the shop is, an hour nearer by the clock."""
    assert ends(ladder(**terms), date(2026, 3, 29), date(2024, 5, 10), STOCKHOLM) == until


# --- up at once


def test_the_tier_is_reached_with_the_last_krona_and_not_before():
    assert look(YEARLY, {date(2026, 3, 1): 99}, None, on(2026, 3, 1)).standing is None
    found = look(YEARLY, {date(2026, 3, 1): 60, date(2026, 2, 1): 40}, None, on(2026, 3, 1))
    assert found.standing == Standing("silver", on(2026, 3, 1), midnight(2028, 1, 1), midnight(2028, 1, 1),
                                      Basis.QUALIFIED, date(2026, 3, 1))  # fmt: skip
    assert (found.code, found.direction) == ("reached", Direction.UP)
    assert found.values == {"by": "spend", "amount": 100, "first": "2026-01-01", "last": "2026-12-31", "needs": 100,
                            "until": "2028-01-01T00:00:00+01:00"}  # fmt: skip


def test_several_steps_at_once_are_one_move():
    assert look(YEARLY, {date(2026, 3, 1): 450}, None, on(2026, 3, 1)).standing.tier == "platinum"


def test_the_last_moment_of_the_year_counts_for_it_and_the_next_for_the_next():
    """23:59 in Stockholm is still the old year, though in Helsinki the new one has begun."""
    late = {date(2026, 12, 31): 60, date(2027, 1, 1): 60}
    assert look(ONLY_THIS, late, None, on(2026, 12, 31)).standing is None
    assert look(ONLY_THIS, late, None, on(2027, 1, 1)).standing is None
    assert look(ONLY_THIS, late | {date(2026, 1, 1): 40}, None, on(2026, 12, 31)).standing.tier == "silver"


def test_what_was_bought_last_year_and_arrives_late_still_counts_for_this_one():
    days = {date(2026, 12, 30): 250}
    found = look(YEARLY, days, None, on(2027, 1, 2)).standing
    assert (found.tier, found.valid_until, found.qualified_on) == (
        "gold",
        midnight(2028, 1, 1),
        date(2026, 12, 31),
    )
    assert look(ONLY_THIS, days, None, on(2027, 1, 2)).standing is None


def test_a_rolling_window_forgets_after_its_months_to_the_day():
    days = {date(2026, 3, 1): 60, date(2027, 3, 1): 40}
    assert look(ROLLING, days, None, on(2027, 3, 1)).standing.tier == "silver"
    assert look(ROLLING, days, None, on(2027, 3, 2)).standing is None


def test_what_takes_nothing_never_ends():
    tiers = ladder(ladder=[{"id": "member", "at_least": 0}, {"id": "gold", "at_least": 200}])
    found = look(tiers, {}, None, on(2026, 3, 1), Occasion.JOINING)
    assert (found.standing.tier, found.standing.review_at, found.code) == ("member", None, "joined")


# --- asked again


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("tiers", [YEARLY, ONLY_THIS, ROLLING], ids=["yearly", "this year", "rolling"])
def test_asked_again_with_nothing_new_nothing_changes(tiers, occasion):
    days = {date(2026, 3, 1): 250}
    held = look(tiers, days, None, on(2026, 3, 1)).standing
    again = look(tiers, days, held, on(2026, 3, 1), occasion)
    assert (again.standing, again.code) == (held, "")


def test_every_review_ends_later_than_it_was_asked():
    """What is reviewed is not due again: a review that is repeated comes to an end."""
    for tiers in (YEARLY, ONLY_THIS, ROLLING, ladder(valid="months", grace_days=40, landing="one_step")):
        held = look(tiers, {date(2026, 3, 1): 450}, None, on(2026, 3, 1)).standing
        for at in (held.review_at, on(2031, 6, 1)):
            now = look(tiers, {date(2026, 3, 1): 450}, held, at, Occasion.REVIEW).standing
            assert now is None or now.review_at is None or now.review_at > at


# --- for longer


def test_reaching_it_again_in_the_second_year_keeps_it_through_the_third():
    held = look(YEARLY, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    days = {date(2026, 3, 1): 250, date(2027, 6, 1): 199}
    assert look(YEARLY, days, held, on(2027, 6, 1)).code == ""
    kept = look(YEARLY, days | {date(2027, 6, 2): 1}, held, on(2027, 6, 2))
    assert (kept.code, kept.direction, kept.standing.valid_until) == (
        "kept",
        Direction.KEPT,
        midnight(2029, 1, 1),
    )
    assert kept.standing.since == held.since


def test_keeping_can_take_less_than_reaching():
    tiers = ladder(ladder=[{"id": "gold", "at_least": 200, "keep_at_least": 150}])
    held = look(tiers, {date(2026, 3, 1): 200}, None, on(2026, 3, 1)).standing
    days = {date(2026, 3, 1): 200, date(2027, 6, 1): 150}
    assert look(tiers, days, held, on(2027, 6, 1)).code == "kept"
    assert look(tiers, days, None, on(2027, 6, 1)).standing.tier == "gold"  # by last year's
    assert look(tiers, {date(2027, 6, 1): 150}, None, on(2027, 6, 1)).standing is None


def test_months_are_looked_at_when_they_are_over_by_the_year_that_ended_with_them():
    tiers = ladder(
        valid="months", valid_months=14
    )  # of calendar years: from November 2026 to the end of 2027 …
    held = look(tiers, {date(2026, 10, 31): 250}, None, on(2026, 10, 31)).standing
    assert held.valid_until == midnight(2028, 1, 1)
    days = {date(2026, 10, 31): 250, date(2027, 5, 1): 250}
    assert look(tiers, days, held, on(2027, 5, 1)).code == ""
    kept = look(tiers, days, held, on(2028, 1, 1, hour=0), Occasion.REVIEW)
    assert (kept.code, kept.standing.valid_until) == ("kept", midnight(2029, 3, 1))


# --- down only when its time and grace are over


def test_not_a_second_before_the_grace_is_over():
    tiers = ladder(valid="period_end", grace_days=90)
    held = look(tiers, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    # Ninety days from 1 January in Stockholm: daylight saving has begun by then, the night is an hour shorter.
    assert (held.valid_until, held.review_at) == (midnight(2027, 1, 1), midnight(2027, 4, 1))
    last = datetime(2027, 3, 31, 23, 59, 59, tzinfo=STOCKHOLM)
    assert look(tiers, {date(2026, 3, 1): 250}, held, last, Occasion.REVIEW).standing == held
    down = look(tiers, {date(2026, 3, 1): 250}, held, midnight(2027, 4, 1), Occasion.REVIEW)
    assert (down.standing, down.code, down.direction) == (None, "not_kept", Direction.DOWN)
    assert (down.values["lost"], down.values["needed"], down.values["amount"]) == ("gold", 200, 0)


def test_in_the_grace_what_is_bought_still_keeps_it():
    tiers = ladder(valid="period_end", grace_days=90)
    held = look(tiers, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    kept = look(tiers, {date(2026, 3, 1): 250, date(2027, 2, 1): 200}, held, on(2027, 2, 1))
    assert (kept.code, kept.standing.valid_until) == ("kept", midnight(2028, 1, 1))


def test_the_fall_ends_where_the_member_qualifies():
    held = look(YEARLY, {date(2026, 3, 1): 450}, None, on(2026, 3, 1)).standing
    days = {date(2026, 3, 1): 450, date(2027, 3, 1): 120}
    down = look(YEARLY, days, held, on(2028, 1, 1), Occasion.REVIEW)
    assert (down.standing.tier, down.standing.valid_until) == ("silver", midnight(2029, 1, 1))
    assert (down.values["amount"], down.values["needed"]) == (120, 400)


def test_a_soft_landing_takes_one_step_at_a_time():
    tiers = ladder(landing="one_step", valid="period_end")
    now = look(tiers, {date(2026, 3, 1): 450}, None, on(2026, 3, 1)).standing
    way = []
    for year in (2027, 2028, 2029, 2030):
        found = look(tiers, {date(2026, 3, 1): 450}, now, on(year, 1, 1), Occasion.REVIEW)
        way.append((found.code, found.standing and found.standing.tier))
        now = found.standing or now
        if found.standing is None:
            break
    assert way == [("landed", "gold"), ("landed", "silver"), ("not_kept", None)]


def test_whoever_qualifies_for_more_than_one_step_down_lands_there():
    tiers = ladder(landing="one_step")
    held = look(tiers, {date(2026, 3, 1): 450}, None, on(2026, 3, 1)).standing
    down = look(tiers, {date(2026, 3, 1): 450, date(2027, 3, 1): 250}, held, on(2028, 1, 1), Occasion.REVIEW)
    assert (down.code, down.standing.tier, down.standing.basis) == ("not_kept", "gold", Basis.QUALIFIED)


# --- refunds


def test_a_refund_leaves_the_tier_until_its_time_is_over_or_takes_it_at_once():
    days, less = {date(2026, 3, 1): 210}, {date(2026, 3, 1): 150}
    for policy, tier in (("keep", "gold"), ("review", "silver")):
        tiers = ladder(on_refund=policy)
        held = look(tiers, days, None, on(2026, 3, 1)).standing
        assert look(tiers, less, held, on(2026, 3, 5), Occasion.REFUND).standing.tier == tier
        assert (
            look(tiers, less, held, on(2026, 3, 5)).standing.tier == "gold"
        )  # an order beside it takes nothing


def test_a_refund_of_something_else_takes_nothing():
    """What came back is of this year; gold was reached with last year's."""
    tiers = ladder(on_refund="review", valid="months")
    held = look(tiers, {date(2026, 11, 1): 250}, None, on(2026, 11, 1)).standing
    assert (
        look(tiers, {date(2026, 11, 1): 250, date(2027, 2, 1): 0}, held, on(2027, 2, 2), Occasion.REFUND).code
        == ""
    )
    gone = look(tiers, {date(2026, 11, 1): 50}, held, on(2027, 2, 2), Occasion.REFUND)
    assert (gone.code, gone.standing) == ("refunded", None)


def test_a_refund_under_a_rolling_window_counts_what_was_in_it_then():
    tiers = ladder(window="rolling", valid="months", valid_months=24, on_refund="review")
    held = look(tiers, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    later = {date(2026, 3, 1): 190, date(2026, 9, 1): 50}
    gone = look(tiers, later, held, on(2027, 6, 1), Occasion.REFUND)
    assert (gone.code, gone.standing.tier, gone.values["amount"]) == ("refunded", "silver", 190)
    assert gone.standing.valid_until == held.valid_until
    assert (
        look(tiers, later, held, on(2026, 9, 2), Occasion.REFUND).code == ""
    )  # 240 within the last twelve months


# --- another ladder


def test_a_new_ladder_takes_nobody_down_unless_somebody_says_so():
    held = look(YEARLY, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    dearer = ladder(ladder=[{"id": "silver", "at_least": 100}, {"id": "gold", "at_least": 300}])
    days = {date(2026, 3, 1): 250}
    kept = look(dearer, days, held, on(2026, 4, 1), Occasion.PUBLISHED)
    assert (kept.code, kept.standing.tier, kept.standing.valid_until) == ("", "gold", held.valid_until)
    assert kept.standing.basis is Basis.HELD
    assert look(dearer, days, kept.standing, on(2026, 4, 1), Occasion.PUBLISHED).standing == kept.standing
    down = look(dearer, days, held, on(2026, 4, 1), Occasion.MOVED_DOWN)
    assert (down.code, down.direction, down.standing.tier) == ("ladder_changed", Direction.DOWN, "silver")


def test_a_refund_does_not_do_to_a_held_tier_what_the_ladder_did_not():
    dearer = ladder(
        on_refund="review", ladder=[{"id": "silver", "at_least": 100}, {"id": "gold", "at_least": 300}]
    )
    held = look(YEARLY, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    held = look(dearer, {date(2026, 3, 1): 250}, held, on(2026, 4, 1), Occasion.PUBLISHED).standing
    assert (
        look(dearer, {date(2026, 3, 1): 240}, held, on(2026, 4, 2), Occasion.REFUND).standing.tier == "gold"
    )


def test_a_new_ladder_takes_people_up_at_once_and_renames_nobody_in_silence():
    held = look(YEARLY, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    cheaper = ladder(ladder=[{"id": "gold", "at_least": 100}, {"id": "platinum", "at_least": 250}])
    up = look(cheaper, {date(2026, 3, 1): 250}, held, on(2026, 4, 1), Occasion.PUBLISHED)
    assert (up.code, up.direction, up.standing.tier) == ("ladder_changed", Direction.UP, "platinum")
    other = ladder(ladder=[{"id": "star", "at_least": 200}])
    gone = look(other, {date(2026, 3, 1): 250}, held, on(2026, 4, 1), Occasion.MOVED_DOWN)
    assert (gone.code, gone.direction, gone.standing.tier) == ("tier_removed", Direction.REPLACED, "star")


# --- what is missing


def test_what_is_missing_and_until_when():
    days = {date(2026, 3, 1): 120}
    held = look(YEARLY, days, None, on(2026, 3, 1)).standing
    found = projection(YEARLY, days, held, joined_at=JOINED, at=on(2026, 3, 2), zone=STOCKHOLM)
    assert (found.next.tier, found.next.missing, found.next.before) == ("gold", 80, midnight(2027, 1, 1))
    assert found.keep is None  # the year that decides has not begun
    later = projection(YEARLY, days, held, joined_at=JOINED, at=on(2027, 3, 2), zone=STOCKHOLM)
    assert (later.keep.tier, later.keep.missing, later.keep.before) == ("silver", 100, midnight(2028, 1, 1))
    assert (later.amount, later.next.missing) == (0, 200)


def test_what_keeps_a_tier_of_months_is_what_will_be_in_its_window_then():
    days = {date(2026, 3, 1): 250, date(2026, 6, 1): 30}
    held = look(ROLLING, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    found = projection(ROLLING, days, held, joined_at=JOINED, at=on(2026, 7, 1), zone=STOCKHOLM)
    assert found.amount == 280
    # Until the end of 1 March 2027 its day a year before still counts.
    assert (found.keep.amount, found.keep.before) == (280, midnight(2027, 3, 2))
    assert found.next.before is None


def test_nothing_is_missing_at_the_top_and_the_first_tier_before_it():
    top = look(YEARLY, {date(2026, 3, 1): 500}, None, on(2026, 3, 1)).standing
    at_top = projection(
        YEARLY, {date(2026, 3, 1): 500}, top, joined_at=JOINED, at=on(2026, 3, 2), zone=STOCKHOLM
    )
    assert at_top.next is None
    none = projection(YEARLY, {}, None, joined_at=JOINED, at=on(2026, 3, 2), zone=STOCKHOLM)
    assert (none.next.tier, none.next.missing, none.keep) == ("silver", 100, None)


def test_this_years_tier_starts_anew():
    held = look(ONLY_THIS, {date(2026, 3, 1): 250}, None, on(2026, 3, 1)).standing
    found = projection(
        ONLY_THIS, {date(2026, 3, 1): 250}, held, joined_at=JOINED, at=on(2026, 3, 2), zone=STOCKHOLM
    )
    assert (found.keep, found.starts_anew) == (None, True)
