"""Rehearsals: asking for one, how far it is, and what it came to."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Rehearsal
from campaigns.operations.rehearsing import remove_rehearsal, start_rehearsal, stop_rehearsal
from campaigns.queries import rehearsals as reading
from campaigns.queries.rehearsals import State
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import document, queries
from loyalty.web.office.files import chart_file
from loyalty.web.office.frame import office_page
from loyalty.web.office.people import names_of
from loyalty.web.office.programme_parts import tabs
from loyalty.web.office.rehearsing.forms import RehearsalForm
from loyalty.web.office.rehearsing.told import told
from loyalty.web.office.worth import cost_of, point_cost
from rewards.queries.catalogue import rewards

LISTED = 20
STATES = {
    "running": (gettext_lazy("Under way"), "info"),
    "done": (gettext_lazy("Done"), "good"),
    "failed": (gettext_lazy("Stopped"), "bad"),
    "cancelled": (gettext_lazy("Cancelled"), ""),
}
#: Fields of the operation's refusals, as the form calls them.
ALIASES = {"since": "period"}


def result_url(here: Here, row: Rehearsal, name: str = "result") -> str:
    """The address of a rehearsal, or of something about it."""
    return reverse(f"office:rehearsal_{name}", args=[here.merchant.slug, ids.encode("rhs", row.pk)])


def _costs() -> dict[str, Any]:
    """What a point and each reward cost the shop today, in minor units."""
    catalogue = list(rewards())
    each = point_cost(catalogue)
    return {
        "point": str(each) if each is not None else "",
        "rewards": {row.handle: cost_of(row) for row in catalogue if cost_of(row)},
    }


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.view")
def rehearsal(request: HttpRequest, here: Here) -> HttpResponse:
    """Ask for a rehearsal of the draft; those that were made."""
    if request.method == "POST" and not here.may("programme.edit"):
        raise PermissionDenied
    form = RehearsalForm(
        request.POST if request.method == "POST" else None, currency=here.merchant.currency,
        zone=ZoneInfo(here.merchant.timezone), at=here.at,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        made = _started(form, here)
        if made is not None:
            messages.success(request, _("It is being tried. You can leave; the answer waits for you."))
            return sent_to(request, result_url(here, made))
    rows = list(reading.rehearsals()[:LISTED])
    context = {
        "form": form,
        "tabs": tabs(here, "rehearsal"),
        "draft": queries.draft(),
        "rows": _listed(rows, here),
        "purchases": reading.first_purchase() is not None,
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/rehearsal/start.html", context, current="programme", status=status
    )


def _started(form: RehearsalForm, here: Here) -> Rehearsal | None:
    """None when it was refused, with the reason on the form."""
    since, until = form.span()
    try:
        return start_rehearsal(
            since=since, until=until, at=here.at, costs=_costs(), margin=form.margin(),
            limit_minor=form.cleaned_data["limit"] or None, moved=form.cleaned_data["moved"],
        )  # fmt: skip
    except DomainError as refusal:
        show_errors(form, refusal, ALIASES)
        return None


def _listed(rows: list[Rehearsal], here: Here) -> list[dict[str, Any]]:
    states, names = reading.states(rows), names_of(row.asked_by for row in rows)
    versions = reading.published_as(rows)
    found = []
    for row in rows:
        state = states[row.pk]
        label, badge = STATES[state.name]
        points = None
        if row.finished_at:
            figures = reading.figures_of(row)
            points = figures.whole.after + figures.doing.after - figures.whole.before - figures.doing.before
        found.append({
            "row": row, "url": result_url(here, row), "state": label, "badge": badge, "points": points,
            "by": names.get(row.asked_by, ""), "version": versions.get(row.version),
        })  # fmt: skip
    return found


def _is_old(row: Rehearsal) -> bool:
    """Whether the draft says something else by now."""
    draft = queries.draft()
    if draft is None or draft.pk != row.version:
        return False
    return document.parse(draft.document).document() != document.parse(row.document).document()


@never_cache
@require_safe
@require("programme.view")
def result(request: HttpRequest, here: Here, rehearsal_id: str) -> HttpResponseBase:
    """One: how far it is, then what it came to; with `?csv` the months as a file."""
    row = reading.rehearsal(ids.decode("rhs", rehearsal_id))
    state = reading.states([row])[row.pk]
    context: dict[str, Any] = {
        "row": row, "state": state, "progress": _progress(state), "here_url": request.path,
        "state_label": STATES[state.name][0], "version": reading.published_as([row]).get(row.version),
        "asked_by": names_of([row.asked_by]).get(row.asked_by, ""), "is_old": _is_old(row),
        "stop_url": result_url(here, row, "stop"), "remove_url": result_url(here, row, "remove"),
        "members_url": result_url(here, row, "members"),
        "fewer_url": f"{result_url(here, row, 'members')}?way=fewer",
    }  # fmt: skip
    if row.finished_at:
        context |= told(row, here)
        if "csv" in request.GET:
            return chart_file(request, "rehearsal", context["chart"])
    return office_page(
        request, here, "office/rehearsal/result.html", context, current="programme", partial="rehearsed"
    )


def _progress(state: State) -> dict[str, Any]:
    text = _("{done} of {total} members").format(
        done=formats.number(state.done), total=formats.number(state.total)
    )
    return {"value": min(state.done, state.total), "max": max(state.total, 1), "text": text}


@require_POST
@require("programme.edit")
def stop(request: HttpRequest, here: Here, rehearsal_id: str) -> HttpResponse:
    """Stop it before its next stretch."""
    row = stop_rehearsal(rehearsal=ids.decode("rhs", rehearsal_id), at=here.at)
    messages.success(request, _("It stops. Nothing of your shop has changed."))
    return sent_to(request, result_url(here, row))


@require_POST
@require("programme.edit")
def remove(request: HttpRequest, here: Here, rehearsal_id: str) -> HttpResponse:
    """Throw it away."""
    remove_rehearsal(rehearsal=ids.decode("rhs", rehearsal_id), at=here.at)
    messages.success(request, _("The rehearsal is gone. Your programme and your draft are as they were."))
    return sent_to(request, reverse("office:rehearsal", args=[here.merchant.slug]))
