"""Segments are looked through while members buy, become one and are forgotten, on connections of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from campaigns.models import Segment
from campaigns.operations.segments import refreshing
from campaigns.operations.segments.looking import take_looks
from campaigns.operations.segments.refreshing import begin, refresh, settle
from campaigns.operations.segments.shaping import edit_segment
from campaigns.tasks import look_at
from loyalty.core import clock
from loyalty.core.events.tasks import spread
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, SegmentPlace, Stats
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.privacy import erase_member
from tests.campaigns.segments.crowd import a_segment
from tests.cast import AT, MARA, order, person
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
TWICE = {"type": "orders", "at_least": 2}
EVERYBODY = {"type": "joined", "at_least_days": 0}


def people(merchant: Any, count: int, *conditions: dict[str, Any]) -> list[Member]:
    with acting_for(merchant, by=MARA):
        found = [person(f"m{number}") for number in range(count)]
        for number, one in enumerate(conditions):
            a_segment(one, name=f"chosen {number}", at=AT)
        return found


def right(merchant: Any) -> None:
    """Whoever is in a segment fits it, and whoever fits is in it."""
    with acting_for(merchant, by=MARA):
        for row in Segment.objects.all():
            assert begin(segment=row.pk, at=AT).members == [], row.name
        gone = Member.objects.filter(status__in=("erased", "merged")).values("pk")
        assert not SegmentPlace.objects.filter(member__in=gone).exists()
        assert verify() == []


def test_everything_at_once_comes_to_the_right_members(luna_open):
    crowd = people(luna_open, 16, TWICE, EVERYBODY)
    with acting_for(luna_open, by=MARA):
        rows = list(Segment.objects.order_by("id"))
    attempts: list[Callable[[], Any]] = []
    for number, one in enumerate(crowd):
        for turn in range(3):
            asked = order(one, 10, external_id=f"{number}-{turn}")
            attempts.append(lambda asked=asked: record_order(order=asked, at=AT).replayed)
        attempts.append(lambda row=rows[number % 2]: refresh(segment=row.pk, at=AT) is None)
        attempts.append(lambda: take_looks(at=AT) < 0)
    for number in range(0, 8, 2):
        keep, remove = crowd[number], crowd[number + 1]
        attempts.append(lambda keep=keep, remove=remove: merge(keep=keep.pk, remove=remove.pk, at=AT).status)
    attempts += [lambda one=one: erase_member(member=one.pk, at=AT).status for one in crowd[12:14]]
    answers = at_once(luna_open, attempts)
    assert answers["active"] == 4 and answers["erased"] == 2
    while spread(limit=200):
        pass
    look_at(luna_open, at=clock.now())
    right(luna_open)
    with acting_for(luna_open, by=MARA):
        twice = set(Stats.objects.filter(orders_count__gte=2).values_list("member_id", flat=True))
        assert (
            set(SegmentPlace.objects.filter(segment="chosen-0").values_list("member_id", flat=True)) == twice
        )


def test_conditions_that_change_while_everybody_is_looked_at_win(luna_open):
    crowd = people(luna_open, 12, TWICE)
    with acting_for(luna_open, by=MARA):
        row = Segment.objects.get()
        for number, one in enumerate(crowd[:6]):
            for turn in range(2):
                record_order(order=order(one, 10, external_id=f"{number}-{turn}"), at=AT)
    changes = [
        {"conditions": {"match": match, "of": [TWICE]}} for match in ("none", "all", "none", "any") * 3
    ]
    attempts: list[Callable[[], Any]] = [
        lambda one=one: edit_segment(segment=row.pk, changes=one, at=AT).state for one in changes
    ]
    attempts += [lambda: refresh(segment=row.pk, at=AT).left < 0] * 8
    at_once(luna_open, attempts)
    right(luna_open)


def erased_while_looked_at(merchant: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """One member is erased between being found and being given a place; how many places they then have."""
    [ana] = people(merchant, 1)
    with acting_for(merchant, by=MARA):
        row = a_segment(EVERYBODY, name="chosen", at=AT)
        SegmentPlace.objects.all().delete()
    put = refreshing._put_right

    def slowly(*args: Any, **more: Any) -> Any:
        found = put(*args, **more)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.4)")
        return found

    monkeypatch.setattr(refreshing, "_put_right", slowly)

    def erased() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
        return erase_member(member=ana.pk, at=AT).status

    at_once(merchant, [lambda: settle(segment=row.pk, members=[ana.pk], at=AT, tell=True).entered, erased])
    with acting_for(merchant, by=MARA):
        return SegmentPlace.objects.filter(member=ana).count()


def test_who_is_erased_while_places_are_written_has_none(luna_open, monkeypatch):
    assert erased_while_looked_at(luna_open, monkeypatch) == 0


def test_without_the_lock_they_would_keep_one(luna_open, monkeypatch):
    """The twin: it is the lock of the members that keeps who is gone out."""
    monkeypatch.setattr(
        refreshing, "_HOLD", "SELECT 1 WHERE %(m)s::bigint > 0 OR %(members)s::uuid[] IS NULL"
    )
    assert erased_while_looked_at(luna_open, monkeypatch) == 1
