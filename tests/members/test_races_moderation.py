"""Staff who decide about the same activity at once, two who send one link, and birthdays by several workers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import Activity
from members.operations import activities, moderation
from members.operations.merging import merge
from members.operations.moderation import approve_activity, refuse_activity, undo_activity
from members.operations.occasions import birthdays_due, record_birthday
from members.rules.moderation import Proof
from tests.cast import AT, MARA, person, publish
from tests.members.operations.test_activities import did, doing, rule
from tests.members.operations.test_moderation import LOOKED_AT
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def waiting(luna_open):
    """Six activities of Ana's that wait, of which two may count, and what approves each."""
    with acting_for(luna_open, by=MARA):
        publish(rule("social_tag", "photo", limits={"per": [{"period": "day", "times": 2}]}), **LOOKED_AT)
        ana = person("ana")
        return luna_open, ana, [did(ana, "social_tag").activity for _one in range(6)]


def test_caps_hold_when_everything_is_approved_at_once_and_twice(waiting):
    shop, ana, found = waiting
    answers = at_once(
        shop, [lambda one=one: approve_activity(activity=one, at=AT).points for one in found * 3]
    )
    assert (answers[50], answers[0]) == (6, 12)  # each answered three times
    with acting_for(shop, by=MARA):
        assert balance(ana.pk).available == 100
        assert verify() == []


def test_approving_refusing_undoing_and_merging_at_once_leave_one_state(waiting):
    shop, ana, found = waiting
    with acting_for(shop, by=MARA):
        ben = person("ben")
    attempts: list[Any] = [lambda: merge(keep=ben.pk, remove=ana.pk, at=AT).status]
    for one in found:
        attempts += [lambda one=one: approve_activity(activity=one, at=AT).status,
                     lambda one=one: undo_activity(activity=one, at=AT, note="x").status,
                     lambda one=one: refuse_activity(activity=one, at=AT, note="x").status]  # fmt: skip
    at_once(shop, attempts)
    with acting_for(shop, by=MARA):
        counted = Activity.objects.filter(status="approved", points_earned=50).count()
        assert (balance(ben.pk).available, balance(ana.pk).available) == (counted * 50, 0)
        assert verify() == []


def test_twin_without_the_name_one_activity_counts_twice(waiting, monkeypatch):
    """What two askers read before either wrote is no longer so when the second writes."""
    shop, _ana, found = waiting
    monkeypatch.setattr(moderation, "lock_name", lambda **_name: None)
    monkeypatch.setattr(moderation, "locked_member", lambda member: activities._known(("id", str(member)))[0])
    decide = moderation.decide_activity

    def slowly(*asked: Any, **more: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        return decide(*asked, **more)

    monkeypatch.setattr(moderation, "decide_activity", slowly)
    answers = at_once(shop, [lambda: approve_activity(activity=found[0], at=AT).replayed] * 2)
    assert answers[False] + answers["IntegrityError"] == 2


@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_who_send_one_link_at_once_the_second_is_seen_and_without_the_lock_is_not(
    luna_open,
    monkeypatch,
    guarded,
):
    with acting_for(luna_open, by=MARA):
        publish(rule("photo"), **LOOKED_AT)
        people = [person(f"p{number}") for number in range(4)]
    if not guarded:
        monkeypatch.setattr(activities, "_one_proof_at_a_time", lambda activity: None)
        waits = activities._waits

        def slowly(*asked: Any) -> Any:
            found = waits(*asked)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
            return found

        monkeypatch.setattr(activities, "_waits", slowly)
    sent = [doing(one, "photo", proof=Proof(link="https://example.com/p")) for one in people]
    answers = at_once(
        luna_open, [lambda one=one: activities.record_activity(activity=one, at=AT).status for one in sent]
    )
    assert answers["recorded"] == (1 if guarded else 4)


def test_a_birthday_is_recorded_once_by_however_many_workers(luna_open):
    with acting_for(luna_open, by=MARA):
        publish(rule("birthday"))
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        people = [person(f"p{number}", at=long_ago, birthday=date(1990, 3, 2)) for number in range(6)]
        due = birthdays_due(at=AT, most=10)
    work = [lambda one=one: record_birthday(member=one[0], day=one[1], at=AT) for one in due] * 4
    assert at_once(luna_open, work) == {True: 6, False: 18}
    with acting_for(luna_open, by=MARA):
        assert [balance(one.pk).available for one in people] == [50] * 6
        assert verify() == []
