"""The list of automations, and one of them: what it does, how many came by each step, and who is where."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Automation
from campaigns.queries.automations import reading, wording
from campaigns.rules.automations import Flow
from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.automations.starts import STARTS
from loyalty.web.office.automations.words import (
    CURRENT,
    STATES,
    begins,
    drawn,
    names_here,
    shown_run,
    told,
    url_of,
)
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import known_as
from loyalty.web.office.people import names_of
from members.queries import directory

SHOWN = 10
LATE = timedelta(minutes=2)
"""For so long something may wait before the page says that it is behind."""


def lag_here(here: Here) -> dict[str, Any]:
    """How far behind automations are, for the page."""
    found = reading.lag(at=here.at)
    behind = found.behind(here.at)
    return {
        "lag": found,
        "is_behind": behind > LATE,
        "waits_since": min(
            (one for one in (found.since, found.overdue_since) if one is not None), default=None
        ),
        "waiting": found.events + found.sparks,
    }


@require_safe
@require("automations.view")
def automations(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, newest first; `?show=ended` for those that were ended."""
    ended = request.GET.get("show") == "ended"
    rows = list(reading.automations(ended=ended))
    counted, names = reading.counted(rows, at=here.at), names_here(here)
    url = reverse("office:automations", args=[here.merchant.slug])
    number = {which: reading.automations(ended=which).count() for which in (False, True)}
    context = {
        "rows": [_shown(row, counted[row.pk], here, names) for row in rows],
        "ended": ended,
        "has_rows": any(number.values()),
        "starts": [{"key": key, "start": start} for key, start in STARTS.items()],
        "tabs": [
            {"label": _("In use"), "url": url, "current": not ended, "count": number[False]},
            {"label": _("Ended"), "url": f"{url}?show=ended", "current": ended, "count": number[True]},
        ],
        **lag_here(here),
    }
    return office_page(request, here, "office/automations/automations.html", context, current=CURRENT)


def _shown(row: Automation, counted: reading.Counted, here: Here, names: wording.Names) -> dict[str, Any]:
    state, badge = STATES[row.state]
    flow = _flow_shown(row)
    return {
        "row": row, "url": url_of(here, "automation", row), "state": state, "badge": badge, "counted": counted,
        "begins": [one["says"] for one in begins(flow, names)], "changed": bool(row.draft and row.edition),
    }  # fmt: skip


def _flow_shown(row: Automation) -> Flow:
    """What counts now; before the first edition, what is written."""
    edition = reading.edition_in_force(row)
    return reading.flow_of(edition.pk) if edition else reading.flow_written(row)


@require_safe
@require("automations.view")
def automation(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """One: its steps with how many came by, its figures, who came in last, and what it has given."""
    row = reading.automation(ids.decode("atm", automation_id))
    names, flow = names_here(here), _flow_shown(row)
    editions = reading.editions(row)
    actors = names_of(one.started_by for one in editions)
    counted = reading.counted([row], at=here.at)[row.pk]
    runs = list(reading.runs(row)[:SHOWN])
    people = directory.by_ids(one.member_id for one in runs) if here.may("members.view") else {}
    state, badge = STATES[row.state]
    context = {
        "row": row, "public_id": automation_id, "state": state, "badge": badge, "flow": flow, "counted": counted,
        "begins": begins(flow, names), "steps": drawn(flow.steps, names, reading.at_steps(row)),
        "says": told(flow, names), "spent": reading.spent(row, at=here.at), "has_draft": bool(row.draft),
        "reasons": [(wording.reason(code), number) for code, number in reading.why_left(row)],
        "editions": [{"edition": one, "by": actors.get(one.started_by, "")} for one in editions],
        "runs": [
            {**shown_run(one, here, names), "name": _name(people.get(one.member_id)),
             "member_url": page_of(here, one.member_id)}
            for one in runs
        ],
        "is_over": row.state == Automation.State.ENDED,
        "is_live": row.state == Automation.State.LIVE,
        "is_paused": row.state == Automation.State.PAUSED,
        **lag_here(here),
    }  # fmt: skip
    return office_page(request, here, "office/automations/automation.html", context, current=CURRENT)


def _name(found: directory.Row | None) -> str:
    return (found.name or known_as(found)) if found else ""
