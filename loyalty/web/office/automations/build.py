"""The form of an automation: what begins it, its steps as a list of small forms, what ends it. Works without a script;
with one, what it says follows what is typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.models import Automation
from campaigns.operations.automations.shaping import (
    AutomationEnded,
    checked_flow,
    create_automation,
    edit_automation,
)
from campaigns.queries.automations import reading, wording
from campaigns.rules.automations import Flow
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import queries as programmes
from loyalty.core.webhooks import queries as webhooks
from loyalty.web.office.automations.starts import STARTS
from loyalty.web.office.automations.words import CURRENT, begins, drawn, names_here, told, url_of
from loyalty.web.office.editor.parts import Desk
from loyalty.web.office.editor.tree import Editor
from loyalty.web.office.frame import language_of, office_page
from loyalty.web.office.segments.build import desk_of as desk_of_conditions
from members.queries.belonging import follows_from_conditions, segment_choices
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

DO = "_do"


class NameForm(forms.Form):
    """What an automation is called, and what it is good for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Only you and your colleagues read it."),
    )
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=300, required=False)


def desk_of(here: Here) -> Desk:
    """Everything the form may offer to choose."""
    desk = desk_of_conditions(here)
    current = programmes.in_force()
    offers = current.programme["offers"].offers if current else ()
    language = language_of(here.merchant.language)
    choices = segment_choices()
    lists = [(handle, name) for handle, name in choices if not follows_from_conditions(handle)]
    picks = {
        **desk.picks,
        "events": list(wording.HAPPENINGS.items()),
        "all_segments": choices,
        "lists": lists,
        "rewards": [(row.handle, named(row)) for row in rewards()[:500]],
        "offers": [(one.id, one.named(language)) for one in offers],
        "endpoints": [
            (ids.encode("whe", row.pk), row.description or row.url) for row in webhooks.endpoints()
        ],
    }
    return Desk(desk.merchant, desk.document, picks, desk.at)


@require_http_methods(["GET", "HEAD", "POST"])
@require("automations.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new one: empty, begun with one of those that most shops want, or a copy of another (`?from=`)."""
    if "from" in request.GET:
        row = reading.automation(ids.decode("atm", request.GET["from"]))
        return _build(request, here, None, _written(row), {"name": row.name, "note": row.note})
    start = STARTS.get(request.GET.get("start", ""))
    initial = {"name": str(start.name), "note": str(start.text)} if start else {}
    return _build(
        request, here, None, start.flow(language_of(here.merchant.language)) if start else {}, initial
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("automations.edit")
def edit(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """What one says; what is changed waits until it is put to work."""
    row = reading.automation(ids.decode("atm", automation_id))
    if row.state == Automation.State.ENDED:
        raise AutomationEnded()
    return _build(request, here, row, _written(row), {"name": row.name, "note": row.note})


def _written(row: Automation) -> Mapping[str, Any]:
    """What one says: what is being written, else what counts now."""
    edition = reading.edition_in_force(row)
    found: Mapping[str, Any] = row.draft or (edition.flow if edition else {})
    return found


def _build(
    request: HttpRequest, here: Here, row: Automation | None, base: Mapping[str, Any], initial: dict[str, str]
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    asked = request.POST.get(DO, "")[:200] if typed is not None else ""
    names = NameForm(typed, initial=initial, label_suffix="")
    editor = Editor(Flow, base, desk_of(here), typed)
    preview = None
    if asked == "preview" or typed is None:
        preview = _says(here, editor, base if typed is None else None)
    elif asked:
        editor.change(asked)
    elif names.is_valid() & editor.is_valid():
        made = _save(request, here, row, names, editor)
        if made is not None:
            return sent_to(request, url_of(here, "automation", made))
    partial = "preview" if asked == "preview" else "sheet" if asked else ""
    if asked and typed is not None:  # whoever is still building is not told what is missing
        names = NameForm(initial={name: typed.get(name, "") for name in ("name", "note")}, label_suffix="")
    context = {
        "row": row, "names": names, "form": names, "editor": editor, "preview": preview,
        "back": url_of(here, "automation", row) if row else reverse("office:automations", args=[here.merchant.slug]),
        "title": row.name if row else _("A new automation"),
    }  # fmt: skip
    status = 422 if typed is not None and not asked else 200
    return office_page(
        request,
        here,
        "office/automations/build.html",
        context,
        current=CURRENT,
        partial=partial,
        status=status,
    )


def _save(
    request: HttpRequest, here: Here, row: Automation | None, names: NameForm, editor: Editor
) -> Automation | None:
    """Keep what was typed; None when it was refused, with the problems in the forms."""
    said, flow = names.cleaned_data, editor.value()
    try:
        if row is None:
            made = create_automation(name=said["name"], note=said["note"], flow=flow, at=here.at)
        else:
            changes = {"name": said["name"], "note": said["note"], "flow": flow}
            made = edit_automation(automation=row.pk, changes=changes, at=here.at)
    except InvalidInput as error:
        about = [one for one in error.errors if one["field"].startswith("flow")]
        if about:
            editor.show(about, "flow")
            for text in editor.form.non_field_errors():
                names.add_error(None, str(text))
        others = [one for one in error.errors if one not in about]
        if others:
            show_errors(names, InvalidInput(others))
        return None
    except DomainError as error:
        show_errors(names, error)
        return None
    if made.draft:
        messages.success(request, _("Saved. Nothing happens before you put it to work."))
    else:
        messages.success(request, _("Saved."))
    return made


def _says(here: Here, editor: Editor, base: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was typed, in sentences; None while it makes no sense yet."""
    content = base if base is not None else editor.value() if editor.is_valid() else None
    if not content or not content.get("steps"):
        return None
    try:
        flow = checked_flow(content)
    except DomainError:
        return None
    names = names_here(here)
    return {"begins": begins(flow, names), "steps": drawn(flow.steps, names), "says": told(flow, names)}
