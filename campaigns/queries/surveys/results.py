"""What was answered: by question, by group, by month, and the rows for a spreadsheet.

Shares are of those who answered that question. A group with fewer answers than `LEAST` is not told apart: one could see
who said what.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from campaigns.models import Survey, SurveyAlert, SurveyAnswer, SurveyText
from campaigns.queries.surveys.reading import content_of
from campaigns.rules.surveys import Kind, Question
from campaigns.rules.surveys.nps import LEAST, Nps, of_scores
from loyalty.core.errors import NotFound

TEXTS = 200
"""So many of what was written last a page shows."""
_AT_ONCE = 2000

type Row = tuple[UUID | None, dict, int | None, str, list[str], datetime]


@dataclass(frozen=True, slots=True)
class Counted:
    """One possible answer: its value, how many gave it, and their share of those who answered."""

    value: int | str | bool
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was answered: `counted` by possible answer, `mean` of numbers, `nps` where it is that
    question, `texts` the last that were written as (answer, text)."""

    question: Question
    answers: int
    counted: tuple[Counted, ...] = ()
    mean: float | None = None
    nps: Nps | None = None
    texts: tuple[SurveyText, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The score of those of a tier or in a segment. `nps` is None where they are too few to be told apart."""

    kind: str
    name: str
    answers: int
    nps: Nps | None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything of one survey. `months` are ("2026-03", score) in the shop's zone, oldest first, without gaps."""

    answers: int
    members: int
    nps: Nps | None
    questions: tuple[Asked, ...]
    groups: tuple[Group, ...]
    months: tuple[tuple[str, Nps], ...]


def results(row: Survey, *, zone: ZoneInfo) -> Results:
    """What a survey found out. Reads every answer once."""
    content = content_of(row)
    found = SurveyAnswer.objects.filter(survey=row).order_by("answered_at", "id")
    answers = list(
        found.values_list("member", "given", "score", "tier", "segments", "answered_at").iterator(_AT_ONCE)
    )
    scores = [score for _m, _g, score, *_rest in answers if score is not None]
    texts = _texts(row)
    return Results(
        answers=len(answers),
        members=len({member for member, *_rest in answers if member is not None}),
        nps=of_scores(scores) if content.nps else None,
        questions=tuple(_asked(one, [a[1] for a in answers], scores, texts) for one in content.questions),
        groups=tuple(_groups(answers)) if content.nps else (),
        months=tuple(_months(answers, zone)) if content.nps else (),
    )


def _texts(row: Survey) -> Mapping[str, list[SurveyText]]:
    found: dict[str, list[SurveyText]] = defaultdict(list)
    rows = SurveyText.objects.filter(answer__survey=row).select_related("answer").order_by("-id")
    for one in rows[: TEXTS * 4]:
        if len(found[one.question]) < TEXTS:
            found[one.question].append(one)
    return found


def _asked(
    question: Question, given: Sequence[Mapping], scores: Sequence[int], texts: Mapping[str, list[SurveyText]]
) -> Asked:
    if question.kind is Kind.TEXT:
        written = SurveyText.objects.filter(question=question.id)
        mine = texts.get(question.id, [])
        number = written.filter(answer__survey=mine[0].answer.survey_id).count() if mine else 0
        return Asked(question, number, texts=tuple(mine))
    said = [one[question.id] for one in given if question.id in one]
    counts: Counter = Counter(value for one in said for value in (one if isinstance(one, list) else (one,)))
    possible: Iterable[int | str | bool]
    if question.numbers:
        possible = question.numbers
    elif question.kind is Kind.YES_NO:
        possible = (True, False)
    else:
        possible = [option.id for option in question.options]
    counted = tuple(Counted(v, counts[v], counts[v] / len(said) if said else 0.0) for v in possible)
    mean = sum(said) / len(said) if said and question.numbers else None
    return Asked(question, len(said), counted, mean, of_scores(scores) if question.kind is Kind.NPS else None)


def _groups(answers: Iterable[Row]) -> Iterator[Group]:
    """By tier, then by segment, each as it was when they answered."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for _member, _given, score, tier, segments, _at in answers:
        if score is None:
            continue
        found["tier", tier].append(score)
        for segment in segments:
            found["segment", segment].append(score)
    for (kind, name), scores in sorted(found.items(), key=lambda one: (one[0][0] != "tier", one[0][1])):
        yield Group(kind, name, len(scores), of_scores(scores) if len(scores) >= LEAST else None)


def _months(answers: Sequence[Row], zone: ZoneInfo) -> Iterator[tuple[str, Nps]]:
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for _member, _given, score, _tier, _segments, at in answers:
        if score is not None:
            day = at.astimezone(zone)
            found[day.year, day.month].append(score)
    if not found:
        return
    year, month = min(found)
    while (year, month) <= max(found):
        yield f"{year}-{month:02}", of_scores(found.get((year, month), []))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


# --- rows ---------------------------------------------------------------------------------------------------------


def answers_of(row: Survey) -> QuerySet[SurveyAnswer]:
    """The answers to a survey, in no order, with what was written; the caller sorts and slices."""
    return SurveyAnswer.objects.filter(survey=row).prefetch_related("texts")


def answered_by(member: UUID) -> QuerySet[SurveyAnswer]:
    """What a member answered, newest first, with the surveys and what was written."""
    found = SurveyAnswer.objects.filter(member=member).select_related("survey").prefetch_related("texts")
    return found.order_by("-answered_at", "-id")


def whole(answer: SurveyAnswer) -> dict:
    """An answer with what was written, by question."""
    return {**answer.given, **{one.question: one.text for one in answer.texts.all()}}


# --- whom to get back to --------------------------------------------------------------------------------------------


def follow_ups(*, done: bool = False) -> QuerySet[SurveyAlert]:
    """Members to get back to, the oldest first; those that are done, the newest first."""
    rows = SurveyAlert.objects.select_related("answer__survey")
    if done:
        return rows.filter(state=SurveyAlert.State.DONE).order_by("-id")
    return rows.filter(state__in=(SurveyAlert.State.OPEN, SurveyAlert.State.TAKEN)).order_by("id")


def follow_up(key: UUID) -> SurveyAlert:
    """One, with its answer; `NotFound` otherwise."""
    found = SurveyAlert.objects.filter(pk=key).select_related("answer__survey").first()
    if found is None:
        raise NotFound("follow-up")
    return found


def waiting_count() -> int:
    """How many wait for somebody to get back to them."""
    return follow_ups().count()


def texts_of(answers: Collection[UUID]) -> dict[UUID, list[str]]:
    """What was written in some answers; those without are missing. One query."""
    found: dict[UUID, list[str]] = {}
    for answer, text in (
        SurveyText.objects.filter(answer__in=list(answers)).order_by("id").values_list("answer", "text")
    ):
        found.setdefault(answer, []).append(text)
    return found
