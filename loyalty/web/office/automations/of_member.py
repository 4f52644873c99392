"""Which automations a member is in, and was in."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from campaigns.queries.automations import reading
from loyalty.core.pages import Here, require
from loyalty.web.office.about.page import about_page, row_of
from loyalty.web.office.automations.words import names_here, shown_run, url_of
from loyalty.web.office.lists import PAGE


@require_safe
@require("automations.view")
def automations(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """A member's ways, last begun first."""
    row, names = row_of(member_id), names_here(here)
    found = list(reading.runs_of(row.member.pk)[:PAGE])
    context = {
        "runs": [
            {**shown_run(one, here, names), "title": one.automation.name,
             "automation_url": url_of(here, "automation", one.automation)}
            for one in found
        ],
    }  # fmt: skip
    template = "office/automations/of_member.html"
    return about_page(request, here, template, row, context, current="about_automations")
