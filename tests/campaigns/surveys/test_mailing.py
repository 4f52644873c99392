"""A survey goes out by mail once to everybody it is for, with numbers to press that record nothing, and to nobody else."""

import re
from typing import Any

import pytest
from django.core import mail

from campaigns import tasks
from campaigns.models import Message, SurveyAnswer
from campaigns.operations.surveys import inviting
from campaigns.operations.surveys.answering import SurveyNotOpen
from campaigns.operations.surveys.inviting import plan_batch, send_survey, stop_sending
from campaigns.operations.surveys.shaping import WrongState, close_survey, create_survey
from campaigns.queries.surveys import reading
from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.bulk import put_into_segment
from tests.campaigns.hand import go_out, joined, says_yes
from tests.campaigns.surveys.asking import CONTENT, asked, says
from tests.cast import MARA, days, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_files(settings: Any) -> None:
    """Static files as they lie: nothing is collected for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def readers(*names: str) -> list[Member]:
    """Members who said yes to news."""
    found = [joined(name) for name in names]
    for one in found:
        says_yes(one)
    return found


def planned(survey: object) -> list[str]:
    """Who a mail is planned for."""
    rows = Message.objects.filter(kind="survey").order_by("id").select_related("member")
    return [str(row.member_id) for row in rows]


def test_it_goes_to_who_said_yes_once_however_often_planning_stops(cafe: Merchant, monkeypatch):
    monkeypatch.setattr(inviting, "BATCH", 2)
    people = readers("a", "b", "c", "d", "e")
    joined("no")
    row = asked(at=clock.now())
    send_survey(survey=row.pk, at=clock.now())
    assert plan_batch(survey=row.pk, at=clock.now())
    with pytest.raises(WrongState):
        send_survey(survey=row.pk, at=clock.now())
    while plan_batch(survey=row.pk, at=clock.now()):
        pass
    assert planned(row) == [str(one.pk) for one in people]
    row.refresh_from_db()
    assert (row.invited, row.mailing, row.position) == (5, False, None)
    assert not plan_batch(survey=row.pk, at=clock.now())


def test_who_answered_or_was_asked_lately_is_left_in_peace(cafe: Merchant):
    now = clock.now()
    fresh, answered, asked_before = readers("fresh", "answered", "asked")
    first = asked(name="First", at=now)
    says(first, answered, 9, at=now)
    put_into_segment(members=[asked_before.pk], segment="some", at=now)
    other = asked(name="Other", segment="some", at=now)
    send_survey(survey=other.pk, at=now)
    plan_batch(survey=other.pk, at=now)
    assert planned(other) == [str(asked_before.pk)]
    last = asked(name="Last", at=now)
    send_survey(survey=last.pk, at=now)
    plan_batch(survey=last.pk, at=now)
    assert planned(last) == [str(asked_before.pk), str(fresh.pk)]
    later = now + days(31)
    send_survey(survey=last.pk, at=later)
    plan_batch(survey=last.pk, at=later)
    assert len(planned(last)) == 5, "a month later everybody may be asked again"


def test_the_numbers_of_the_mail_open_the_page_with_the_answer_filled_in(luna: Merchant, client):
    now = clock.now()
    with acting_for(luna, by=MARA):
        publish(at=now)
        (ana,) = readers("ana")
        row = asked(at=now)
        send_survey(survey=row.pk, at=now)
    tasks.plan_surveys()
    mail.outbox.clear()
    go_out(at=(now + days(1)).replace(hour=12))
    (sent,) = [one for one in mail.outbox if "q-recommend=0" in one.body]
    html = sent.alternatives[0].content
    assert "Would you recommend us?" in html and "not at all likely" in html
    links = re.findall(r'href="([^"]*q-recommend=(\d+))"', html)
    assert [int(number) for _url, number in links] == list(range(11))
    assert links[3][0].replace("&amp;", "&") in sent.body
    url = links[9][0].replace("&amp;", "&")
    page = client.get("/" + url.split("/", 3)[3])
    assert page.status_code == 200 and b'value="9" checked' in page.content
    with acting_for(luna, by=MARA):
        assert not SurveyAnswer.objects.exists(), "a scanner that follows every link records nothing"
        found = reading.holder(url.split("/s/")[1].split("/")[0])
        assert found == reading.Holder(ana.pk, row.pk)


def test_a_mail_that_has_nothing_left_to_ask_is_not_sent(luna: Merchant):
    now = clock.now()
    with acting_for(luna, by=MARA):
        publish(at=now)
        ana, _ben = readers("ana", "ben")
        row = asked(at=now)
        send_survey(survey=row.pk, at=now)
        plan_batch(survey=row.pk, at=now)
        says(row, ana, 9, at=now)
    mail.outbox.clear()
    go_out(at=(now + days(1)).replace(hour=12))
    assert [one.to for one in mail.outbox if "q-recommend=0" in one.body] == [["ben@example.com"]]
    with acting_for(luna, by=MARA):
        assert Message.objects.get(kind="survey", member=ana).reason == "nothing_left"


def test_it_can_be_stopped_and_only_an_open_one_is_sent(cafe: Merchant):
    now = clock.now()
    readers("ana")
    draft = create_survey(name="Draft", content=CONTENT, at=now)
    with pytest.raises(SurveyNotOpen):
        send_survey(survey=draft.pk, at=now)
    row = asked(at=now)
    send_survey(survey=row.pk, at=now)
    plan_batch(survey=row.pk, at=now)
    stop_sending(survey=row.pk, at=now)
    assert Message.objects.get(kind="survey").state == "suppressed"
    send_survey(survey=row.pk, at=now)
    close_survey(survey=row.pk, at=now)
    assert not plan_batch(survey=row.pk, at=now) and inviting.due(at=now) == []
