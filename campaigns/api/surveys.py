"""Surveys: made and opened, sent, answered, read; and the members to get back to."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import path
from msgspec import UNSET

from campaigns.api.survey_shapes import (
    AnswerCount,
    FollowUp,
    FollowUpChange,
    FollowUpSearch,
    GivenAnswer,
    GroupResult,
    MonthResult,
    NewSurvey,
    NewSurveyAnswer,
    NpsFigure,
    QuestionResult,
    Survey,
    SurveyChange,
    SurveyLink,
    SurveyLinkFor,
    SurveyResults,
    SurveySearch,
)
from campaigns.models import Survey as Row
from campaigns.models import SurveyAlert, SurveyAnswer
from campaigns.operations.surveys import answering, following_up, inviting, shaping
from campaigns.queries.surveys import reading, results
from campaigns.rules.surveys.nps import Nps
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of, within
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from members.operations.membership import NotActive
from members.queries.directory import taking_part

EXAMPLE = {
    "name": "How was it",
    "content": {
        "title": {"en": "How are we doing?"},
        "questions": [
            {
                "id": "recommend",
                "kind": "nps",
                "name": {"en": "Would you recommend us?"},
                "required": True,
            },
            {
                "id": "why",
                "kind": "text",
                "name": {"en": "What should we do better?"},
                "when": {"question": "recommend", "at_most": 6},
            },
        ],
    },
}


def _told(row: Row) -> Survey:
    return Survey(
        id=ids.encode("srv", row.pk), handle=row.handle, name=row.name, state=row.state, content=row.content,
        segment=row.segment, opens_at=row.opens_at, closes_at=row.closes_at, on_card=row.on_card, alerts=row.alerts,
        again_after_days=row.again_after_days, rest_days=row.rest_days, mailing=row.mailing, invited=row.invited,
        link=reading.open_link(shop_of_scope().slug, row), created_at=row.created_at, changed_at=row.changed_at,
    )  # fmt: skip


def _answer(row: SurveyAnswer) -> GivenAnswer:
    return GivenAnswer(
        id=ids.encode("ans", row.pk), survey=ids.encode("srv", row.survey_id),
        member=ids.encode("mbr", row.member_id) if row.member_id else None, answers=results.whole(row),
        score=row.score, points=row.points, tier=row.tier, segments=row.segments, came_by=row.came_by,
        answered_at=row.answered_at,
    )  # fmt: skip


def _nps(found: Nps) -> NpsFigure:
    low, high = found.interval or (None, None)
    return NpsFigure(found.answers, found.promoters, found.passives, found.detractors, found.score, low, high,
                     found.few)  # fmt: skip


def _follow_up(row: SurveyAlert) -> FollowUp:
    return FollowUp(
        id=ids.encode("fup", row.pk), survey=ids.encode("srv", row.answer.survey_id),
        answer=ids.encode("ans", row.answer_id), member=ids.encode("mbr", row.member_id), score=row.score,
        state=row.state, note=row.note, opened_at=row.opened_at, changed_at=row.changed_at,
    )  # fmt: skip


def _named(text: str) -> UUID:
    return ids.decode("srv", text)


def _instants(body: Any) -> dict[str, datetime | None]:
    """When it opens and closes, as far as it was said."""
    found = {}
    for name in ("opens_at", "closes_at"):
        value = getattr(body, name)
        if value is not UNSET:
            found[name] = within(name, value) if value else None
    return found


class Surveys(Endpoint):
    @endpoint(
        summary="List surveys", scope="surveys:read", query=SurveySearch, answers={200: page_of(Survey)}
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first."""
        found = reading.surveys()
        if call.query.state:
            found = found.filter(state=call.query.state)
        window = keyset(found, call.query, name="surveys", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])

    @endpoint(
        summary="Make a survey",
        scope="surveys:write",
        body=NewSurvey,
        example=EXAMPLE,
        answers={201: Survey},
        refuses=(shaping.SurveyExists, shaping.TooManySurveys),
    )
    def post(self, call: Call) -> tuple[int, Survey]:
        """It is a draft: nobody is asked until it is opened."""
        body = call.body
        same = ("segment", "on_card", "alerts", "again_after_days", "rest_days")
        details = {**{name: getattr(body, name) for name in same}, **_instants(body)}
        made = shaping.create_survey(
            name=body.name, handle=body.handle, content=body.content, details=details, at=call.at
        )
        return 201, _told(made)


class OneSurvey(Endpoint):
    @endpoint(summary="Read a survey", scope="surveys:read", answers={200: Survey})
    def get(self, call: Call, id: str) -> Survey:  # noqa: A002 - the address's own word
        """With its questions and who is asked."""
        return _told(reading.survey(_named(id)))

    @endpoint(
        summary="Change a survey",
        scope="surveys:write",
        body=SurveyChange,
        example={"rest_days": 60},
        answers={200: Survey},
        refuses=(NotFound, shaping.SurveyHasAnswers),
    )
    def patch(self, call: Call, id: str) -> Survey:  # noqa: A002
        """Questions stay once it was opened; their words may change."""
        same = ("name", "content", "segment", "on_card", "alerts", "again_after_days", "rest_days")
        given = {name: getattr(call.body, name) for name in same}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        changes |= _instants(call.body)
        return _told(shaping.edit_survey(survey=_named(id), changes=changes, at=call.at))


class SurveyOpen(Endpoint):
    @endpoint(
        summary="Open a survey",
        scope="surveys:write",
        answers={200: Survey},
        refuses=(NotFound, shaping.NothingAsked, shaping.WrongState),
    )
    def post(self, call: Call, id: str) -> Survey:  # noqa: A002
        """It takes answers from now on, or from when it says. One that was closed is opened again."""
        return _told(shaping.open_survey(survey=_named(id), at=call.at))


