"""Surveys in the dashboard: built, opened, read, followed up; and what fits a member."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Message, Survey, SurveyAlert
from campaigns.operations.suggesting import refresh_suggestions
from campaigns.queries.surveys.reading import content_of
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.campaigns.surveys.asking import asked, says
from tests.cast import AT, MARA, buy, days
from tests.web.office.conftest import Luna, browser_of


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT + days(3))


def made(lunas: Luna, owner: Client, start: str = "recommend") -> str:
    """A new survey; its address."""
    answer = owner.post(lunas.url("surveys/new/"), {"name": "How was it", "start": start})
    assert answer.status_code == 303, answer.content.decode()[-2000:]
    return str(answer["Location"])


def survey(lunas: Luna) -> Survey:
    with acting_for(lunas.merchant, by=MARA):
        return Survey.objects.get()


def test_the_first_survey_takes_a_minute(lunas: Luna, owner: Client):
    assert b"Nobody was asked yet" in owner.get(lunas.url("surveys/")).content
    assert owner.get(lunas.url("surveys/new/")).status_code == 200
    where = made(lunas, owner)
    page = owner.get(where).content.decode()
    assert "Hur troligt" in page or "How likely are you" in page
    content = content_of(survey(lunas))
    assert set(content.title) == {"en", "sv", "nb", "nl"}, "written in every language at once"
    owner.post(f"{where}open/")
    assert survey(lunas).state == "open" and "Open" in owner.get(where).content.decode()
    assert owner.get(lunas.url("surveys/")).status_code == 200


def test_questions_are_added_moved_and_taken_out(lunas: Luna, owner: Client):
    where = made(lunas, owner, "blank")
    assert owner.get(f"{where}questions/add/?kind=nps").status_code == 200
    owner.post(f"{where}questions/add/?kind=nps", {"name_en": "Recommend us?", "required": "on"})
    many = {"name_en": "What was good?", "options_en": "Coffee\nPeople", "options_sv": "Kaffet\nFolket"}
    owner.post(f"{where}questions/add/?kind=many", many)
    follows = {"name_en": "Why?", "when": '{"at_most": 6, "question": "nps-1"}'}
    assert owner.post(f"{where}questions/add/?kind=text", follows).status_code == 303
    content = content_of(survey(lunas))
    assert [one.id for one in content.questions] == ["nps-1", "many-1", "text-1"]
    assert content.questions[1].options[1].name == {"en": "People", "sv": "Folket"}
    assert content.questions[2].when and content.questions[2].when.at_most == 6
    owner.post(f"{where}questions/text-1/up/")
    assert [one.id for one in content_of(survey(lunas)).questions] == ["nps-1", "text-1", "many-1"]
    owner.post(f"{where}questions/nps-1/remove/")
    assert len(content_of(survey(lunas)).questions) == 3, "what follows from it would follow from nothing"
    owner.post(f"{where}questions/text-1/remove/")
    assert [one.id for one in content_of(survey(lunas)).questions] == ["nps-1", "many-1"]
    assert owner.get(f"{where}questions/many-1/").status_code == 200
    assert owner.get(f"{where}questions/none/").status_code == 404
    assert owner.get(f"{where}questions/add/?kind=song").status_code == 404


def test_what_was_typed_comes_back_with_what_is_wrong(lunas: Luna, owner: Client):
    assert owner.post(lunas.url("surveys/new/"), {"name": "", "start": "blank"}).status_code == 422
    where = made(lunas, owner, "blank")
    assert owner.post(lunas.url("surveys/new/"), {"name": "How was it", "start": "blank"}).status_code == 422
    answer = owner.post(f"{where}questions/add/?kind=one", {"name_en": "Which?", "options_en": "Only one"})
    assert answer.status_code == 422 and b"Only one" in answer.content
    assert b"2 to 20 answers" in answer.content
    assert owner.post(f"{where}words/", {"title_en": " "}).status_code == 422
    wrong = {"name": "x", "again_after_days": "-1", "rest_days": "30"}
    assert owner.post(f"{where}settings/", wrong).status_code == 422
    assert content_of(survey(lunas)).questions == ()


def test_words_and_settings_are_kept(lunas: Luna, owner: Client):
    where = made(lunas, owner)
    owner.post(f"{where}words/", {"title_en": "Tell us", "thanks_sv": "Tack!"})
    owner.post(f"{where}settings/", {"name": "Spring", "again_after_days": "90", "rest_days": "14",
                                     "closes_at": "2026-04-01T12:00"})  # fmt: skip
    row = survey(lunas)
    assert (row.name, row.again_after_days, row.rest_days, row.on_card, row.alerts) == (
        "Spring", 90, 14, False, False)  # fmt: skip
    assert row.content["title"] == {"en": "Tell us"} and row.content["thanks"] == {"sv": "Tack!"}
    for page in ("words/", "settings/", "answers/"):
        assert owner.get(f"{where}{page}").status_code == 200


def answered(lunas: Luna, at: datetime = AT) -> str:
    """A survey that Ana was unhappy with and Ben liked; its address."""
    with acting_for(lunas.merchant, by=MARA):
        row = asked()
        says(row, lunas.ana, 3, why="The queue was long", at=at)
        says(row, lunas.ben, 10, likes=["coffee"], at=at)
    return lunas.url(f"surveys/{ids.encode('srv', row.pk)}/")


def test_answers_are_told_with_what_they_are_worth(lunas: Luna, owner: Client):
    where = answered(lunas)
    page = owner.get(f"{where}answers/").content.decode()
    assert "The NPS of 2 answers" in page and "Too few answers to build on" in page
    assert "The queue was long" in page and "Ana Alm" in page
    assert "too few" in page, "a group of two is not told apart"
    file = b"".join(owner.get(f"{where}answers.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, *lines = file.splitlines()
    assert head.startswith("Answered,Member") and len(lines) == 2
    assert "The queue was long" in lines[0] and "The coffee" in lines[1]
    analyst = browser_of(lunas, "analyst")
    assert analyst.get(f"{where}answers/").status_code == 200
    assert analyst.get(f"{where}answers.csv").status_code == 403
    assert analyst.post(f"{where}close/").status_code == 403
    assert browser_of(lunas, "cashier").get(lunas.url("surveys/")).status_code == 403


def test_an_unhappy_member_waits_for_somebody_until_it_is_done(lunas: Luna, owner: Client):
    answered(lunas)
    where = lunas.url("surveys/follow-ups/")
    page = owner.get(where).content.decode()
    assert "Ana Alm" in page and "The queue was long" in page
    with acting_for(lunas.merchant, by=MARA):
        key = ids.encode("fup", SurveyAlert.objects.get().pk)
    owner.post(f"{where}{key}/", {"state": "taken", "note": "Calling"})
    assert "Owner of Café Luna" in owner.get(where).content.decode()
    owner.post(f"{where}{key}/", {"state": "done", "note": "Sent a voucher"})
    assert "Nobody waits for you" in owner.get(where).content.decode()
    assert "Sent a voucher" in owner.get(f"{where}?done").content.decode()
    assert browser_of(lunas, "analyst").post(f"{where}{key}/", {"state": "open"}).status_code == 403


def test_a_survey_is_sent_and_stopped(lunas: Luna, owner: Client):
    where = answered(lunas)
    owner.post(f"{where}send/")
    assert survey(lunas).mailing and b"Send no more" in owner.get(where).content
    owner.post(f"{where}stop/")
    assert not survey(lunas).mailing
    owner.post(f"{where}close/")
    assert survey(lunas).state == "closed"
    with acting_for(lunas.merchant, by=MARA):
        assert not Message.objects.filter(kind="survey").exists()


def test_what_fits_a_member_stands_on_their_page(lunas: Luna, owner: Client, monkeypatch: Any):
    assert b"Not worked out yet" in owner.get(lunas.member(lunas.ben, "fits/")).content
    answered(lunas)
    with acting_for(lunas.merchant, by=MARA):
        for _n in range(5):
            buy(None, 10, 20, at=AT + days(1))  # item-1 and item-2 together
        for _n in range(4):
            buy(None, 10, 20, 30, at=AT + days(1))
        buy(lunas.ben, 10, at=AT + days(2))
        refresh_suggestions(at=AT + days(3))
    page = owner.get(lunas.member(lunas.ben, "fits/")).content.decode()
    assert "item-2" in page and "Because they bought item-1 1 time" in page
    assert "What do you like?" in page, "and what they answered"
    assert "Nothing to suggest yet" in owner.get(lunas.member(lunas.ana, "fits/")).content.decode()
