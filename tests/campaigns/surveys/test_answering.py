"""A member answers a survey once, is rewarded once, and somebody unhappy becomes a task for staff."""

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import SurveyAlert, SurveyAnswer, SurveyText
from campaigns.operations.surveys.answering import (
    AlreadyAnswered,
    NotAsked,
    SurveyNotOpen,
    answer_survey,
    worth,
)
from campaigns.operations.surveys.following_up import follow_up
from campaigns.operations.surveys.shaping import (
    NothingAsked,
    SurveyExists,
    SurveyHasAnswers,
    WrongState,
    close_survey,
    create_survey,
    edit_survey,
    open_survey,
    remove_survey,
)
from campaigns.queries.surveys import reading, results
from loyalty.core import ids, privacy
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from members.models import Activity, Member
from members.operations.bulk import put_into_segment
from members.operations.merging import merge
from members.operations.privacy import erase_member
from tests.campaigns.surveys.asking import CONTENT, THANKS, asked, says
from tests.cast import AT, ONE_POINT_PER_KRONA, days, publish


@pytest.fixture(autouse=True)
def _thanks(cafe: Merchant) -> None:
    """The programme gives 25 points for an answered survey, once a month at most."""
    publish(ONE_POINT_PER_KRONA, {**THANKS, "limits": {"per": [{"period": "month", "times": 1}]}})


def test_an_answer_is_rewarded_once_and_by_the_rules(ana: Member):
    survey = asked()
    assert worth(survey=survey, member=ana.pk, at=AT) == 25
    assert says(survey, ana, 9, likes=["coffee"]).points == 25
    assert balance(ana.pk).available == 25
    with pytest.raises(AlreadyAnswered):
        says(survey, ana, 3)
    assert SurveyAnswer.objects.count() == 1 and balance(ana.pk).available == 25
    other = asked(name="Another", rest_days=0)
    assert worth(survey=other, member=ana.pk, at=AT) == 0, "the rule gives it once a month"
    assert says(other, ana, 9).points == 0
    assert verify() == []


def test_what_is_counted_is_kept_apart_from_what_was_written(ana: Member):
    done = says(asked(), ana, 2, why="Cold coffee, twice.")
    row = SurveyAnswer.objects.get()
    assert (row.pk, row.given, row.score, row.round) == (done.answer.pk, {"recommend": 2}, 2, 1)
    assert [(one.question, one.text) for one in SurveyText.objects.all()] == [("why", "Cold coffee, twice.")]
    event = Event.objects.get(kind="survey.answered")
    assert "Cold" not in str(event.data), "events hold ids and figures"
    assert results.whole(results.answers_of(row.survey).get()) == {
        "recommend": 2,
        "why": "Cold coffee, twice.",
    }


def test_the_score_reaches_the_shops_key_figure_once(ana: Member):
    says(asked(), ana, 7)
    counted = Activity.objects.filter(kind="nps")
    assert [one.properties for one in counted] == [{"survey": "how-was-it", "score": 7}]
    assert Activity.objects.get(kind="survey").points_earned == 25


def test_follow_ups_are_asked_by_answer_and_nothing_else_is_taken(ana: Member):
    survey = asked()
    with pytest.raises(InvalidInput) as refused:
        says(survey, ana, 9, why="Nobody asked me")
    assert refused.value.errors[0]["field"] == "answers.why"
    assert refused.value.errors[0]["code"] == "not_asked"
    assert not SurveyAnswer.objects.exists() and balance(ana.pk).available == 0