class SurveyClose(Endpoint):
    @endpoint(
        summary="Close a survey",
        scope="surveys:write",
        answers={200: Survey},
        refuses=(NotFound, shaping.WrongState),
    )
    def post(self, call: Call, id: str) -> Survey:  # noqa: A002
        """It takes no more answers, and no more mails go out."""
        return _told(shaping.close_survey(survey=_named(id), at=call.at))


class SurveySend(Endpoint):
    @endpoint(
        summary="Ask members by e-mail",
        scope="surveys:write",
        answers={200: Survey},
        refuses=(NotFound, answering.SurveyNotOpen, shaping.WrongState),
    )
    def post(self, call: Call, id: str) -> Survey:  # noqa: A002
        """Those it is for who said yes to news, have not answered, and were not asked lately. Mails are planned within
        a minute."""
        return _told(inviting.send_survey(survey=_named(id), at=call.at))


class SurveyLinks(Endpoint):
    @endpoint(
        summary="Make a member's own link",
        scope="surveys:write",
        body=SurveyLinkFor,
        example={"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"},
        answers={200: SurveyLink},
        refuses=(NotFound,),
    )
    def post(self, call: Call, id: str) -> SurveyLink:  # noqa: A002
        """For messages of your own: whoever holds it answers as that member, without signing in. Asking for it again
        gives the same."""
        row = reading.survey(_named(id))
        member = taking_part(ids.decode("mbr", call.body.member))
        return SurveyLink(reading.link(shop_of_scope().slug, member=member.pk, survey=row.pk))


class SurveyAnswers(Endpoint):
    @endpoint(
        summary="List the answers to a survey",
        scope="surveys:read",
        query=Paged,
        answers={200: page_of(GivenAnswer)},
    )
    def get(self, call: Call, id: str) -> dict[str, Any]:  # noqa: A002
        """Last given first, with what was written."""
        found = results.answers_of(reading.survey(_named(id))).order_by("-id")
        window = keyset(found, call.query, name="survey-answers", by=[("id", UUID)])
        return call.page(window, [_answer(row) for row in window.rows])

    @endpoint(
        summary="Answer a survey for a member",
        scope="surveys:write",
        body=NewSurveyAnswer,
        example={"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c", "answers": {"recommend": 9}},
        answers={201: GivenAnswer},
        moves_value=True,
        refuses=(
            NotFound, NotActive, answering.SurveyNotOpen, answering.AlreadyAnswered, answering.NotAsked,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> tuple[int, GivenAnswer]:  # noqa: A002
        """Rewarded by the programme's rules for the activity `survey`, once: a member answers once."""
        done = answering.answer_survey(
            survey=_named(id), member=ids.decode("mbr", call.body.member), given=call.body.answers, came_by="api",
            at=call.at,
        )  # fmt: skip
        return 201, _answer(done.answer)


class SurveyFigures(Endpoint):
    @endpoint(summary="Read what a survey found out", scope="surveys:read", answers={200: SurveyResults})
    def get(self, call: Call, id: str) -> SurveyResults:  # noqa: A002
        """By question, by tier and segment, and by month, with how far the score may be off."""
        found = results.results(reading.survey(_named(id)), zone=ZoneInfo(shop_of_scope().timezone))
        return SurveyResults(
            answers=found.answers,
            members=found.members,
            nps=_nps(found.nps) if found.nps else None,
            questions=[
                QuestionResult(one.question.id, one.question.kind.value, one.answers, one.mean,
                               [AnswerCount(each.value, each.count, each.share) for each in one.counted])
                for one in found.questions
            ],
            groups=[
                GroupResult(one.kind, one.name, one.answers, _nps(one.nps) if one.nps else None)
                for one in found.groups
            ],
            months=[MonthResult(month, _nps(nps)) for month, nps in found.months],
        )  # fmt: skip


class FollowUps(Endpoint):
    @endpoint(
        summary="List members to get back to",
        scope="surveys:read",
        query=FollowUpSearch,
        answers={200: page_of(FollowUp)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Who would not recommend the shop, those who wait longest first."""
        done = call.query.state == "done"
        rows = results.follow_ups(done=done)
        window = keyset(rows, call.query, name="follow-ups", by=[("id", UUID)], descending=done)
        return call.page(window, [_follow_up(row) for row in window.rows])


class OneFollowUp(Endpoint):
    @endpoint(
        summary="Say how far a follow-up is",
        scope="surveys:write",
        body=FollowUpChange,
        example={"state": "done", "note": "Called, and sent a voucher."},
        answers={200: FollowUp},
        refuses=(NotFound,),
    )
    def patch(self, call: Call, id: str) -> FollowUp:  # noqa: A002
        """Taken by whoever says so first."""
        key = ids.decode("fup", id)
        following_up.follow_up(alert=key, state=call.body.state, note=call.body.note, at=call.at)
        return _follow_up(results.follow_up(key))


urlpatterns = [
    path("surveys", Surveys.as_view()),
    path("surveys/<str:id>", OneSurvey.as_view()),
    path("surveys/<str:id>/open", SurveyOpen.as_view()),
    path("surveys/<str:id>/close", SurveyClose.as_view()),
    path("surveys/<str:id>/send", SurveySend.as_view()),
    path("surveys/<str:id>/links", SurveyLinks.as_view()),
    path("surveys/<str:id>/answers", SurveyAnswers.as_view()),
    path("surveys/<str:id>/results", SurveyFigures.as_view()),
    path("survey-follow-ups", FollowUps.as_view()),
    path("survey-follow-ups/<str:id>", OneFollowUp.as_view()),
]
