"""What surveys know of a member: told, forgotten, and moved when two members become one."""

from typing import Any
from uuid import UUID

from django.db.models import Max

from campaigns.models import SurveyAlert, SurveyAnswer, SurveyText
from loyalty.core import privacy


def _export(member: UUID) -> list[dict[str, Any]]:
    rows = SurveyAnswer.objects.filter(member=member).select_related("survey").prefetch_related("texts")
    notes = dict(SurveyAlert.objects.filter(member=member).values_list("answer", "note"))
    return [
        {
            "survey": row.survey.name,
            "answered_at": row.answered_at.isoformat(),
            "answers": {**row.given, **{one.question: one.text for one in row.texts.all()}},
            "points": row.points,
            **({"note_of_staff": notes[row.pk]} if notes.get(row.pk) else {}),
        }
        for row in rows.order_by("id")
    ]


def _forget(member: UUID) -> None:
    """What they wrote and the follow-up go; figures stay with their group, as nobody's."""
    mine = SurveyAnswer.objects.filter(member=member)
    SurveyText.objects.filter(answer__in=list(mine.values_list("pk", flat=True))).delete()
    SurveyAlert.objects.filter(member=member).delete()
    mine.update(member=None, activity=None)


def move(*, to: UUID, of: UUID) -> None:
    """What one has answered is the other's, as later rounds where both answered the same survey."""
    SurveyAlert.objects.filter(member=of).update(member=to)
    rows = SurveyAnswer.objects.filter(member=of).order_by("survey", "round")
    last = dict(
        SurveyAnswer.objects.filter(member=to).values_list("survey").annotate(Max("round")).order_by("survey")
    )
    for row in rows:
        number = last.get(row.survey_id, 0) + 1
        last[row.survey_id] = number
        SurveyAnswer.objects.filter(pk=row.pk).update(member=to, round=number)


holder = privacy.Holder("surveys", _export, _forget)
