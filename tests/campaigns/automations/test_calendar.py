"""The calendar begins an automation: on birthdays, before points end, after a last purchase, every week; each day once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns import tasks
from campaigns.models import Automation, AutomationRun
from campaigns.operations.automations import entering
from campaigns.operations.automations.shaping import pause_automation, resume_automation
from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Profile, Stats
from tests.campaigns.automations.hand import at_work, states, wait
from tests.campaigns.hand import joined
from tests.cast import MARA, buy, publish, shop

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday, seven in the morning in Stockholm


@pytest.fixture
def luna(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Merchant:
    """Café Luna, where points live three months; it is a Monday in March."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish(points_life={"expiry": "rolling", "months": 3})
    monkeypatch.setattr(clock, "now", lambda: MARCH)
    return merchant


def who(merchant: Merchant) -> list[tuple[str, str]]:
    with acting_for(merchant, by=MARA):
        rows = AutomationRun.objects.order_by("id")
        names = dict(Profile.objects.values_list("member", "given_name"))
        return [(row.occasion, names[row.member_id]) for row in rows]


def the_days_before_pass() -> None:
    """The clock strikes every day, and nobody's day it is."""
    for day in ("2026-03-02", "2026-03-03"):
        tasks.begin_by_calendar(at=on(day))


