"""The questions of the programme in force, and what members answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.programme import queries as programmes
from members.models import PreferenceAnswer
from members.rules.questions import Question, Questions


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what a member chose; `answered_at` None: they have not answered."""

    question: Question
    chosen: tuple[str, ...]
    answered_at: datetime | None


def in_force() -> Questions:
    """The questions of the programme that counts now; none before the first publication."""
    current = programmes.in_force()
    found: Questions = current.programme["questions"] if current else Questions()
    return found


def answers_of(member: UUID) -> QuerySet[PreferenceAnswer]:
    """What a member has answered, to questions of today and others."""
    return PreferenceAnswer.objects.filter(member=member)


def asked_of(member: UUID) -> list[Asked]:
    """Every question of today with a member's answer, in the merchant's order. What can no longer be chosen is left
    out of it."""
    questions = in_force().questions
    if not questions:
        return []
    given = {row.question: row for row in answers_of(member)}
    found = []
    for question in questions:
        row, known = given.get(question.id), {option.id for option in question.options}
        chosen = tuple(option for option in row.chosen if option in known) if row else ()
        found.append(Asked(question, chosen, row.answered_at if row else None))
    return found
