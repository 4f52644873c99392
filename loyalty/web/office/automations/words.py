"""How automations are shown: words and signs for states, steps and outcomes."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Automation, AutomationRun, AutomationStep
from campaigns.queries.automations import reading, wording
from campaigns.queries.automations.reading import AtStep
from campaigns.rules.automations import AnyStart, AnyStep, Flow, every
from loyalty.core import ids
from loyalty.core.pages import Here
from loyalty.web.office.editor.sheets_automations import TITLES
from loyalty.web.office.frame import words
from loyalty.web.sentences import voice_of

CURRENT = "automations"
STATES: Mapping[str, tuple[Any, str]] = {
    Automation.State.DRAFT: (_("Not at work yet"), ""),
    Automation.State.LIVE: (_("At work"), "good"),
    Automation.State.PAUSED: (_("Paused"), "warn"),
    Automation.State.ENDED: (_("Ended"), ""),
}
RUN_STATES: Mapping[str, tuple[Any, str]] = {
    AutomationRun.State.ACTIVE: (_("Under way"), "info"),
    AutomationRun.State.HELD: (_("Held: the automation is paused"), "warn"),
    AutomationRun.State.DONE: (_("Came to the end"), "good"),
    AutomationRun.State.LEFT: (_("Left early"), ""),
    AutomationRun.State.FAILED: (_("Failed"), "bad"),
}
OUTCOMES: Mapping[str, tuple[Any, str]] = {
    AutomationStep.Outcome.DONE: (_("done"), "good"),
    AutomationStep.Outcome.YES: (_("yes"), "info"),
    AutomationStep.Outcome.NO: (_("no"), "info"),
    AutomationStep.Outcome.WAITED: (_("waited"), ""),
    AutomationStep.Outcome.SKIPPED: (_("not done"), "warn"),
}
ICONS: Mapping[str, str] = {
    "event": "zap", "enters": "log-in", "leaves": "log-out", "date": "calendar-heart", "schedule": "calendar-clock",
    "wait": "hourglass", "wait_until": "alarm-clock", "check": "split", "split": "dices", "message": "mail",
    "points": "coins", "reward": "gift", "offer": "ticket-percent", "add": "list-plus", "remove": "list-minus",
    "webhook": "webhook", "stop": "circle-stop",
}  # fmt: skip
WAYS: Mapping[str, Any] = {
    "yes": _("Who fits"),
    "no": _("Who does not"),
    "first": _("First way"),
    "second": _("Second way"),
}


def tag_of(one: AnyStart | AnyStep) -> str:
    """What a start or a step is called in a flow."""
    return str(one.__struct_config__.tag)


def title_of(one: AnyStart | AnyStep) -> Any:
    """What a start or a step is called by people."""
    return TITLES[type(one)]


def url_of(here: Here, name: str, row: Automation) -> str:
    """An address about one automation."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("atm", row.pk)])


def run_url(here: Here, run: AutomationRun) -> str:
    """The page of one member's way."""
    return reverse("office:automation_run", args=[here.merchant.slug, ids.encode("atr", run.pk)])


def names_here(here: Here) -> wording.Names:
    """What the shop calls the things that automations name, in the page's voice."""
    return wording.names_of_scope(voice_of(here.merchant.currency, words()))


def begins(flow: Flow, names: wording.Names) -> list[dict[str, Any]]:
    """What lets members in, for the page."""
    return [
        {"icon": ICONS[tag_of(one)], "says": wording.start_says(one, names), "title": title_of(one)}
        for one in flow.starts
    ]


def drawn(
    steps: tuple[AnyStep, ...], names: wording.Names, counted: Mapping[str, AtStep] | None = None
) -> list[dict[str, Any]]:
    """Steps for the page, each with what is inside it; with how many came by, where that was counted."""
    found = []
    for step in steps:
        at = (counted or {}).get(step.id, AtStep())
        outcomes = [
            {"label": OUTCOMES[name][0], "number": at.outcomes[name]}
            for name in OUTCOMES
            if at.outcomes.get(name)
        ]
        inside = [
            {"label": WAYS[name], "steps": drawn(branch, names, counted)} for name, branch in step.branches
        ]
        found.append({
            "id": step.id, "icon": ICONS[tag_of(step)], "title": title_of(step),
            "says": wording.step_says(step, names), "here": at.here, "passed": at.passed, "outcomes": outcomes,
            "branches": inside,
        })  # fmt: skip
    return found


def told(flow: Flow, names: wording.Names) -> list[str]:
    """Who comes in, how often, and what makes them leave, in sentences."""
    found = [wording.again_says(flow)]
    if flow.only.of:
        found.insert(
            0, str(_("Only for: {conditions}.")).format(conditions=wording.conditions_say(flow.only, names))
        )
    return [*found, *wording.exits_say(flow, names)]


def shown_run(run: AutomationRun, here: Here, names: wording.Names) -> dict[str, Any]:
    """One member's way, for a list."""
    state, badge = RUN_STATES[run.state]
    steps = {step.id: step for _path, step, _depth in every(reading.flow_of(run.edition_id).steps)}
    inside = run.state in reading.INSIDE
    return {
        "run": run, "state": state, "badge": badge, "url": run_url(here, run),
        "reason": wording.reason(run.reason) if run.reason else "",
        "next": wording.step_says(steps[run.step], names) if inside and run.step in steps else "",
        "inside": inside,
    }  # fmt: skip
