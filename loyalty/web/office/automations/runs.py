"""Members' ways through an automation: the list, and one of them with what happened, when and why."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import AutomationRun, AutomationStep
from campaigns.queries.automations import reading, wording
from campaigns.rules.automations import AnyStep, every
from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.automations.words import (
    CURRENT,
    ICONS,
    OUTCOMES,
    RUN_STATES,
    names_here,
    shown_run,
    url_of,
)
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import PAGE, address, after, cursor
from loyalty.web.office.members import known_as
from members.queries import directory


@require_safe
@require("automations.view")
def runs(request: HttpRequest, here: Here, automation_id: str) -> HttpResponse:
    """Everybody who came in, last first; `?state=` narrows it."""
    row = reading.automation(ids.decode("atm", automation_id))
    state = request.GET.get("state", "")
    state = state if state in RUN_STATES else ""
    found = reading.runs(row, state=state)
    position = after(request.GET.get("after", ""))
    if position is not None:
        found = found.filter(pk__lt=position[1])
    rows = list(found[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    people = directory.by_ids(one.member_id for one in rows) if here.may("members.view") else {}
    names = names_here(here)
    filters = {"": _("All"), **{name: said for name, (said, _badge) in RUN_STATES.items()}}
    context = {
        "row": row,
        "back": url_of(here, "automation", row),
        "rows": [
            {**shown_run(one, here, names), "name": _name(people.get(one.member_id)),
             "member_url": page_of(here, one.member_id)}
            for one in rows
        ],
        "tabs": [
            {"label": label, "url": address(request, state=name, after=""), "current": name == state}
            for name, label in filters.items()
        ],
        "narrowed": bool(state),
        "all_url": request.path,
        "next_url": address(request, after=cursor(rows[-1].entered_at, rows[-1].pk)) if more else "",
        "first_url": address(request, after="") if position is not None else "",
        "target": "#runs",
    }  # fmt: skip
    return office_page(
        request, here, "office/automations/runs.html", context, current=CURRENT, partial="runs"
    )


def _name(found: directory.Row | None) -> str:
    return (found.name or known_as(found)) if found else ""


@require_safe
@require("automations.view")
def run(request: HttpRequest, here: Here, run_id: str) -> HttpResponse:
    """One member's way: each step with when it was, what came of it, and why."""
    row = reading.run(ids.decode("atr", run_id))
    names = names_here(here)
    flow = reading.flow_of(row.edition_id)
    written = {step.id: step for _path, step, _depth in every(flow.steps)}
    people = directory.by_ids([row.member_id]) if here.may("members.view") else {}
    state, badge = RUN_STATES[row.state]
    context = {
        "run": row, "state": state, "badge": badge, "automation_url": url_of(here, "automation", row.automation),
        "name": _name(people.get(row.member_id)), "member_url": page_of(here, row.member_id),
        "began": _began(row), "reason": wording.reason(row.reason) if row.reason else "",
        "steps": [_step(one, written, names) for one in reading.steps_of(row.pk)],
        "next": wording.step_says(written[row.step], names)
        if row.state in reading.INSIDE and row.step in written else "",
    }  # fmt: skip
    return office_page(request, here, "office/automations/run.html", context, current=CURRENT)


def _began(row: AutomationRun) -> str:
    """What let the member in."""
    kind, _colon, day = row.occasion.partition(":")
    if kind == "event":
        what = reading.began_by(row)
        return wording.happening(what) if what else _("something happened to them")
    return _("by the calendar, for {day}").format(day=day.partition(":")[0])


def _step(one: AutomationStep, written: dict[str, AnyStep], names: wording.Names) -> dict[str, Any]:
    label, badge = OUTCOMES[one.outcome]
    step = written.get(one.step)
    return {
        "one": one, "icon": ICONS.get(one.kind, "circle"), "label": label, "badge": badge,
        "says": wording.step_says(step, names) if step else one.kind,
        "why": wording.why_skipped(str(one.data["why"])) if one.data.get("why") else "",
        "until": datetime.fromisoformat(one.data["until"]) if one.data.get("until") else None,
    }  # fmt: skip
