"""One question of a draft: written, moved up and down, taken out. Of an open survey only the words can change."""

from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Survey
from campaigns.operations.surveys import shaping
from campaigns.queries.surveys import reading
from campaigns.rules.surveys import Content, Kind, Question
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.surveying.forms import QuestionForm, question_values
from loyalty.web.office.surveying.pages import named, saved, survey_page, url_of
from loyalty.web.office.surveying.starts import KINDS

_BEFORE = {"up": -1, "down": 1}


@require_http_methods(["GET", "HEAD", "POST"])
@require("surveys.edit")
def add(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
    """A new question of a kind, at the end."""
    row = named(survey_id)
    asked_for = request.GET.get("kind", "")
    if asked_for not in set(Kind):
        raise Http404
    content = reading.content_of(row)
    return _page(request, here, row, content, Kind(asked_for), len(content.questions))


@require_http_methods(["GET", "HEAD", "POST"])
@require("surveys.edit")
def edit(request: HttpRequest, here: Here, survey_id: str, question: str) -> HttpResponse:
    """A question that is there."""
    row = named(survey_id)
    content = reading.content_of(row)
    index = _place(content, question)
    return _page(request, here, row, content, content.questions[index].kind, index)


def _place(content: Content, question: str) -> int:
    for index, one in enumerate(content.questions):
        if one.id == question:
            return index
    raise Http404


def _page(
    request: HttpRequest, here: Here, row: Survey, content: Content, kind: Kind, index: int
) -> HttpResponse:
    before = content.questions[index] if index < len(content.questions) else None
    form = QuestionForm(
        request.POST if request.method == "POST" else None, content=content, kind=kind, index=index,
        initial=question_values(before) if before else {"most": 5, "required": kind is Kind.NPS},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and _kept(form, here, row, content, before):
        messages.success(request, _("Saved."))
        return sent_to(request, url_of(here, "survey", row))
    context = {
        "form": form, "kind": KINDS[kind], "is_new": before is None, "open_language": here.merchant.language,
        "is_fixed": row.state != Survey.State.DRAFT,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return survey_page(
        request, here, row, "office/surveys/question.html", context, tab="survey", status=status
    )


def _kept(form: QuestionForm, here: Here, row: Survey, content: Content, before: Question | None) -> bool:
    written = msgspec.to_builtins(content)
    questions: list[dict[str, Any]] = list(written.get("questions", []))
    made = form.question(before.id if before else _free(content, form.kind), before)
    if before and row.state != Survey.State.DRAFT:
        # What answers depend on is as it was; a form without a script cannot change it by mistake.
        made |= {"when": questions[form.index].get("when"), "most": before.most}
        made = {name: value for name, value in made.items() if value is not None}
    questions[form.index : form.index + 1] = [made]
    return saved(form, row, {"content": {**written, "questions": questions}}, here)


def _free(content: Content, kind: Kind) -> str:
    """An id that no question of the survey has."""
    taken = {one.id for one in content.questions}
    stem = kind.value.replace("_", "-")
    return next(name for n in range(1, 1000) if (name := f"{stem}-{n}") not in taken)


@require_POST
@require("surveys.edit")
def move(request: HttpRequest, here: Here, survey_id: str, question: str, move: str) -> HttpResponse:
    """Up, down, or out of the survey."""
    row = named(survey_id)
    if row.state != Survey.State.DRAFT:
        raise PermissionDenied
    content = reading.content_of(row)
    index = _place(content, question)
    written = msgspec.to_builtins(content)
    questions = list(written["questions"])
    if move == "remove":
        del questions[index]
        said = _("The question is out of the survey.")
    elif move in _BEFORE and 0 <= (to := index + _BEFORE[move]) < len(questions):
        questions[index], questions[to] = questions[to], questions[index]
        said = _("Moved.")
    else:
        raise Http404
    shaping.edit_survey(survey=row.pk, changes={"content": {**written, "questions": questions}}, at=here.at)
    messages.success(request, said)
    return sent_to(request, url_of(here, "survey", row))
