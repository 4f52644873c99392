"""Members to get back to, because they would not recommend the shop: open, taken by somebody, done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import SurveyAlert
from campaigns.operations.surveys.following_up import LONGEST_NOTE, follow_up
from campaigns.queries.surveys import results
from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE
from loyalty.web.office.members import known_as
from loyalty.web.office.people import names_of
from loyalty.web.office.surveying.pages import CURRENT, tabs
from members.queries import directory

STATES = {
    SurveyAlert.State.OPEN: (gettext_lazy("Waits"), "bad"),
    SurveyAlert.State.TAKEN: (gettext_lazy("In hand"), "info"),
    SurveyAlert.State.DONE: (gettext_lazy("Done"), "good"),
}


@require_safe
@require("members.view")
def follow_ups(request: HttpRequest, here: Here) -> HttpResponse:
    """Those who wait, the oldest first; with ?done those that are done."""
    done = "done" in request.GET
    rows = list(results.follow_ups(done=done)[:PAGE])
    people = directory.by_ids(one.member_id for one in rows)
    names = names_of(one.taken_by for one in rows if one.taken_by)
    texts = results.texts_of([one.answer_id for one in rows])
    url = reverse("office:survey_follow_ups", args=[here.merchant.slug])
    context = {
        "tabs": tabs(here, "follow_ups"),
        "states": [
            {"label": _("To do"), "url": url, "current": not done},
            {"label": _("Done"), "url": f"{url}?done", "current": done},
        ],
        "done": done,
        "rows": [_shown(one, people, names, texts, here) for one in rows],
        "longest": LONGEST_NOTE,
    }
    return office_page(request, here, "office/surveys/follow_ups.html", context, current=CURRENT)


def _shown(
    one: SurveyAlert, people: dict[Any, directory.Row], names: dict[str, str], texts: dict[Any, list[str]],
    here: Here,
) -> dict[str, Any]:  # fmt: skip
    person = people.get(one.member_id)
    state, badge = STATES[SurveyAlert.State(one.state)]
    public = ids.encode("mbr", one.member_id)
    return {
        "row": one, "state": state, "badge": badge, "texts": texts.get(one.answer_id, []),
        "survey": one.answer.survey.name, "taken_by": names.get(one.taken_by, ""),
        "name": (person.name or known_as(person)) if person else "",
        "contact": person.identities.get("phone") or person.identities.get("email", "") if person else "",
        "member_url": reverse("office:about_fits", args=[here.merchant.slug, public]),
        "url": reverse("office:survey_follow_up", args=[here.merchant.slug, ids.encode("fup", one.pk)]),
        "key": one.pk.hex,
    }  # fmt: skip


@require_POST
@require("surveys.edit")
def change(request: HttpRequest, here: Here, follow_up_id: str) -> HttpResponse:
    """Take it in hand, note what was done, or say that it is done."""
    row = follow_up(
        alert=ids.decode("fup", follow_up_id), state=request.POST.get("state", "")[:10],
        note=request.POST.get("note"), at=here.at,
    )  # fmt: skip
    said = {
        SurveyAlert.State.OPEN: _("It waits for somebody again."),
        SurveyAlert.State.TAKEN: _("You have it in hand."),
        SurveyAlert.State.DONE: _("Done. Thank you for getting back to them."),
    }
    messages.success(request, said[SurveyAlert.State(row.state)])
    return sent_to(request, reverse("office:survey_follow_ups", args=[here.merchant.slug]))
