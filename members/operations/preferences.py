"""Answer the shop's questions, and take an answer back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import privacy
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from members.models import Member, PreferenceAnswer, SegmentPlace
from members.operations import gifts
from members.operations.locking import lock_counts
from members.operations.membership import NotActive, locked
from members.queries.preferences import Asked, in_force
from members.rules.questions import segment_of


class NotAnAnswer(DomainError):
    code = "not_an_answer"
    message = _("This is not one of the answers to choose from.")
    field = "chosen"


@transaction.atomic
def answer_question(*, member: UUID, question: str, chosen: Sequence[str], at: datetime) -> Asked:
    """Note what a member answers to a question of the programme in force; choosing nothing takes the answer back. The
    segments of the answers follow. Answering the same again is nothing.

    Raises `NotFound`, `NotAnAnswer` or `NotActive`.
    """
    lock_counts(member)
    row = locked(member)
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    known = in_force().question(question)
    if known is None:
        raise NotFound("question")
    if not known.allows(chosen):
        raise NotAnAnswer()
    wanted = sorted(chosen)
    given = PreferenceAnswer.objects.filter(member=row, question=question).first()
    before = given.chosen if given else []
    if wanted == before:
        return Asked(known, tuple(wanted), given.answered_at if given else None)
    if not wanted:
        PreferenceAnswer.objects.filter(member=row, question=question).delete()
    else:
        given = given or PreferenceAnswer(member=row, question=question)
        given.chosen, given.answered_at = wanted, at
        given.save()
        occasion = gifts.Occasion("answer", given.pk, row.pk, at)
        for option in wanted:
            gifts.enter_segment(known.segment(option), occasion=occasion)
    for option in set(before) - set(wanted):
        gifts.leave_segment(known.segment(option), member=row.pk, at=at)
    record("member.answered", subject=row.pk, at=at, data={"question": question})
    return Asked(known, tuple(wanted), at if wanted else None)


def move(*, to: UUID, of: UUID) -> None:
    """What one member told is another's from now on. Where both answered a question the keeper's answer stays, and the
    other's segments go with their answer. Before segments themselves are moved."""
    told = list(PreferenceAnswer.objects.filter(member=to).values_list("question", flat=True))
    gone = PreferenceAnswer.objects.filter(member=of, question__in=told)
    segments = [segment_of(row.question, option) for row in gone for option in row.chosen]
    SegmentPlace.objects.filter(member=of, segment__in=segments).delete()
    gone.delete()
    PreferenceAnswer.objects.filter(member=of).update(member=to)


def _export(member: UUID) -> list[dict[str, Any]]:
    return [
        {"question": row.question, "chosen": row.chosen, "answered_at": row.answered_at.isoformat()}
        for row in PreferenceAnswer.objects.filter(member=member).order_by("question")
    ]


def _erase(member: UUID) -> None:
    PreferenceAnswer.objects.filter(member=member).delete()


holder = privacy.Holder("preferences", _export, _erase)
