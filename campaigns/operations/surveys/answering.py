"""Answer a survey: once, rewarded once, with what follows from it in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Survey, SurveyAlert, SurveyAnswer, SurveyText
from campaigns.queries.surveys import reading
from campaigns.queries.surveys.complaints import errors
from campaigns.queries.surveys.reading import Mine, Stands
from campaigns.rules import surveys as rules
from campaigns.rules.surveys import Kind
from campaigns.rules.surveys.nps import is_detractor
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from members.operations.activities import decide_activity, lock_name, locked_member, record_own
from members.operations.membership import NotActive
from members.queries import adding
from members.queries.offers import belonging
from members.queries.order_facts import look_up
from members.rules.doing import SOURCE, NewActivity
from members.rules.shopping import MemberRef

ANSWERED = "survey"
"""The kind of activity that answering is: earning rules are about it."""
RECOMMENDS = "nps"
"""The kind of activity under which the shop's score is counted, with its `score`."""
WAYS = ("portal", "link", "email", "api")
"""How somebody came to a survey."""
MOST_SEGMENTS = 100


class SurveyNotOpen(DomainError):
    code = "survey_not_open"
    status = 409
    message = _("This survey is not open now.")


class AlreadyAnswered(DomainError):
    code = "already_answered"
    status = 409
    message = _("You have answered this already. Thank you!")


class NotAsked(DomainError):
    code = "not_asked"
    message = _("This survey is for others this time.")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was written, and what it earned in points."""

    answer: SurveyAnswer
    points: int


@transaction.atomic
def answer_survey(
    *, survey: UUID, member: UUID, given: Mapping[str, Any], came_by: str, at: datetime, language: str = ""
) -> Answered:
    """Write down what a member answers, give what the programme has for it, and tell staff of somebody unhappy.

    Raises `NotFound`, `SurveyNotOpen`, `AlreadyAnswered`, `NotAsked`, `NotActive`, and `InvalidInput` with the
    questions it is about.
    """
    # One answer after another for a member and a survey: name, then counts, as everywhere. The names that activities
    # below lock hold this answer's own id: nobody else can wait for them.
    lock_name(source=ANSWERED, external_id=f"{survey.hex}:{member.hex}")
    row = reading.survey(survey)
    who = locked_member(member)
    if who.status not in ("active", "blocked"):
        raise NotActive(status=who.status)
    mine = reading.mine(row, who.id, at=at)
    _refuse(mine)
    found, wrong = rules.read(reading.content_of(row), given)
    if wrong:
        raise InvalidInput(errors(wrong))
    made = _written(mine, who.id, found, came_by, language[:8], at)
    points = _rewarded(made, row.handle, who.id, at)
    record("survey.answered", subject=who.id, at=at, data={
        "survey": row.handle, "answer": ids.encode("ans", made.pk), "score": made.score, "points": points,
    })  # fmt: skip
    _alert(made, row, who.id, at)
    return Answered(made, points)


def _refuse(mine: Mine) -> None:
    if mine.stands is Stands.ANSWERED:
        raise AlreadyAnswered()
    if mine.stands is Stands.NOT_OPEN:
        raise SurveyNotOpen()
    if mine.stands is Stands.NOT_FOR_YOU:
        raise NotAsked()


def _written(
    mine: Mine, member: UUID, found: Mapping[str, Any], came_by: str, language: str, at: datetime
) -> SurveyAnswer:
    """The answer; what was written in it stands apart, because it goes with the person."""
    content = reading.content_of(mine.survey)
    texts = {one.id for one in content.questions if one.kind is Kind.TEXT}
    tier, segments = belonging(member, at=at)
    made = SurveyAnswer.objects.create(
        survey=mine.survey, member_id=member, round=mine.round, tier=tier, language=language, came_by=came_by,
        given={name: said for name, said in found.items() if name not in texts}, answered_at=at,
        segments=sorted(segments)[:MOST_SEGMENTS], score=found.get(content.nps.id) if content.nps else None,
    )  # fmt: skip
    SurveyText.objects.bulk_create(
        SurveyText(answer=made, question=name, text=found[name]) for name in sorted(texts) if name in found
    )
    return made


def _activity(kind: str, member: UUID, at: datetime, name: str, **properties: Any) -> NewActivity:
    who = MemberRef(id=ids.encode("mbr", member))
    return NewActivity(f"{kind}:{name}", kind, at, who, SOURCE, properties=properties)


def _rewarded(made: SurveyAnswer, handle: str, member: UUID, at: datetime) -> int:
    """What the programme gives for it, by its rules and within its limits. The score is an activity of its own: the
    shop's key figure counts those, whoever asked."""
    done = record_own(activity=_activity(ANSWERED, member, at, made.pk.hex, survey=handle), at=at)
    made.activity, made.points = done.activity, done.points
    if made.score is not None:
        said = _activity(RECOMMENDS, member, at, made.pk.hex, survey=handle, score=made.score)
        made.points += record_own(activity=said, at=at).points
    made.save(update_fields=["activity", "points"])
    return made.points


def _alert(made: SurveyAnswer, row: Survey, member: UUID, at: datetime) -> None:
    """Somebody who would not recommend the shop is somebody to get back to."""
    if not row.alerts or made.score is None or not is_detractor(made.score):
        return
    alert = SurveyAlert.objects.create(
        answer=made, member_id=member, score=made.score, opened_at=at, changed_at=at
    )
    record("survey.detractor", subject=member, at=at, data={
        "survey": row.handle, "score": made.score, "follow_up": ids.encode("fup", alert.pk),
    })  # fmt: skip


def worth(*, survey: Survey, member: UUID, at: datetime) -> int:
    """What answering would earn a member now, in points, within what they have had already. Writes nothing."""
    known, counts = look_up({0: ("id", str(member))})
    if 0 not in known:
        return 0
    said = [_activity(ANSWERED, member, at, "quote", survey=survey.handle)]
    if reading.content_of(survey).nps is not None:
        said.append(_activity(RECOMMENDS, member, at, "quote", survey=survey.handle, score=10))
    current = adding.live(counts.version, mark=counts.mark)
    return sum(
        decide_activity(one.facts(), who=known[0], current=current, instant=at)[0].earned() for one in said
    )