WRONG: dict[str, dict[str, Any]] = {
    "nothing": {},
    "blank": {"why": "  "},
    "the required one is missing": {"visit": 3},
    "too high": {"recommend": 11},
    "below": {"recommend": -1},
    "true is no number": {"recommend": True},
    "text for a number": {"recommend": "9"},
    "off the scale": {"recommend": 8, "visit": 6},
    "no such option": {"recommend": 9, "likes": ["tea"]},
    "twice the same": {"recommend": 9, "likes": ["coffee", "coffee"]},
    "one where many are": {"recommend": 9, "likes": "coffee"},
    "no such question": {"recommend": 9, "colour": "red"},
    "too long": {"recommend": 1, "why": "x" * 2001},
    "no text": {"recommend": 1, "why": "a\x00b"},
    "a list of lists": {"recommend": 9, "likes": [["coffee"]]},
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_answer_is_refused_and_changes_nothing(ana: Member, given: dict[str, Any]):
    survey = asked()
    before = Event.objects.count()
    with pytest.raises(InvalidInput):
        answer_survey(survey=survey.pk, member=ana.pk, given=given, came_by="api", at=AT)
    assert not SurveyAnswer.objects.exists() and not Activity.objects.exists()
    assert Event.objects.count() == before and balance(ana.pk).available == 0


def test_a_survey_is_answered_while_it_is_open_and_by_those_it_is_for(ana: Member, ben: Member):
    put_into_segment(members=[ana.pk], segment="regulars", at=AT)
    survey = asked(segment="regulars", closes_at=AT + days(7))
    with pytest.raises(NotAsked):
        says(survey, ben, 9)
    with pytest.raises(SurveyNotOpen):
        says(survey, ana, 9, at=AT + days(7))
    says(survey, ana, 9, at=AT + days(6))
    later = asked(name="Later", opens_at=AT + days(3), rest_days=0)
    with pytest.raises(SurveyNotOpen):
        says(later, ben, 9, at=AT + days(2))
    says(later, ben, 9, at=AT + days(3))
    close_survey(survey=later.pk, at=AT + days(4))
    with pytest.raises(SurveyNotOpen):
        says(later, ana, 9, at=AT + days(5))
    assert SurveyAnswer.objects.count() == 2


def test_a_member_may_answer_again_when_the_survey_says_so(ana: Member):
    survey = asked(again_after_days=90)
    says(survey, ana, 5)
    with pytest.raises(AlreadyAnswered):
        says(survey, ana, 9, at=AT + days(89))
    assert says(survey, ana, 9, at=AT + days(90)).points == 25
    assert list(SurveyAnswer.objects.order_by("round").values_list("round", "score")) == [(1, 5), (2, 9)]
    assert verify() == []


def test_a_card_asks_one_thing_at_a_time_and_leaves_people_in_peace(ana: Member, ben: Member):
    first = asked(name="First", at=AT)
    second = asked(name="Second", at=AT)
    assert [one.survey.name for one in reading.to_ask(ana.pk, at=AT)] == ["Second", "First"]
    says(second, ana, 9)
    assert reading.to_ask(ana.pk, at=AT + days(29)) == [], "thirty days of peace after any answer"
    assert [one.survey.pk for one in reading.to_ask(ana.pk, at=AT + days(30))] == [first.pk]
    assert len(reading.to_ask(ben.pk, at=AT)) == 2
    edit_survey(survey=first.pk, changes={"on_card": False}, at=AT)
    assert len(reading.to_ask(ben.pk, at=AT)) == 1


def test_an_unhappy_member_is_a_task_with_a_state(ana: Member, ben: Member):
    survey = asked()
    says(survey, ben, 9)
    says(survey, ana, 6, why="The queue")
    alert = SurveyAlert.objects.get()
    assert (alert.member_id, alert.score, alert.state) == (ana.pk, 6, "open")
    event = Event.objects.get(kind="survey.detractor")
    assert event.subject == ana.pk
    assert event.data == {"survey": "how-was-it", "score": 6, "follow_up": ids.encode("fup", alert.pk)}
    taken = follow_up(alert=alert.pk, state="taken", note="Calling her", at=AT)
    assert (taken.state, taken.taken_by) == ("taken", "staff:mara") and results.waiting_count() == 1
    assert follow_up(alert=alert.pk, state="done", at=AT).note == "Calling her"
    assert results.waiting_count() == 0 and results.follow_ups(done=True).count() == 1
    assert follow_up(alert=alert.pk, state="open", at=AT).taken_by == ""
    with pytest.raises(InvalidInput):
        follow_up(alert=alert.pk, state="lost", at=AT)
    with pytest.raises(NotFound):
        follow_up(alert=ids.new(), state="done", at=AT)


def test_where_nobody_wants_to_be_told_nobody_is(ana: Member):
    says(asked(alerts=False), ana, 0, why="Everything")
    assert not SurveyAlert.objects.exists() and not Event.objects.filter(kind="survey.detractor").exists()


def test_it_is_exported_and_erased_with_the_member_and_the_figures_stay(ana: Member):
    survey = asked()
    says(survey, ana, 3, why="My name is Ana Alm")
    follow_up(alert=SurveyAlert.objects.get().pk, state="done", note="Sent Ana flowers", at=AT)
    told = privacy.export(ana.pk)["surveys"]
    assert told[0]["answers"] == {"recommend": 3, "why": "My name is Ana Alm"}
    assert told[0]["note_of_staff"] == "Sent Ana flowers"
    erase_member(member=ana.pk, at=AT)
    assert not SurveyText.objects.exists() and not SurveyAlert.objects.exists()
    row = SurveyAnswer.objects.get()
    assert (row.member_id, row.activity, row.score) == (None, None, 3)
    assert verify() == []


def test_two_cards_of_one_person_become_one_with_both_answers(ana: Member, ben: Member):
    survey = asked()
    says(survey, ana, 9)
    says(survey, ben, 2, why="Slow")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert list(SurveyAnswer.objects.order_by("round").values_list("member", "round", "score")) == [
        (ana.pk, 1, 9), (ana.pk, 2, 2)]  # fmt: skip
    assert SurveyAlert.objects.get().member_id == ana.pk
    with pytest.raises(AlreadyAnswered):
        says(survey, ben, 10)  # the old card leads to the one that was kept
    assert verify() == []


def test_questions_stay_once_it_was_open_and_words_may_change(ana: Member):
    survey = asked()
    fewer = {**CONTENT, "questions": CONTENT["questions"][:1]}
    with pytest.raises(SurveyHasAnswers):
        edit_survey(survey=survey.pk, changes={"content": fewer}, at=AT)
    worded = {**CONTENT, "title": {"en": "How was it?"}}
    assert edit_survey(survey=survey.pk, changes={"content": worded}, at=AT).content["title"] == {
        "en": "How was it?"
    }
    with pytest.raises(WrongState):
        remove_survey(survey=survey.pk, at=AT)
    with pytest.raises(WrongState):
        open_survey(survey=survey.pk, at=AT)


def test_a_draft_can_be_thrown_away_and_needs_a_question_to_be_opened(cafe: Merchant):
    row = create_survey(name="Empty", content={"title": {"en": "Empty"}}, at=AT)
    with pytest.raises(NothingAsked):
        open_survey(survey=row.pk, at=AT)
    with pytest.raises(SurveyExists):
        create_survey(name="Empty", content={"title": {"en": "Empty"}}, at=AT)
    remove_survey(survey=row.pk, at=AT)
    assert not reading.surveys().exists()


def _but(**changes: Any) -> dict[str, Any]:
    return {**CONTENT, **changes}


def _question(**changes: Any) -> dict[str, Any]:
    return _but(questions=[CONTENT["questions"][0], {**CONTENT["questions"][3], **changes}])


BAD: dict[str, Callable[[], dict[str, Any]]] = {
    "title": lambda: _but(title={}),
    "title.fr": lambda: _but(title={"en": "x", "fr": "y"}),
    "questions": lambda: _but(questions=[{**CONTENT["questions"][0], "id": f"q{n}"} for n in range(2)]),
    "questions[1].id": lambda: _question(id="recommend"),
    "questions[1].name": lambda: _question(name={"en": " "}),
    "questions[1].most": lambda: _question(most=11),
    "questions[2].when": lambda: _but(
        questions=[
            {**CONTENT["questions"][3], "id": f"q{n}", "most": 0, "when": {"question": "q1", "at_most": 0}}
            for n in range(3)
        ]
    ),
    "questions[1].options": lambda: _question(kind="one", options=[{"id": "a", "name": {"en": "A"}}]),
    "questions[1].when": lambda: _question(when={"question": "later", "at_most": 3}),
}


@pytest.mark.parametrize("field", BAD)
def test_what_makes_no_survey_is_refused_where_it_is_wrong(cafe: Merchant, field: str):
    with pytest.raises(InvalidInput) as refused:
        create_survey(name="Bad", content=BAD[field](), at=AT)
    assert f"content.{field}" in {one["field"] for one in refused.value.errors}
    assert not reading.surveys().exists()
