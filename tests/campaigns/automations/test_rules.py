"""The rules of automations by themselves: what can be written, where each step leads, when a wait is over."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from campaigns.rules.automations import Flow, OnSchedule, Split, Wait, WaitUntil, problems
from campaigns.rules.automations.walking import END, due_day, goes_first, named, over, stages, way
from members.rules.conditions import Weekday
from tests.campaigns.automations.hand import HELLO, JOINS, ORDERS, flow, points, wait

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ANA, FLOW = UUID(int=1), UUID(int=2)


def read(content: dict[str, Any]) -> Flow:
    return msgspec.convert(content, Flow, strict=True)


def said(content: dict[str, Any]) -> list[str]:
    return [path for path, _text in problems(read(content))]


BOUGHT = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"starts": [], "steps": [wait()]}, "starts"),
        ({"starts": [JOINS] * 6, "steps": [wait()]}, "starts"),
        ({"starts": [JOINS], "steps": []}, "steps"),
        (flow(wait(0)), "steps[0].number"),
        (flow(wait(731)), "steps[0].number"),
        (flow({"type": "wait_until", "hour": 24}), "steps[0].hour"),
        (flow({"type": "check"}), "steps[0].test.of"),
        (flow({"type": "split", "percent": 100}), "steps[0].percent"),
        (flow({"type": "message"}), "steps[0].words"),
        (flow({"type": "message", "words": {"en": {"subject": "Hello"}}}), "steps[0].words"),
        (flow({"type": "message", "words": {"xx": {"subject": "a", "body": "b"}}}), "steps[0].words.xx"),
        (flow({"type": "message", "words": {"en": {"subject": "{nothing}", "body": "b"}}}), "steps[0].words.en.subject"),
        (flow(points(0)), "steps[0].amount"),
        ({**flow(points()), "budget": {}}, "budget.points"),
        ({**flow(points()), "budget": {"points": 0}}, "budget.points"),
        (flow(wait(), start={"type": "schedule"}), "only"),
        (flow(wait(), start={"type": "date", "which": "last_order"}), "starts[0].days"),
        (flow(wait(), start={"type": "date", "which": "points_end", "days": 3, "side": "after"}), "starts[0].side"),
        (flow(wait(), start={"type": "date", "which": "birthday", "hour": 24}), "starts[0].hour"),
        (flow(wait(), start={**ORDERS, "facts": [{"name": "x", "test": "at_least", "value": "a"}]}), "starts[0].facts[0].value"),
        (flow(wait(), again="days", again_days=0), "again_days"),
        (flow(*[wait()] * 61), "steps"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(content: dict[str, Any], where: str):
    assert where in said(content)


def test_what_makes_sense_is_let_through():
    content = flow(
        wait(), HELLO, {"type": "check", "test": BOUGHT, "yes": [points()], "no": []}, again="days"
    )
    assert said(content) == []


def test_branches_may_not_lie_too_deep():
    inside: dict[str, Any] = wait()
    for _depth in range(4):
        inside = {"type": "split", "first": [inside]}
    assert any("deep" in text for _path, text in problems(read(flow(inside))))


def test_every_step_leads_on_and_branches_come_together_again():
    content = flow(
        wait(),
        {"type": "check", "test": BOUGHT, "yes": [wait(2), wait(3)], "no": [{"type": "stop"}]},
        {"type": "split", "first": [], "second": [wait(4)]},
        points(),
    )
    steps = named(read(content).steps)
    laid = {name: (stage.after, stage.first, stage.second) for name, stage in stages(steps).items()}
    assert laid == {
        "s1": ("s2", END, END), "s2": ("s6", "s3", "s5"), "s3": ("s4", END, END), "s4": ("s6", END, END),
        "s5": ("s6", END, END), "s6": ("s8", "s8", "s7"), "s7": ("s8", END, END), "s8": (END, END, END),
    }  # fmt: skip
    assert way(stages(steps)["s2"], member=ANA, automation=FLOW, fits=True) == "s3"
    assert way(stages(steps)["s2"], member=ANA, automation=FLOW) == "s5"


def test_a_step_keeps_its_id_and_no_new_one_gets_an_old_ones():
    first = named(read(flow(wait(1), wait(2))).steps)
    assert [step.id for step in first] == ["s1", "s2"]
    moved = (Wait(number=9), first[1], Wait(id="s2", number=3))
    again = named(moved, taken={"s1", "s2", "s3"})
    assert [step.id for step in again] == ["s4", "s2", "s5"]


def test_a_wait_of_days_keeps_the_time_of_day_when_clocks_change():
    before = datetime(2026, 3, 28, 9, tzinfo=STOCKHOLM)  # the night after, an hour is skipped
    assert over(Wait(number=1), at=before, zone=STOCKHOLM).astimezone(STOCKHOLM).hour == 9
    day = over(Wait(number=24, unit=Wait(number=1, unit="hours").unit), at=before, zone=STOCKHOLM)  # type: ignore[arg-type]
    assert day - before == timedelta(hours=24)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 3, 2, 7, tzinfo=STOCKHOLM), datetime(2026, 3, 2, 9, tzinfo=STOCKHOLM)),  # a Monday
        (datetime(2026, 3, 2, 9, tzinfo=STOCKHOLM), datetime(2026, 3, 2, 9, tzinfo=STOCKHOLM)),
        (datetime(2026, 3, 2, 9, 1, tzinfo=STOCKHOLM), datetime(2026, 3, 4, 9, tzinfo=STOCKHOLM)),
        (datetime(2026, 3, 5, 9, 1, tzinfo=STOCKHOLM), datetime(2026, 3, 9, 9, tzinfo=STOCKHOLM)),
    ],
)
def test_a_wait_for_a_time_of_day_ends_on_the_next_day_that_is_meant(at: datetime, until: datetime):
    step = WaitUntil(weekdays=(Weekday.MON, Weekday.WED), hour=9)
    assert over(step, at=at, zone=STOCKHOLM) == until


@pytest.mark.parametrize(
    ("every", "day"), [("day", "2026-03-03"), ("week", "2026-03-09"), ("month", "2026-03-31")]
)
def test_the_calendar_begins_it_on_the_next_day_that_is_meant(every: str, day: str):
    start = msgspec.convert({"type": "schedule", "every": every, "day": 31, "hour": 9}, OnSchedule)
    at = datetime(2026, 3, 2, 9, tzinfo=STOCKHOLM)  # at its very hour: that day's is over
    assert due_day(start, after=at, zone=STOCKHOLM).isoformat() == day


def test_a_month_that_is_shorter_has_its_last_day():
    start = msgspec.convert({"type": "schedule", "every": "month", "day": 31}, OnSchedule)
    assert due_day(start, after=datetime(2026, 4, 2, tzinfo=UTC), zone=STOCKHOLM).isoformat() == "2026-04-30"


def test_chance_divides_as_it_says_and_always_the_same_way():
    step = Split(id="s1", percent=30)
    members = [UUID(int=number * 7919) for number in range(4_000)]
    first = [one for one in members if goes_first(step, member=one, automation=FLOW)]
    assert 1_100 < len(first) < 1_300
    assert first == [one for one in members if goes_first(step, member=one, automation=FLOW)]
    other = [one for one in members if goes_first(step, member=one, automation=UUID(int=3))]
    assert 0.2 < len(set(first) & set(other)) / len(first) < 0.4, "another automation divides differently"
