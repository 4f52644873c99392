"""A newsletter reaches everybody it is for once, wherever planning stopped, and nobody who did not say yes."""

from datetime import timedelta

import pytest

from campaigns import tasks
from campaigns.models import Message, Newsletter
from campaigns.operations import newsletters
from campaigns.operations.newsletters import (
    NewsletterUnderWay,
    NothingWritten,
    NotInThePast,
    cancel_newsletter,
    plan_batch,
    schedule_newsletter,
    write_newsletter,
)
from campaigns.operations.shaping import UnknownPlaceholder
from campaigns.queries.newsletters import audience_count
from loyalty.core import clock
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.bulk import put_into_segment
from members.operations.membership import block
from tests.campaigns.hand import joined, says_yes
from tests.cast import MARA, OTTO

pytestmark = pytest.mark.django_db
WORDS = {"en": {"subject": "News", "body": "Hello {first_name}."}}


def readers(count: int) -> list[Member]:
    """Members who said yes."""
    found = [joined(f"r{number}") for number in range(count)]
    for one in found:
        says_yes(one)
    return found


def scheduled(**who: str) -> Newsletter:
    """A newsletter whose time has come."""
    now = clock.now()
    row = write_newsletter(newsletter=None, words=WORDS, at=now, **who)
    return schedule_newsletter(newsletter=row.pk, goes_at=now, at=now)


def test_it_is_for_who_said_yes_and_takes_part(cafe: Merchant):
    yes, blocked = readers(2)
    joined("no")
    block(member=blocked.pk, at=clock.now(), reason="odd")
    row = scheduled()
    assert audience_count(row, at=clock.now()) == 1
    while plan_batch(newsletter=row.pk, at=clock.now()):
        pass
    assert [one.member_id for one in Message.objects.filter(kind="newsletter")] == [yes.pk]


def test_a_segment_narrows_it(cafe: Merchant):
    one, other = readers(2)
    put_into_segment(members=[one.pk], segment="regulars", at=clock.now())
    row = scheduled(segment="regulars")
    assert audience_count(row, at=clock.now()) == 1
    assert not plan_batch(newsletter=row.pk, at=clock.now())
    assert [found.member_id for found in Message.objects.filter(kind="newsletter")] == [one.pk]
    assert other.pk != one.pk


def test_planning_goes_on_where_it_stopped_and_plans_nobody_twice(cafe: Merchant, monkeypatch):
    monkeypatch.setattr(newsletters, "BATCH", 3)
    people = readers(8)
    row = scheduled()
    assert plan_batch(newsletter=row.pk, at=clock.now())
    assert Message.objects.filter(newsletter=row).count() == 3
    Newsletter.objects.filter(pk=row.pk).update(position=None)  # as if the position had been lost
    rounds = 0
    while plan_batch(newsletter=row.pk, at=clock.now()):
        rounds += 1
    row.refresh_from_db()
    assert (row.state, row.planned, rounds) == ("planned", 8, 2)
    planned = Message.objects.filter(newsletter=row).values_list("member", flat=True)
    assert sorted(planned) == sorted(one.pk for one in people)
    assert not plan_batch(newsletter=row.pk, at=clock.now())


def test_before_its_time_nothing_is_planned(luna: Merchant):
    now = clock.now()
    with acting_for(luna, by=MARA):
        readers(1)
        row = write_newsletter(newsletter=None, words=WORDS, at=now)
        schedule_newsletter(newsletter=row.pk, goes_at=now + timedelta(hours=2), at=now)
    assert tasks.plan_newsletters() == 0
    with acting_for(luna, by=MARA):
        assert newsletters.due(at=now) == []
        assert newsletters.due(at=now + timedelta(hours=2)) == [row.pk]


def test_what_cannot_be_sent_is_refused(cafe: Merchant):
    now = clock.now()
    empty = write_newsletter(newsletter=None, words={}, at=now)
    with pytest.raises(NothingWritten):
        schedule_newsletter(newsletter=empty.pk, goes_at=now, at=now)
    row = write_newsletter(newsletter=empty.pk, words=WORDS, at=now)
    for when in (now - timedelta(days=1), now + timedelta(days=400)):
        with pytest.raises(NotInThePast):
            schedule_newsletter(newsletter=row.pk, goes_at=when, at=now)
    schedule_newsletter(newsletter=row.pk, goes_at=now, at=now)
    with pytest.raises(NewsletterUnderWay):
        write_newsletter(newsletter=row.pk, words=WORDS, at=now)
    with pytest.raises(NewsletterUnderWay):
        schedule_newsletter(newsletter=row.pk, goes_at=now, at=now)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"en": {"subject": "Only a subject"}}, InvalidInput),
        ({"en": {"body": "Only a body"}}, InvalidInput),
        ({"de": {"subject": "Neu", "body": "Neu"}}, InvalidInput),
        ({"en": {"subject": "x" * 121, "body": "x"}}, InvalidInput),
        ({"en": {"subject": "x", "body": "x" * 8001}}, InvalidInput),
        ({"en": {"subject": "x", "body": "a\x00b"}}, InvalidInput),
        ({"en": {"subject": "{balance}", "body": "x"}}, UnknownPlaceholder),
    ],
)
def test_words_that_cannot_be_are_refused(cafe: Merchant, words, refusal):
    with pytest.raises(refusal):
        write_newsletter(newsletter=None, words=words, at=clock.now())
    assert not Newsletter.objects.exists()


def test_one_that_is_only_scheduled_becomes_a_draft_again(cafe: Merchant):
    row = cancel_newsletter(newsletter=scheduled().pk, at=clock.now())
    assert (row.state, row.goes_at) == ("draft", None)


def test_another_shops_newsletter_is_not_there(cafe: Merchant, other_shop: Merchant):
    row = scheduled()
    with acting_for(other_shop, by=OTTO), pytest.raises(NotFound):
        cancel_newsletter(newsletter=row.pk, at=clock.now())
