"""Surveys: the list, a new one, and one with its questions, words and settings; opened, closed and sent."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Survey
from campaigns.operations.surveys import inviting, shaping
from campaigns.queries.surveys import reading, results
from campaigns.rules.surveys import Content, worded
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import queries as programmes
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE
from loyalty.web.office.surveying.forms import (
    NewSurveyForm,
    SettingsForm,
    WordsForm,
    settings_of,
    spread,
    told_when,
)
from loyalty.web.office.surveying.starts import KINDS, STARTS
from members.operations.activities import is_asked_for
from members.queries.belonging import segment_choices

CURRENT = "surveys"
STATES = {
    Survey.State.DRAFT: (gettext_lazy("Draft"), ""),
    Survey.State.OPEN: (gettext_lazy("Open"), "good"),
    Survey.State.CLOSED: (gettext_lazy("Closed"), "warn"),
}
_TABS = (
    ("survey", gettext_lazy("Questions")),
    ("survey_words", gettext_lazy("Words")),
    ("survey_settings", gettext_lazy("Who and when")),
    ("survey_results", gettext_lazy("Answers")),
)


def url_of(here: Here, name: str, row: Survey, *args: str) -> str:
    """The address of a page about a survey."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("srv", row.pk), *args])


def named(survey_id: str) -> Survey:
    """The survey an address names."""
    return reading.survey(ids.decode("srv", survey_id))


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """Surveys, and whom to get back to."""
    slug = here.merchant.slug
    return [
        {"label": _("Surveys"), "url": reverse("office:surveys", args=[slug]), "current": current == "surveys"},
        {
            "label": _("Get back to"), "url": reverse("office:survey_follow_ups", args=[slug]),
            "current": current == "follow_ups", "count": results.waiting_count(),
        },
    ]  # fmt: skip