def on(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:05:00+00:00")


def test_a_birthday_begins_it_in_the_morning_and_once(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(30), start={"type": "date", "which": "birthday", "hour": 9}, again="outside")
        joined("ana", given_name="Ana", birthday=date(1990, 3, 4))
        joined("ben", given_name="Ben", birthday=date(1990, 3, 5))
    tasks.begin_by_calendar(at=on("2026-03-04", 7))  # eight in Stockholm: too early
    assert who(luna) == []
    for _time in range(3):
        tasks.begin_by_calendar(at=on("2026-03-04"))
    assert who(luna) == [("birthday:2026-03-04", "Ana")]
    tasks.begin_by_calendar(at=on("2026-03-05"))
    assert who(luna)[-1] == ("birthday:2026-03-05", "Ben")


def test_days_before_and_after_are_of_the_shops_calendar(luna: Merchant):
    with acting_for(luna, by=MARA):
        before = {"type": "date", "which": "birthday", "days": 7, "side": "before", "hour": 9}
        at_work(wait(), start=before)
        joined("ana", given_name="Ana", birthday=date(1990, 3, 11))
        joined("leap", given_name="Leap", birthday=date(1992, 2, 29))
    the_days_before_pass()
    tasks.begin_by_calendar(at=on("2026-03-04"))
    assert who(luna) == [("birthday:2026-03-11", "Ana")]


def test_a_leap_day_is_kept_on_the_28th(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(), start={"type": "date", "which": "birthday", "hour": 9})
        joined("leap", given_name="Leap", birthday=date(1992, 2, 29))
        Automation.objects.filter(pk=row.pk).update(due_at=datetime(2027, 2, 28, 8, tzinfo=UTC))
    tasks.begin_by_calendar(at=on("2027-02-28"))
    assert who(luna) == [("birthday:2027-02-28", "Leap")]


def test_sixty_days_after_the_last_purchase(luna: Merchant):
    back = {"type": "date", "which": "last_order", "days": 60, "side": "after", "hour": 9}
    with acting_for(luna, by=MARA):
        at_work(wait(), start=back, again="days", again_days=100)
        ana, ben = joined("ana", given_name="Ana"), joined("ben", given_name="Ben")
        buy(ana, 10, at=MARCH - timedelta(days=58))
        buy(ben, 10, at=MARCH - timedelta(days=58))
        buy(ben, 10, at=MARCH - timedelta(days=3))
        last = Stats.objects.get(member=ana).last_order_at
        assert last is not None
    the_days_before_pass()
    tasks.begin_by_calendar(at=on("2026-03-04"))
    assert [name for _day, name in who(luna)] == ["Ana"]


def test_before_points_end(luna: Merchant):
    ends = {"type": "date", "which": "points_end", "days": 14, "side": "before", "hour": 9}
    with acting_for(luna, by=MARA):
        at_work(wait(), start=ends)
        ana, ben = joined("ana", given_name="Ana"), joined("ben", given_name="Ben")
        buy(ana, 10, at=MARCH - timedelta(days=74))  # 18 December: ends on 18 March
        buy(ben, 10, at=MARCH)
    the_days_before_pass()
    tasks.begin_by_calendar(at=on("2026-03-04"))
    assert [name for _day, name in who(luna)] == ["Ana"]


def test_the_day_somebody_joined_comes_every_year(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(), start={"type": "date", "which": "joined", "hour": 9})
        joined("ana", given_name="Ana", at=datetime(2024, 3, 4, 12, tzinfo=UTC))
        joined("new", given_name="New", at=datetime(2026, 3, 4, 1, tzinfo=UTC))
    the_days_before_pass()
    tasks.begin_by_calendar(at=on("2026-03-04"))
    assert who(luna) == [("joined:2026-03-04", "Ana")]


def test_every_week_for_everybody_it_is_for(luna: Merchant):
    nobody_bought = {"match": "all", "of": [{"type": "orders", "at_most": 0}]}
    weekly = {"type": "schedule", "every": "week", "weekday": "wed", "hour": 9}
    with acting_for(luna, by=MARA):
        at_work(wait(number=1, unit="hours"), start=weekly, only=nobody_bought, again="outside")
        joined("ana", given_name="Ana")
        buy(joined("ben", given_name="Ben"), 10, at=MARCH)
    tasks.begin_by_calendar(at=on("2026-03-03"))
    assert who(luna) == []
    tasks.begin_by_calendar(at=on("2026-03-04"))
    tasks.begin_by_calendar(at=on("2026-03-04", 10))
    assert who(luna) == [("schedule:2026-03-04:9", "Ana")]


def test_a_sweep_that_ended_in_the_middle_begins_anew_and_lets_nobody_in_twice(luna: Merchant, monkeypatch):
    monkeypatch.setattr(entering, "BATCH", 2)
    with acting_for(luna, by=MARA):
        row = at_work(wait(), start={"type": "date", "which": "birthday", "hour": 9}, again="outside")
        for number in range(5):
            joined(f"m{number}", given_name=f"M{number}", birthday=date(1990, 3, 4))
    the_days_before_pass()
    at = on("2026-03-04")
    with acting_for(luna, by=MARA):
        (day,) = entering.due_days(automation=row.pk, at=at)
        assert entering.enter_day(automation=row.pk, due=day, after=None, at=at) is not None
    assert len(who(luna)) == 2  # and it ended here
    tasks.begin_by_calendar(at=at)
    assert sorted(name for _day, name in who(luna)) == [f"M{number}" for number in range(5)]


def test_what_the_calendar_would_have_begun_in_a_pause_is_not_made_up_for(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(), start={"type": "date", "which": "birthday", "hour": 9})
        joined("ana", given_name="Ana", birthday=date(1990, 3, 4))
        pause_automation(automation=row.pk, at=MARCH)
    tasks.begin_by_calendar(at=on("2026-03-04"))
    with acting_for(luna, by=MARA):
        resume_automation(automation=row.pk, at=on("2026-03-05", 10))
    tasks.begin_by_calendar(at=on("2026-03-05", 11))
    assert states(luna) == []


def test_a_server_that_was_away_for_days_begins_today_and_not_the_past(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(), start={"type": "date", "which": "birthday", "hour": 9})
        joined("ana", given_name="Ana", birthday=date(1990, 3, 4))
    tasks.begin_by_calendar(at=on("2026-03-20"))
    for _day in range(4):
        tasks.begin_by_calendar(at=on("2026-03-20"))
    assert states(luna) == []
    with acting_for(luna, by=MARA):
        due = Automation.objects.get(pk=row.pk).due_at
        assert due is not None and due > on("2026-03-20")
