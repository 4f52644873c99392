"""Rewards to pack, send and hand over: one by one or many at once, and slips to pack by."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, said, sent_to
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.rewards import name_of
from loyalty.web.office.work.activities import next_after
from loyalty.web.office.work.desk import people, work_page
from rewards.models import Fulfilment
from rewards.operations.fulfilment import move_fulfilment, next_of
from rewards.queries import fulfilments as queries

STATES = {
    "open": (gettext_lazy("To pack"), "warn"),
    "prepared": (gettext_lazy("Packed"), "info"),
    "sent": (gettext_lazy("Sent"), "info"),
    "collected": (gettext_lazy("Collected"), "good"),
    "done": (gettext_lazy("Done"), "good"),
    "cancelled": (gettext_lazy("Cancelled"), ""),
}
DELIVERIES = {
    "shipped": (gettext_lazy("To be sent"), "truck"),
    "collected": (gettext_lazy("They collect it"), "store"),
    "served": (gettext_lazy("Done for them"), "concierge-bell"),
}
#: What moving on is called, by where it goes.
MOVES = {
    "open": gettext_lazy("Not packed after all"),
    "prepared": gettext_lazy("Packed"),
    "sent": gettext_lazy("Sent"),
    "collected": gettext_lazy("Collected"),
    "done": gettext_lazy("Done"),
    "cancelled": gettext_lazy("Cancel"),
}
_FORTH = ("prepared", "sent", "collected", "done")


def _next(row: Fulfilment) -> list[str]:
    """Where it can go from here that fits how it gets to the member, the likeliest first."""
    unlike = {"shipped": "collected", "collected": "sent", "served": "sent"}.get(row.delivery, "")
    skipped = {"served": ("sent", "collected")}.get(row.delivery, ())
    return [to for to in _FORTH if to in next_of(row.state) and to != unlike and to not in skipped]


def _shown(row: Fulfilment, members: dict[UUID, dict[str, str]]) -> dict[str, Any]:
    label, badge = STATES[row.state]
    delivery, icon = DELIVERIES.get(row.delivery, (row.delivery, "package"))
    return {
        "row": row,
        "public_id": ids.encode("ful", row.pk),
        "reward": name_of(row.redemption.reward),
        "quantity": row.redemption.quantity,
        "member": members.get(row.redemption.member_id, {"name": _("Nobody"), "url": "", "card": ""}),
        "state": label,
        "badge": badge,
        "delivery": delivery,
        "icon": icon,
        "moves": [{"to": to, "label": MOVES[to]} for to in _next(row)],
        "can_cancel": "cancelled" in next_of(row.state),
    }


def _listed(request: HttpRequest, here: Here) -> tuple[str, list[dict[str, Any]], str]:
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    before = next_after(request, "ful")
    rows = queries.queue(state=state)
    found = list((rows.filter(pk__gt=before) if before else rows)[: PAGE + 1])
    members = people(here, [row.redemption.member_id for row in found[:PAGE]])
    after = ids.encode("ful", found[PAGE - 1].pk) if len(found) > PAGE else ""
    return state, [_shown(row, members) for row in found[:PAGE]], after


@require_safe
@require("work.view")
def parcels(request: HttpRequest, here: Here) -> HttpResponse:
    """What has to be handed over, longest waiting first; `?state=` for one state, `?after=` pages on."""
    state, rows, after = _listed(request, here)
    listed = (
        ("", _("All that waits")),
        *((key, STATES[key][0]) for key in ("open", "prepared", "sent", "done")),
    )
    slips = reverse("office:work_slips", args=[here.merchant.slug])
    context = {
        "rows": rows,
        "state": state,
        "tabs": [
            {"label": label, "url": address(request, state=key, after=""), "current": key == state}
            for key, label in listed
        ],
        "slips_url": f"{slips}?{request.GET.urlencode()}" if request.GET else slips,
        "moves": [(to, MOVES[to]) for to in _FORTH],
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=after) if after else "",
    }
    return work_page(request, here, "office/work/parcels.html", context, queue="parcels", partial="list")


@require_safe
@require("work.view")
def slips(request: HttpRequest, here: Here) -> HttpResponse:
    """The same list as slips to print, one for each: what, for whom, how it gets there."""
    _state, rows, _after = _listed(request, here)
    return work_page(request, here, "office/work/slips.html", {"rows": rows}, queue="parcels")


@require_POST
@require("work.serve")
def move(request: HttpRequest, here: Here) -> HttpResponse:
    """Take one or many on to their next state. Those that cannot go there are named, and the others go."""
    to, chosen = request.POST.get("to", ""), request.POST.getlist("chosen")[: PAGE * 2]
    if "one" in request.POST:  # a row's own button names the row and where it goes
        one, _sep, to = request.POST["one"].partition(":")
        chosen = [one]
    reference = request.POST.get(f"reference_{chosen[0]}") if len(chosen) == 1 else None
    done, refused = 0, ""
    for name in sorted(chosen):
        try:
            move_fulfilment(
                fulfilment=ids.decode("ful", name), to=to, at=here.at, reference=reference or None
            )
            done += 1
        except DomainError as error:
            refused = refused or said(error)
    _tell(request, done, len(chosen) - done, refused)
    return sent_to(request, _back(here, request.POST.get("state", "")))


def _tell(request: HttpRequest, done: int, left: int, refused: str) -> None:
    if not done and not left:
        messages.info(request, _("Nothing is chosen. Tick some rows first."))
    if done:
        text = ngettext("{n} reward is moved on.", "{n} rewards are moved on.", done)
        messages.success(request, text.format(n=done))
    if left:
        text = ngettext(
            "{n} stayed where it was: {why}", "{n} stayed where they were, the first because: {why}", left
        )
        messages.warning(request, text.format(n=left, why=refused))


def _back(here: Here, state: str) -> str:
    url = reverse("office:work_parcels", args=[here.merchant.slug])
    return f"{url}?state={state}" if state in STATES else url
