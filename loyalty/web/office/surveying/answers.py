"""What was answered: the score with what it is worth, each question, groups, months, and everything as a file."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.charts.base import Chart
from analytics.charts.trend import Line, Series
from campaigns.queries.surveys import reading, results
from campaigns.queries.surveys.results import Asked, Group
from campaigns.rules.surveys import Content, Kind, Question, worded
from campaigns.rules.surveys.nps import FEW, LEAST, Nps
from loyalty.core import formats, ids
from loyalty.core.pages import Here, require
from loyalty.web.office.files import download
from loyalty.web.office.members import known_as
from loyalty.web.office.surveying.pages import named, survey_page
from members.queries import directory
from members.queries.belonging import segment_choices
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force

SHOWN_TEXTS = 20


def rounded(value: float) -> str:
    """A score as people read it: a whole number with its sign."""
    return formats.signed(round(value)) if round(value) else "0"


def told_score(nps: Nps) -> dict[str, Any]:
    """A score with its interval and its parts; widths of a drawing are of 100."""
    if nps.score is None or nps.interval is None:
        return {"answers": 0}
    low, high = nps.interval
    promoting, passive = (100 * part / nps.answers for part in (nps.promoters, nps.passives))
    return {
        "answers": nps.answers, "score": rounded(nps.score), "low": rounded(low), "high": rounded(high),
        "few": nps.few, "enough": FEW, "detractors": nps.detractors, "passives": nps.passives,
        "promoters": nps.promoters, "width_good": f"{promoting:.2f}", "width_between": f"{passive:.2f}",
        "start_bad": f"{promoting + passive:.2f}", "width_bad": f"{100 - promoting - passive:.2f}",
    }  # fmt: skip


@require_safe
@require("surveys.view")
def answers(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
    """Everything of one survey."""
    row = named(survey_id)
    found = results.results(row, zone=ZoneInfo(here.merchant.timezone))
    language = here.merchant.language
    people = _people(found.questions) if here.may("members.view") else {}
    context = {
        "found": found,
        "nps": told_score(found.nps) if found.nps else None,
        "trend": _trend(found.months, here) if len(found.months) > 1 else None,
        "groups": [_group(one, labels) for one in found.groups] if (labels := _labels()) else [],
        "least": LEAST,
        "questions": [_asked(one, language, people, here) for one in found.questions],
        "export_url": reverse("office:survey_export", args=[here.merchant.slug, survey_id]),
        "can_export": here.may("members.export") and found.answers,
    }
    return survey_page(request, here, row, "office/surveys/answers.html", context, tab="survey_results")


def _labels() -> dict[tuple[str, str], str]:
    ladder = ladder_in_force()
    found = {("tier", tier.id): tier_name(ladder, tier.id) for tier in ladder.ladder}
    found["tier", ""] = _("Without a level")
    return found | {("segment", handle): label for handle, label in segment_choices()}


def _group(one: Group, labels: dict[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "kind": _("Level") if one.kind == "tier" else _("Segment"),
        "name": labels.get((one.kind, one.name), one.name), "answers": one.answers,
        "nps": told_score(one.nps) if one.nps else None,
    }  # fmt: skip


def _people(questions: tuple[Asked, ...]) -> dict[Any, directory.Row]:
    texts = (text for one in questions for text in one.texts[:SHOWN_TEXTS])
    return directory.by_ids({text.answer.member_id for text in texts if text.answer.member_id})


def label_of(question: Question, value: Any, language: str) -> str:
    """A possible answer, in words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):
        return formats.number(value)
    option = next((one for one in question.options if one.id == value), None)
    return worded(option.name, language) if option else str(value)


def _asked(one: Asked, language: str, people: dict[Any, directory.Row], here: Here) -> dict[str, Any]:
    texts = []
    for text in one.texts[:SHOWN_TEXTS]:
        person = people.get(text.answer.member_id)
        texts.append({
            "text": text.text, "at": text.answer.answered_at, "score": text.answer.score,
            "who": (person.name or known_as(person)) if person else "",
            "url": reverse("office:about_fits", args=[here.merchant.slug, ids.encode("mbr", person.member.pk)])
            if person else "",
        })  # fmt: skip
    return {
        "question": one.question, "text": worded(one.question.name, language), "answers": one.answers,
        "mean": format_decimal(round(one.mean, 1), locale=formats.locale()) if one.mean is not None else "",
        "counted": [
            {"label": label_of(one.question, each.value, language), "count": each.count,
             "share": round(100 * each.share)}
            for each in one.counted
        ],
        "texts": texts, "more": max(0, one.answers - SHOWN_TEXTS) if texts else 0,
        "is_text": one.question.kind is Kind.TEXT,
    }  # fmt: skip


def _trend(months: tuple[tuple[str, Nps], ...], here: Here) -> Chart:
    return Line(
        key="nps", title=_("Month by month"), axis=_("Month"),
        sentence=_("The score of those who answered in each month. Months with few answers swing widely."),
        places=tuple(formats.period("month", date.fromisoformat(f"{m}-01"), short=True) for m, _nps in months),
        series=(
            Series(_("Score"), tuple(nps.score for _m, nps in months)),
            Series(_("At least"), tuple(nps.interval[0] if nps.interval else None for _m, nps in months), before=True),
            Series(_("At most"), tuple(nps.interval[1] if nps.interval else None for _m, nps in months), before=True),
        ),
        show=rounded, tick=rounded,
    )  # fmt: skip


@require_safe
@require("members.export")
def export(request: HttpRequest, here: Here, survey_id: str) -> HttpResponseBase:
    """Every answer as a row: who, when, their level and segments then, and each question."""
    row = named(survey_id)
    content, language = reading.content_of(row), here.merchant.language
    head = [_("Answered"), _("Member"), _("Level"), _("Segments"), _("Came by"),
            *(worded(one.name, language) for one in content.questions)]  # fmt: skip
    rows = results.answers_of(row).order_by("answered_at", "id")
    lines = (_line(one, content, language, here) for one in rows.iterator(chunk_size=1000))
    return download(request, row.handle, head, lines)


def _line(one: Any, content: Content, language: str, here: Here) -> list[Any]:
    said = results.whole(one)
    at = one.answered_at.astimezone(ZoneInfo(here.merchant.timezone)).isoformat(timespec="seconds")
    member = ids.encode("mbr", one.member_id) if one.member_id else ""
    return [at, member, one.tier, ", ".join(one.segments), one.came_by,
            *(_cell(question, said.get(question.id), language) for question in content.questions)]  # fmt: skip


def _cell(question: Question, said: Any, language: str) -> Any:
    if said is None:
        return ""
    if isinstance(said, list):
        return ", ".join(label_of(question, value, language) for value in said)
    if question.kind is Kind.TEXT or (isinstance(said, int) and not isinstance(said, bool)):
        return said
    return label_of(question, said, language)
