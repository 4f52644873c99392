"""Whether a message goes out, and when: the rules alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.rules import timing, wording
from campaigns.rules.deciding import Facts, Why, decide
from campaigns.rules.kinds import COMMON, KINDS, OPTIONAL, Topic
from campaigns.rules.timing import Quiet

STOCKHOLM, AUCKLAND = ZoneInfo("Europe/Stockholm"), ZoneInfo("Pacific/Auckland")
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
ALL = frozenset(topic.value for topic in OPTIONAL)


def verdict(kind: str, *, at: datetime = NOON, due_at: datetime = NOON, **facts):
    known = {"wanted": ALL, "zone": STOCKHOLM, **facts}
    return decide(kind, Facts(**known), due_at=due_at, at=at)


def test_what_nothing_speaks_against_goes_out_now():
    assert all(verdict(kind).sends for kind in KINDS)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"takes_part": False}, Why.NO_MEMBER),
        ({"is_on": False}, Why.OFF),
        ({"has_address": False}, Why.NO_ADDRESS),
        ({"suppressed": "bounce"}, Why.BOUNCED),
        ({"suppressed": "complaint"}, Why.COMPLAINED),
    ],
)
def test_some_things_stop_everything_even_a_code(facts, why):
    assert {verdict(kind, **facts).why for kind in KINDS} == {why}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"wanted": frozenset()}, Why.NOT_WANTED),
        ({"suppressed": "unsubscribed"}, Why.UNSUBSCRIBED),
        ({"sent": 5, "most": 5}, Why.TOO_MANY),
    ],
)
def test_what_a_member_asked_for_themselves_is_always_sent(facts, why):
    for kind, said in KINDS.items():
        found = verdict(kind, **facts)
        assert found.sends if said.topic is Topic.ACCOUNT else found.why is why


def test_a_no_to_one_topic_is_no_no_to_another():
    only = frozenset({Topic.REMINDERS.value})
    assert verdict("expiring_7", wanted=only).sends
    assert verdict("points_earned", wanted=only).why is Why.NOT_WANTED


@pytest.mark.parametrize("hour", range(24))
def test_nobody_is_woken_and_nobody_waits_by_day(hour):
    at = datetime(2026, 3, 2, hour, 30, tzinfo=STOCKHOLM)
    found = verdict("welcome", at=at, due_at=at)
    if 8 <= hour < 21:
        assert found.sends
    else:
        assert found.until is not None
        local = found.until.astimezone(STOCKHOLM)
        assert (local.hour, local.minute) == (8, 0)
        assert timedelta() < found.until - at <= timedelta(hours=11)


def test_a_code_waits_for_no_morning():
    at = datetime(2026, 3, 2, 3, 0, tzinfo=STOCKHOLM)
    assert verdict("code", at=at, due_at=at).sends


def test_it_is_the_readers_night_that_counts():
    # Noon in Stockholm is half past midnight in Auckland.
    held = verdict("points_earned", zone=AUCKLAND)
    assert held.until is not None
    assert held.until.astimezone(AUCKLAND).hour == 8


def test_quiet_hours_within_one_day_and_none_at_all():
    lunch = Quiet(12, 14)
    assert timing.morning(NOON, STOCKHOLM, lunch) == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert timing.morning(NOON, STOCKHOLM, Quiet(9, 9)) is None


def test_a_morning_that_the_clocks_skip_still_comes():
    # On 29 March 2026 there is no half past two in Stockholm.
    at = datetime(2026, 3, 29, 0, 30, tzinfo=STOCKHOLM)
    found = timing.morning(at, STOCKHOLM, Quiet(21, 2))
    assert found is not None
    assert timedelta() < found - at < timedelta(hours=3)


def test_what_comes_too_late_says_nothing_any_more():
    late = NOON + timedelta(days=8)
    assert verdict("expiring_7", at=late).why is Why.TOO_LATE
    assert verdict("membership_due", at=late).sends


def test_a_days_digest_holds_each_instant_once():
    day = timing.digest_day(NOON, STOCKHOLM)
    begins, ends = timing.digest_span(day, STOCKHOLM)
    assert begins <= NOON < ends
    assert (
        ends == timing.digest_due(day, STOCKHOLM) == timing.digest_span(day + timedelta(days=1), STOCKHOLM)[0]
    )
    evening = datetime(2026, 3, 2, 18, 0, tzinfo=STOCKHOLM)
    assert timing.digest_day(evening - timedelta(seconds=1), STOCKHOLM) == day
    assert timing.digest_day(evening, STOCKHOLM) == day + timedelta(days=1)


def test_failures_are_retried_ever_more_slowly_and_then_given_up():
    pauses = [timing.pause(attempt) for attempt in range(1, 8)]
    assert pauses[-1] is None
    assert pauses[:-1] == sorted(pauses[:-1])
    assert sum(pauses[:-1], timedelta()) > timedelta(hours=24)


def test_placeholders_are_filled_and_a_name_with_braces_stays_a_name():
    filled = wording.fill(
        "Hi {first_name}, you have {balance}.", {"first_name": "{balance}", "balance": "3 beans"}
    )
    assert filled == "Hi {balance}, you have 3 beans."


def test_a_placeholder_without_a_value_leaves_no_hole():
    assert wording.fill("Happy birthday {first_name} from us", {}) == "Happy birthday from us"


def test_unknown_placeholders_are_named_once():
    assert wording.unknown("{a} {b} {a} {shop}", COMMON) == ["a", "b"]
    assert wording.unknown("{{% load %}} {0} {A}", COMMON) == []


def test_a_subject_is_one_line():
    assert wording.one_line("Hi\r\nBcc: everybody@example.com") == "Hi Bcc: everybody@example.com"


def test_paragraphs_are_divided_by_blank_lines():
    assert wording.paragraphs("a\nb\r\n\r\n c \n\n\n\nd") == ["a\nb", "c", "d"]
