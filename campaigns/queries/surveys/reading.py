"""Surveys as they stand: found, read, and for one member: whether they are asked, may answer, or have answered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signing
from django.db.models import Count, QuerySet

from campaigns.models import Message, Survey, SurveyAnswer
from campaigns.rules.surveys import Content
from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.tenancy import scope
from members.queries.choosing import Choice
from members.queries.offers import belonging

MAIL = "survey"
"""The kind of message that asks somebody."""
_SALT = "campaigns.surveys"


class Stands(StrEnum):
    """How a survey stands for a member."""

    OPEN = "open"
    ANSWERED = "answered"
    NOT_OPEN = "not_open"
    NOT_FOR_YOU = "not_for_you"


def surveys() -> QuerySet[Survey]:
    """All of them, last made first."""
    return Survey.objects.order_by("-id")


def survey(survey_id: UUID) -> Survey:
    """One; `NotFound` otherwise."""
    found = Survey.objects.filter(pk=survey_id).first()
    if found is None:
        raise NotFound("survey")
    return found


def answer(answer_id: UUID) -> SurveyAnswer:
    """One answer with its survey; `NotFound` otherwise."""
    found = SurveyAnswer.objects.filter(pk=answer_id).select_related("survey").first()
    if found is None:
        raise NotFound("answer")
    return found


def content_of(row: Survey) -> Content:
    """What a survey asks."""
    return msgspec.convert(row.content, Content, strict=True)


def counts(rows: Collection[Survey]) -> dict[UUID, int]:
    """How many answers each of some surveys has; one query."""
    found = SurveyAnswer.objects.filter(survey__in=[row.pk for row in rows]).values_list("survey")
    return dict(found.annotate(number=Count("id")).order_by("survey"))


def is_open(row: Survey, *, at: datetime) -> bool:
    """Whether answers are taken at an instant."""
    begun = row.opens_at is None or row.opens_at <= at
    return row.state == Survey.State.OPEN and begun and (row.closes_at is None or at < row.closes_at)


def audience(row: Survey) -> Choice:
    """Who is asked by e-mail: those it is for who said yes to news, as everybody who is written to unasked."""
    return Choice(status="active", news="email", segment=row.segment, sort="oldest")


# --- for one member ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mine:
    """A survey as it stands for a member. `round` is the one that their next answer would be; `last` their last."""

    survey: Survey
    stands: Stands
    round: int = 1
    last: SurveyAnswer | None = None


def mine(row: Survey, member: UUID, *, at: datetime) -> Mine:
    """How a survey stands for a member. What they answered stands before whether it is open."""
    last = SurveyAnswer.objects.filter(survey=row, member=member).order_by("-round").first()
    return _stands(row, last, belonging(member, at=at)[1] if row.segment else frozenset(), at)


def _stands(row: Survey, last: SurveyAnswer | None, segments: frozenset[str], at: datetime) -> Mine:
    number = last.round + 1 if last else 1
    if last and (not row.again_after_days or at < last.answered_at + timedelta(days=row.again_after_days)):
        return Mine(row, Stands.ANSWERED, number, last)
    if not is_open(row, at=at):
        return Mine(row, Stands.NOT_OPEN, number, last)
    if row.segment and row.segment not in segments:
        return Mine(row, Stands.NOT_FOR_YOU, number, last)
    return Mine(row, Stands.OPEN, number, last)


def to_ask(member: UUID, *, at: datetime) -> list[Mine]:
    """The surveys to show on a member's card now, the newest first: open for them, not answered, and with the pause
    since they were last asked or answered anything else."""
    rows = [
        row
        for row in Survey.objects.filter(state=Survey.State.OPEN, on_card=True).order_by("-id")
        if is_open(row, at=at)
    ]
    if not rows:
        return []
    segments = belonging(member, at=at)[1]
    answers = SurveyAnswer.objects.filter(member=member, survey__in=[row.pk for row in rows])
    last = {one.survey_id: one for one in answers.order_by("round")}
    found = [_stands(row, last.get(row.pk), segments, at) for row in rows]
    return [
        one
        for one in found
        if one.stands is Stands.OPEN and member not in resting([member], one.survey, at=at)
    ]


def resting(members: Collection[UUID], row: Survey, *, at: datetime) -> set[UUID]:
    """Which of some members are left in peace: asked by mail about another survey, or having answered any, within this
    one's pause."""
    if not row.rest_days:
        return set()
    since = at - timedelta(days=row.rest_days)
    answered = SurveyAnswer.objects.filter(member__in=members, answered_at__gt=since)
    mailed = Message.objects.filter(member__in=members, kind=MAIL, created_at__gt=since)
    mailed = mailed.exclude(occasion__startswith=f"{MAIL}:{row.pk.hex}:")
    found = {*answered.values_list("member", flat=True), *mailed.values_list("member", flat=True)}
    return {one for one in found if one is not None}


def answered_for_good(members: Collection[UUID], row: Survey, *, at: datetime) -> set[UUID]:
    """Which of some members cannot answer a survey now, because they have."""
    rows = SurveyAnswer.objects.filter(survey=row, member__in=members)
    if row.again_after_days:
        rows = rows.filter(answered_at__gt=at - timedelta(days=row.again_after_days))
    return {one for one in rows.values_list("member", flat=True) if one is not None}


# --- links that need no signing in --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is, and to which survey."""

    member: UUID
    survey: UUID


def token(*, member: UUID, survey: UUID) -> str:
    """What stands in a member's own link. It is good for as long as the survey is open."""
    return signing.dumps([scope.merchant_id(), member.hex, survey.hex], salt=_SALT, compress=True)


def holder(text: str) -> Holder | None:
    """Who holds a link of the shop acted for; None for what was never given out here."""
    try:
        merchant, member, found = signing.loads(text[:400], salt=_SALT)
        named = Holder(UUID(member), UUID(found))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return named if merchant == scope.merchant_id() else None


def link(slug: str, *, member: UUID, survey: UUID) -> str:
    """A member's own address of a survey, with its host."""
    return f"{settings.SITE_URL}/{slug}/s/{token(member=member, survey=survey)}/"


def open_link(slug: str, row: Survey) -> str:
    """The address for everybody, with its host: members sign in on the way."""
    return f"{settings.SITE_URL}/{slug}/surveys/{ids.encode('srv', row.pk)}/"
