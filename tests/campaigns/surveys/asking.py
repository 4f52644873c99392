"""A survey to ask: whether one would recommend the café, why not, what one likes, and how it was."""

from typing import Any

from campaigns.models import ProductLink, Survey, SurveyAlert
from campaigns.operations.suggesting import refresh_suggestions
from campaigns.operations.surveys.answering import Answered, answer_survey
from campaigns.operations.surveys.shaping import create_survey, open_survey
from loyalty.core import clock, ids
from members.models import Member
from tests.cast import AT

CONTENT: dict[str, Any] = {
    "title": {"en": "How are we doing?", "sv": "Hur har vi det?"},
    "intro": {"en": "Three short questions."},
    "thanks": {"en": "Thanks, we read every one."},
    "questions": [
        {"id": "recommend", "kind": "nps", "required": True,
         "name": {"en": "Would you recommend us?", "sv": "Skulle du rekommendera oss?"}},
        {"id": "why", "kind": "text", "name": {"en": "What should we do better?"},
         "when": {"question": "recommend", "at_most": 6}},
        {"id": "likes", "kind": "many", "name": {"en": "What do you like?"},
         "options": [{"id": "coffee", "name": {"en": "The coffee"}}, {"id": "people", "name": {"en": "The people"}}],
         "when": {"question": "recommend", "at_least": 9}},
        {"id": "visit", "kind": "scale", "most": 5, "name": {"en": "How was your visit?"}},
    ],
}  # fmt: skip
THANKS = {
    "type": "fixed", "id": "survey", "amount": 25, "when": [{"type": "activity", "kinds": ["survey"]}],
}  # fmt: skip
"""Twenty-five points for an answered survey."""


def asked(*, name: str = "How was it", content: Any = CONTENT, at: Any = AT, **details: Any) -> Survey:
    """A survey that is open."""
    row = create_survey(name=name, content=content, details=details, at=at)
    return open_survey(survey=row.pk, at=at)


def says(survey: Survey, member: Member, score: int | None = None, at: Any = AT, **given: Any) -> Answered:
    """A member answers, from their card."""
    answers = {**({} if score is None else {"recommend": score}), **given}
    return answer_survey(survey=survey.pk, member=member.pk, given=answers, came_by="portal", at=at)


def unhappy(member: Member, secret: str) -> dict[str, str]:
    """A survey that somebody answered unhappily, and what goes with what they bought; the ids of the things by kind.
    `secret` is part of every word that not everybody in the shop may read."""
    row = asked(name=f"{secret} survey")
    says(row, member, 2, why=f"{secret} why")
    refresh_suggestions(at=clock.now())
    ProductLink.objects.create(sku=f"{secret}-sku", other=f"{secret}-other", place=1, score=0.5, together=3)
    alert = SurveyAlert.objects.get()
    return {"survey": ids.encode("srv", row.pk), "follow_up": ids.encode("fup", alert.pk)}
