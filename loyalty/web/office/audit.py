"""The audit log: every event in plain words, who did it, and to what."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty.core import formats, ids
from loyalty.core.events.models import Event
from loyalty.core.events.queries import log
from loyalty.core.merchants.queries import people
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address, is_text
from loyalty.web.office.people import names_of

#: What happened, for a list; "{x}" is filled from the event's figures.
SENTENCES = {
    "merchant.opened": gettext_lazy("The shop was opened"),
    "staff.added": gettext_lazy("A colleague was added"),
    "staff.changed": gettext_lazy("A colleague’s role was changed"),
    "staff.revoked": gettext_lazy("A colleague’s access was taken away"),
    "api_key.created": gettext_lazy("An API key was made"),
    "api_key.revoked": gettext_lazy("An API key was stopped"),
    "programme.published": gettext_lazy("Version {number} of the programme was published"),
    "member.joined": gettext_lazy("A member joined"),
    "member.edited": gettext_lazy("A member’s details were changed"),
    "member.verified": gettext_lazy("A member proved an address or a number"),
    "member.claimed": gettext_lazy("A member signed in for the first time"),
    "member.blocked": gettext_lazy("A member was blocked"),
    "member.unblocked": gettext_lazy("A member was let back in"),
    "member.merged": gettext_lazy("Two members were merged"),
    "member.exported": gettext_lazy("A member’s data was exported"),
    "member.erased": gettext_lazy("A member was erased"),
    "referral.code_made": gettext_lazy("A member got a code for bringing friends"),
    "referral.joined": gettext_lazy("A friend joined by a member’s code"),
    "referral.held": gettext_lazy("A referral is held until somebody has looked at it"),
    "referral.approved": gettext_lazy("A held referral was approved"),
    "referral.refused": gettext_lazy("A held referral was refused"),
    "referral.qualified": gettext_lazy("A friend’s purchase made a referral count"),
    "referral.commission": gettext_lazy("A friend’s purchase changed a commission"),
    "referral.rewarded": gettext_lazy("A referral was rewarded"),
    "referral.reversed": gettext_lazy("A referral no longer counts: the purchase came back"),
    "order.recorded": gettext_lazy("An order was recorded"),
    "activity.recorded": gettext_lazy("An activity was recorded"),
    "activity.waiting": gettext_lazy("An activity waits until somebody has looked at it"),
    "activity.approved": gettext_lazy("An activity was approved"),
    "activity.refused": gettext_lazy("An activity was refused"),
    "activity.undone": gettext_lazy("An activity was undone"),
    "order.refunded": gettext_lazy("An order was refunded: {amount}"),
    "order.cancelled": gettext_lazy("An order was cancelled"),
    "refund.parked": gettext_lazy("A refund is waiting for its order"),
    "refund.refused": gettext_lazy("A refund did not fit its order"),
    "points.earned": gettext_lazy("{points} points were earned"),
    "points.adjusted": gettext_lazy("{points} points were given or taken by hand"),
    "points.reserved": gettext_lazy("{points} points were set aside for a reward"),
    "points.spent": gettext_lazy("{points} points were spent"),
    "points.released": gettext_lazy("{points} points set aside went back"),
    "points.given_back": gettext_lazy("{points} points were given back"),
    "points.taken_back": gettext_lazy("{points} points were taken back"),
    "points.activated": gettext_lazy("{points} points can be spent now"),
    "points.expired": gettext_lazy("{points} points expired"),
    "points.forfeited": gettext_lazy("{points} points were forfeited"),
    "points.moved": gettext_lazy("{points} points moved to another account"),
    "reward.created": gettext_lazy("A reward was made"),
    "reward.edited": gettext_lazy("A reward was changed"),
    "reward.retired": gettext_lazy("A reward was retired"),
    "reward.restored": gettext_lazy("A reward was offered again"),
    "reward.reserved": gettext_lazy("A reward was set aside for a member"),
    "reward.redeemed": gettext_lazy("A reward was redeemed"),
    "reward.released": gettext_lazy("A reward set aside was let go"),
    "reward.reversed": gettext_lazy("A redemption was taken back"),
    "reward.issued": gettext_lazy("A reward was handed out"),
    "reward.not_issued": gettext_lazy("A reward could not be handed out: {why}"),
    "reward.withdrawn": gettext_lazy("A reward handed out was taken back"),
    "pool.filled": gettext_lazy("{added} codes were imported for a reward"),
    "pool.emptied": gettext_lazy("{gone} codes of a reward were discarded"),
    "pool.low": gettext_lazy("Only {left} codes of a reward are left"),
    "pool.out": gettext_lazy("The last code of a reward was given out"),
    "session.opened": gettext_lazy("A date with {capacity} places was opened"),
    "session.edited": gettext_lazy("A date was changed"),
    "session.cancelled": gettext_lazy("A date was called off"),
    "place.booked": gettext_lazy("A place was booked"),
    "place.waited": gettext_lazy("A member waits for a place"),
    "place.freed": gettext_lazy("A place became free"),
    "place.passed": gettext_lazy("A member who waited could not have the place"),
    "place.cancelled": gettext_lazy("A place was given up"),
    "place.attended": gettext_lazy("A member came to an event"),
    "place.missed": gettext_lazy("A member did not come to an event"),
    "fulfilment.opened": gettext_lazy("A reward has to be handed over"),
    "fulfilment.changed": gettext_lazy("A reward to hand over went from {was} to {state}"),
    "order.paid_with_points": gettext_lazy("An order was paid in part with points"),
    "payment.mismatch": gettext_lazy("An order says another amount than was paid with points"),
    "payment.returned": gettext_lazy("{points} points that paid for an order were given back"),
    "voucher.used": gettext_lazy("A code was used"),
    "till.added": gettext_lazy("A till was added"),
    "till.edited": gettext_lazy("A till was changed"),
    "till.paired": gettext_lazy("A device became a till"),
    "till.revoked": gettext_lazy("A till was stopped"),
    "till.unlocked": gettext_lazy("A till was unlocked"),
    "till.locked_out": gettext_lazy("A till was locked after too many wrong PINs"),
    "till.earn": gettext_lazy("A purchase was recorded at a till"),
    "till.redeem": gettext_lazy("A reward was taken at a till"),
    "till.code": gettext_lazy("A code was used at a till"),
    "till.join": gettext_lazy("A member joined at a till"),
    "till.offer": gettext_lazy("An offer was activated at a till"),
    "till.perk": gettext_lazy("A service was claimed at a till"),
    "till.undone": gettext_lazy("Something done at a till was taken back"),
    "pin.set": gettext_lazy("A colleague got a PIN"),
}
ICONS = {
    "merchant": "store",
    "staff": "user-cog",
    "api_key": "key-round",
    "programme": "sliders-horizontal",
    "member": "user",
    "order": "receipt-text",
    "referral": "user-plus",
    "refund": "undo-2",
    "points": "coins",
    "reward": "gift",
    "voucher": "ticket",
    "pool": "ticket",
    "session": "calendar-days",
    "place": "calendar-days",
    "fulfilment": "package",
    "payment": "wallet",
    "till": "scan-line",
    "pin": "key-round",
}
#: Parts of the log, by what a kind begins with.
TOPICS = {
    "": gettext_lazy("Everything"),
    "member": gettext_lazy("Members"),
    "points": gettext_lazy("Points"),
    "order": gettext_lazy("Orders"),
    "reward": gettext_lazy("Rewards"),
    "programme": gettext_lazy("Programme"),
    "staff": gettext_lazy("Staff and keys"),
}
_BEGINNINGS = {
    "order": ("order.", "refund."),
    "reward": ("reward.", "voucher.", "pool.", "session.", "place.", "fulfilment.", "payment."),
    "staff": ("staff.", "api_key.", "merchant.", "till.", "pin."),
}
_KINDS_ABOUT_MEMBERS = (
    "member", "points", "order", "reward", "voucher", "referral", "place", "fulfilment", "payment",
)  # fmt: skip


def sentence(event: Event, currency: str) -> str:
    """An event in words; one that has none yet is shown by its name, never dropped."""
    text = str(SENTENCES.get(event.kind, event.kind))
    data: dict[str, Any] = event.data or {}
    amount = data.get("amount", data.get("points"))
    filled = {
        "number": data.get("number", ""),
        "points": formats.number(amount) if isinstance(amount, int) else "",
        "amount": formats.money(data["amount_minor"], currency)
        if isinstance(data.get("amount_minor"), int)
        else "",
    }
    try:
        return text.format(**filled)
    except (KeyError, IndexError):
        return text


def told(events: Iterable[Event], here: Here) -> list[dict[str, Any]]:
    """Events as a list shows them, newest first as they come; in at most two further queries."""
    found = list(events)
    names = names_of([event.actor for event in found])
    return [
        {
            "event": event,
            "text": sentence(event, here.merchant.currency),
            "who": names.get(event.actor, ""),
            "icon": ICONS.get(event.kind.partition(".")[0], "dot"),
            "note": str((event.data or {}).get("reason") or (event.data or {}).get("note") or ""),
            "url": _url(event, here),
        }
        for event in found
    ]


def _url(event: Event, here: Here) -> str:
    """Where one can look at what the event is about; "" when there is no page or this person may not."""
    topic, slug = event.kind.partition(".")[0], here.merchant.slug
    if topic == "order" and "order" in (event.data or {}) and here.may("members.view"):
        return _order_url(str(event.data["order"]), slug)
    if event.subject is None:
        return ""
    if event.kind in ("reward.created", "reward.edited", "reward.retired", "reward.restored"):
        return reverse("office:reward", args=[slug, ids.encode("rwd", event.subject)])
    if topic in _KINDS_ABOUT_MEMBERS and here.may("members.view"):
        return reverse("office:member", args=[slug, ids.encode("mbr", event.subject)])
    if event.kind == "programme.published" and isinstance(event.data.get("number"), int):
        return reverse("office:programme_version", args=[slug, event.data["number"]])
    return ""


def _order_url(order: str, slug: str) -> str:
    return reverse("office:order", args=[slug, ids.encode("ord", UUID(order))])


@require_safe
@require("audit.view")
def audit(request: HttpRequest, here: Here) -> HttpResponse:
    """The log, newest first; `?topic=` and `?by=` filter, `?before=` pages on by number."""
    topic, by, before = (request.GET.get(name, "") for name in ("topic", "by", "before"))
    topic = topic if topic in TOPICS else ""
    by = by if len(by) <= 80 and is_text(by) else ""
    begins = _BEGINNINGS.get(topic, (f"{topic}.",))
    found = log(actor=by, kinds=[kind for kind in SENTENCES if kind.startswith(begins)] if topic else ())
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    shown = rows[:PAGE]
    context = {
        "events": told(shown, here),
        "tabs": [
            {"label": label, "url": address(request, topic=name, before=""), "current": topic == name}
            for name, label in TOPICS.items()
        ],
        "by": by,
        "people": [(f"staff:{row.pk}", row.name or row.user.email) for row in people()]
        + [("system", _("Automatic"))],
        "topic": topic,
        "is_filtered": bool(topic or by),
        "first_url": address(request, before="") if before else "",
        "next_url": address(request, before=str(shown[-1].pk)) if len(rows) > PAGE else "",
    }
    return office_page(request, here, "office/audit.html", context, current="audit", partial="list")
