"""Try an automation on a member: what would happen, and when. Nothing does."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from campaigns.queries.automations import reading, trying, wording
from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.automations.words import CURRENT, ICONS, OUTCOMES, names_here, tag_of, url_of
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import known_as
from loyalty.web.office.segments.naming import found_in
from members.queries import directory

WHY_NOT = {
    "held_out": gettext_lazy(
        "They would not come in: they are held out from campaigns, automations and experiments."
    ),
    "only": gettext_lazy("They would not come in now: they are not among those it is for."),
    "inside": gettext_lazy("They would not come in now: they are in it already."),
    "again": gettext_lazy("They would not come in now: they have been through it."),
    "exit_when": gettext_lazy("They would leave at once: they fit what ends it."),
}


class TryForm(forms.Form):
    """Whom to try it on."""

    who = forms.CharField(
        label=gettext_lazy("Member"),
        max_length=200,
        help_text=gettext_lazy("E-mail, phone, card or your own customer number."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_safe
@require("automations.view")
def try_out(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """Choose a member, and see their way as it would be if they came in now."""
    row = reading.automation(ids.decode("atm", automation_id))
    form = TryForm(request.GET if "who" in request.GET else None)
    context: dict[str, Any] = {
        "row": row,
        "back": url_of(here, "automation", row),
        "form": form,
        "trial": None,
    }
    if form.is_bound and form.is_valid() and here.may("members.view"):
        members, _unknown = found_in([[form.cleaned_data["who"]]])
        if members:
            context |= _tried(next(iter(members)), row, here)
        else:
            form.add_error("who", _("Nobody here is known by that."))
    return office_page(
        request,
        here,
        "office/automations/try.html",
        context,
        current=CURRENT,
        status=422 if form.errors else 200,
    )


def _tried(member: Any, row: Any, here: Here) -> dict[str, Any]:
    names, flow = names_here(here), reading.flow_written(row)
    person = directory.row(directory.member(member))
    trial = trying.try_on(flow, member=person.member.pk, automation=row.pk, at=here.at)
    return {
        "trial": trial,
        "name": person.name or known_as(person),
        "member_url": page_of(here, person.member.pk),
        "why_not": WHY_NOT.get(trial.why_not, ""),
        "steps": [
            {
                "icon": ICONS[tag_of(one.step)],
                "says": wording.step_says(one.step, names),
                "at": one.at,
                "goes": "" if one.goes is None else OUTCOMES["yes" if one.goes else "no"][0],
            }
            for one in trial.steps
        ],
    }
