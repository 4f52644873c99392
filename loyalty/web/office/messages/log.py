"""What was sent, what waits and what was not: the delivery log, and each message as it went out."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from campaigns.models import Message
from campaigns.queries import log as reading
from campaigns.rules.kinds import KINDS
from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.lists import PAGE, address, after, cursor
from loyalty.web.office.messages.frame import STATES, label_of, messages_page, why_not
from loyalty.web.office.messages.policy import FRAMING
from loyalty.web.office.messages.preview import again
from members.queries import directory

_FILTERS = {
    "": gettext_lazy("All"),
    "sent": gettext_lazy("Sent"),
    "waiting": gettext_lazy("Waiting"),
    "suppressed": gettext_lazy("Not sent"),
    "failed": gettext_lazy("Failed"),
}


def shown(row: Message, names: dict[UUID, directory.Row], here: Here) -> dict[str, Any]:
    """A message as pages show it."""
    state, badge = STATES[row.state]
    person = names.get(row.member_id)
    public = ids.encode("mbr", row.member_id)
    return {
        "row": row,
        "label": label_of(row.kind),
        "state": state,
        "badge": badge,
        "why": why_not(row),
        "waits": row.state in ("queued", "held"),
        "name": (person.name or person.identities.get("email", "")) if person else "",
        "member_url": reverse("office:member", args=[here.merchant.slug, public]),
        "url": reverse("office:message_outbox", args=[here.merchant.slug, ids.encode("msg", row.pk)]),
    }


@require_safe
@require("messages.view")
def sent(request: HttpRequest, here: Here) -> HttpResponse:
    """The log, newest first; `?state=` and `?kind=` narrow it."""
    state = request.GET.get("state", "")
    state = state if state in _FILTERS else ""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    found = reading.messages(state=state, kind=kind)
    position = after(request.GET.get("after", ""))
    if position is not None:
        found = found.filter(pk__lt=position[1])
    rows = list(found[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    names = directory.by_ids({row.member_id for row in rows})
    context = {
        "rows": [shown(row, names, here) for row in rows],
        "filters": [
            {"label": label, "url": address(request, state=name, after=""), "current": name == state}
            for name, label in _FILTERS.items()
        ],
        "kinds": [(name, label_of(name)) for name in KINDS],
        "kind": kind,
        "state": state,
        "narrowed": bool(state or kind),
        "next_url": address(request, after=cursor(rows[-1].created_at, rows[-1].pk)) if more else "",
        "first_url": address(request, after="") if position is not None else "",
        "target": "#log",
        "all_url": request.path,
    }
    return messages_page(request, here, "office/messages/log.html", context, tab="message_log", partial="log")


@require_safe
@csp_override(FRAMING)
@require("messages.view")
def outbox(request: HttpRequest, here: Here, message_id: str) -> HttpResponse:
    """One message: what became of it, and how it looks, made anew from what is known now."""
    row = reading.message(ids.decode("msg", message_id))
    names = directory.by_ids([row.member_id])
    made = again(row.pk, here.merchant, at=here.at)
    context = {
        "message": shown(row, names, here),
        "made": made,
        "seen_url": reverse("office:message_seen", args=[here.merchant.slug, message_id]),
    }
    return messages_page(request, here, "office/messages/message.html", context, tab="message_log")
