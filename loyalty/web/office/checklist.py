"""The checklist between a test shop and a live programme: a card on the overview, and a page of its own."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.pages import Here, require, sent_to
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup import operations
from loyalty.setup.checklist import Checklist, Step, checklist, pending
from loyalty.web.office.frame import office_page
from loyalty.web.office.setup_words import CHECKLIST, GOALS, TELL_BY, address

_WANTS = {
    "rules": "programme.edit", "reward": "rewards.edit", "till": "till.use", "staff": "staff.manage",
    "import": "members.edit", "connect": "keys.manage", "live": "programme.publish",
}  # fmt: skip


def pair(here: Here) -> tuple[Merchant | None, Merchant | None]:
    """The live shop and its test shop, as far as this person works there."""
    other = here.sibling
    return (other, here.merchant) if here.merchant.is_sandbox else (here.merchant, other)


def _step(step: Step, here: Here) -> dict[str, Any]:
    label, text, name, where = CHECKLIST[step.name]
    live, test = pair(here)
    shop = (test if where == "test" else live) or here.merchant
    may = here.may(_WANTS.get(step.name, "overview.view"))
    return {
        "name": step.name, "label": label, "text": text, "minutes": step.minutes, "done": step.done,
        "ticked": step.ticked, "tickable": step.tickable and here.may("settings.edit") and live is not None,
        "url": address(name, shop.slug) if may else "", "may": may,
    }  # fmt: skip


def _told(found: Checklist, here: Here) -> dict[str, Any]:
    upcoming = found.upcoming
    return {
        "steps": [_step(step, here) for step in found.steps],
        "done": found.done,
        "total": len(found.steps),
        "upcoming": _step(upcoming, here) if upcoming else None,
    }


def checklist_card(here: Here) -> dict[str, Any] | None:
    """What the overview shows of it; None once it is done or put away."""
    live, test = pair(here)
    found = pending(live=live, sandbox=test, at=here.at)
    return _told(found, here) if found else None


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """Every step with its minutes, the launch plan, and the test shop's own code to scan."""
    live, test = pair(here)
    found = checklist(live=live, sandbox=test, at=here.at)
    said = found.launch
    portal = reverse("portal:front", args=[test.slug]) if test else ""
    context = {
        "checklist": _told(found, here),
        "is_over": found.is_over,
        "hidden": found.hidden,
        "may_hide": here.may("settings.edit") and live is not None,
        "launch": said,
        "goals": [GOALS[goal][1] for goal in GOALS if said and goal.value in said.goals],
        "tell_by": [TELL_BY[way] for way in (said.tell_by if said else ()) if way in TELL_BY],
        "portal_url": request.build_absolute_uri(portal) if portal else "",
    }
    return office_page(request, here, "office/setup/checklist.html", context, current="overview")


def _live(here: Here) -> Merchant:
    live, _test = pair(here)
    if live is None:
        raise NotFound("checklist")
    return live


@require_POST
@require("settings.edit")
def tick(request: HttpRequest, here: Here) -> HttpResponse:
    """Tick a step by hand, or take the tick back."""
    with acting_for(_live(here), by=scope.actor()):
        operations.tick(step=request.POST.get("step", ""), ticked=request.POST.get("ticked") == "yes")
    return sent_to(request, reverse("office:checklist", args=[here.merchant.slug]))


@require_POST
@require("settings.edit")
def hide(request: HttpRequest, here: Here) -> HttpResponse:
    """Put the checklist away, or back on the overview."""
    hidden = request.POST.get("hidden") == "yes"
    with acting_for(_live(here), by=scope.actor()):
        operations.put_away(hidden=hidden, at=here.at)
    url = reverse("office:checklist", args=[here.merchant.slug])
    if hidden:
        messages.success(request, _("The checklist is put away. It stays on its own page."))
        return sent_to(request, reverse("office:overview", args=[here.merchant.slug]))
    messages.success(request, _("The checklist is back on the overview."))
    return sent_to(request, url)