def survey_page(
    request: HttpRequest, here: Here, row: Survey, template: str, context: dict[str, Any], *, tab: str,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """A page about one survey, with its head and the ways between them."""
    state, badge = STATES[Survey.State(row.state)]
    ways = {name: url_of(here, f"survey_{name}", row) for name in ("open", "close", "remove", "send", "stop")}
    frame = {
        "survey": row, "state": state, "badge": badge, "ways": ways,
        "is_draft": row.state == Survey.State.DRAFT, "is_open": row.state == Survey.State.OPEN,
        "tabs": [
            {"label": label, "url": url_of(here, name, row), "current": name == tab,
             "count": reading.counts([row]).get(row.pk, 0) if name == "survey_results" else None}
            for name, label in _TABS
        ],
    }  # fmt: skip
    return office_page(request, here, template, {**frame, **context}, current=CURRENT, status=status)


@require_safe
@require("surveys.view")
def surveys(request: HttpRequest, here: Here) -> HttpResponse:
    """All surveys, last made first."""
    rows = list(reading.surveys()[:PAGE])
    counts, labels = reading.counts(rows), dict(segment_choices())
    shown = [
        {
            "row": row, "url": url_of(here, "survey_results" if counts.get(row.pk) else "survey", row),
            "state": STATES[Survey.State(row.state)][0], "badge": STATES[Survey.State(row.state)][1],
            "answers": counts.get(row.pk, 0), "for": labels.get(row.segment, row.segment),
        }
        for row in rows
    ]  # fmt: skip
    context = {"rows": shown, "tabs": tabs(here, "surveys")}
    return office_page(request, here, "office/surveys/surveys.html", context, current=CURRENT)


@require_http_methods(["GET", "HEAD", "POST"])
@require("surveys.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new one, out of a start."""
    form = NewSurveyForm(request.POST if request.method == "POST" else None, initial={"start": "recommend"})
    if request.method == "POST" and form.is_valid():
        try:
            row = shaping.create_survey(
                name=form.cleaned_data["name"],
                content=STARTS[form.cleaned_data["start"]].content(),
                at=here.at,
            )
        except DomainError as refusal:
            show_errors(form, refusal, {"handle": "name"})
        else:
            messages.success(request, _("The survey is a draft. Nobody is asked until you open it."))
            return sent_to(request, url_of(here, "survey", row))
    chosen = form["start"].value()
    starts = [{"key": key, "start": one, "chosen": key == chosen} for key, one in STARTS.items()]
    context = {"form": form, "starts": starts}
    status = 422 if form.errors else 200
    return office_page(request, here, "office/surveys/new.html", context, current=CURRENT, status=status)


@require_safe
@require("surveys.view")
def survey(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
    """Its questions, and what can be done with it now."""
    row = named(survey_id)
    content = reading.content_of(row)
    context = {
        "questions": _questions(here, row, content),
        "can_change": row.state == Survey.State.DRAFT and here.may("surveys.edit"),
        "kinds": [
            {"kind": kind.value, "name": name, "url": f"{url_of(here, 'survey_question_new', row)}?kind={kind.value}"}
            for kind, name in KINDS.items()
            if kind.value != "nps" or content.nps is None
        ],
        "rewards": is_asked_for("survey"),
        "rules_url": reverse("office:programme_area", args=[here.merchant.slug, "earning"]),
        "has_programme": programmes.in_force() is not None,
        "open_link": reading.open_link(here.merchant.slug, row),
    }  # fmt: skip
    return survey_page(request, here, row, "office/surveys/survey.html", context, tab="survey")


def _questions(here: Here, row: Survey, content: Content) -> list[dict[str, Any]]:
    language = here.merchant.language
    return [
        {
            "question": one, "text": worded(one.name, language), "kind": KINDS[one.kind],
            "follows": told_when(content, one.when) if one.when else "",
            "url": url_of(here, "survey_question", row, one.id),
            "up_url": url_of(here, "survey_question_move", row, one.id, "up") if index else "",
            "down_url": url_of(here, "survey_question_move", row, one.id, "down")
            if index + 1 < len(content.questions) else "",
            "remove_url": url_of(here, "survey_question_move", row, one.id, "remove"),
        }
        for index, one in enumerate(content.questions)
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("surveys.view")
def words(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
    """Title, introduction and thanks, in every language."""
    row = named(survey_id)
    content = reading.content_of(row)
    first = spread({"title": content.title, "intro": content.intro, "thanks": content.thanks})
    form = WordsForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST":
        _may_edit(here)
        if form.is_valid():
            said = {name: form.words(name) for name in ("title", "intro", "thanks")}
            done = saved(form, row, {"content": {**msgspec.to_builtins(content), **said}}, here)
            if done:
                messages.success(request, _("Saved."))
                return sent_to(request, url_of(here, "survey_words", row))
    context = {"form": form, "open_language": here.merchant.language}
    status = 422 if form.errors else 200
    return survey_page(
        request, here, row, "office/surveys/words.html", context, tab="survey_words", status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("surveys.view")
def settings(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
    """Who is asked, when, and how often."""
    row = named(survey_id)
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=settings_of(row))
    if request.method == "POST":
        _may_edit(here)
        if form.is_valid() and saved(form, row, form.cleaned_data, here):
            messages.success(request, _("Saved."))
            return sent_to(request, url_of(here, "survey_settings", row))
    status = 422 if form.errors else 200
    return survey_page(
        request,
        here,
        row,
        "office/surveys/settings.html",
        {"form": form},
        tab="survey_settings",
        status=status,
    )


def _may_edit(here: Here) -> None:
    if not here.may("surveys.edit"):
        raise PermissionDenied


def saved(form: Any, row: Survey, changes: dict[str, Any], here: Here) -> bool:
    """Keep a change, or show what is wrong with it beside its field. A question's words are named by their language."""
    try:
        shaping.edit_survey(survey=row.pk, changes=changes, at=here.at)
    except DomainError as refusal:
        for problem in getattr(refusal, "errors", [{"field": refusal.field or "", "message": str(refusal)}]):
            field = problem["field"]
            name = (
                "options"
                if ".options" in field
                else field.rpartition("]")[2].removeprefix("content").strip(".")
            )
            name = name.replace(".", "_")
            known = next((f for f in (name, f"{name}_{here.merchant.language}") if f in form.fields), None)
            form.add_error(known, problem["message"])
        return False
    return True


def _doing(
    permission: str, do: Callable[..., Any], said: Any, where: str = "survey"
) -> Callable[..., HttpResponseBase]:
    """A button's page: does one thing with a survey and says so."""

    @require_POST
    @require(permission)
    def page(request: HttpRequest, here: Here, survey_id: str) -> HttpResponse:
        row = named(survey_id)
        do(survey=row.pk, at=here.at)
        messages.success(request, str(said))
        there = (
            reverse("office:surveys", args=[here.merchant.slug])
            if where == "surveys"
            else url_of(here, where, row)
        )
        return sent_to(request, there)

    return page


open_it = _doing("surveys.edit", shaping.open_survey, gettext_lazy("The survey is open."))
close_it = _doing(
    "surveys.edit", shaping.close_survey, gettext_lazy("The survey is closed. What was answered stays.")
)
remove = _doing("surveys.edit", shaping.remove_survey, gettext_lazy("The draft is gone."), "surveys")
send = _doing("surveys.edit", inviting.send_survey, gettext_lazy("The mails are being written."))
stop = _doing("surveys.edit", inviting.stop_sending, gettext_lazy("No more mails go out."))
