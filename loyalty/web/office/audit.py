"""The audit log: every event in plain words, who did it, and to what."""

from collections.abc import Iterable
from typing import Any, TypeGuard
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty.core import formats, ids
from loyalty.core.codewords import in_words
from loyalty.core.events.kinds import described
from loyalty.core.events.models import Event
from loyalty.core.events.queries import log
from loyalty.core.formats import NOTHING
from loyalty.core.ledger.chart import POINTS
from loyalty.core.merchants.queries import people
from loyalty.core.pages import Here, require
from loyalty.web.office.event_icons import ICONS
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.games.audited import GAMES
from loyalty.web.office.happened import HAPPENED
from loyalty.web.office.lists import PAGE, address, is_text
from loyalty.web.office.people import names_of
from loyalty.web.sentences import voice_of
from members.queries.why import Voice

#: What happened, for a list; "{x}" is filled from the event's figures.
SENTENCES = {
    "merchant.opened": gettext_lazy("The shop was opened"),
    "staff.added": gettext_lazy("A colleague was added"),
    "staff.changed": gettext_lazy("A colleague’s role was changed"),
    "staff.revoked": gettext_lazy("A colleague’s access was taken away"),
    "api_key.created": gettext_lazy("An API key was created"),
    "api_key.rolled": gettext_lazy("An API key was replaced by a new one"),
    "staff.invited": gettext_lazy("A colleague was invited"),
    "staff.uninvited": gettext_lazy("An invitation was withdrawn"),
    "merchant.edited": gettext_lazy("The shop’s settings were changed"),
    "merchant.second_factor": gettext_lazy("The shop’s wish for a second factor was changed"),
    "location.opened": gettext_lazy("A place was opened"),
    "location.renamed": gettext_lazy("A place got another name"),
    "location.closed": gettext_lazy("A place was closed"),
    "picture.added": gettext_lazy("A picture was added"),
    "api_key.revoked": gettext_lazy("An API key was stopped"),
    **HAPPENED,
    "programme.published": gettext_lazy("Version {number} of the programme was published"),
    "programme.taken_live": gettext_lazy("Version {number} of the test programme was taken live"),
    "member.joined": gettext_lazy("A member joined"),
    "member.edited": gettext_lazy("A member’s details were changed"),
    "member.verified": gettext_lazy("A member proved an address or a number"),
    "member.claimed": gettext_lazy("A member signed in for the first time"),
    "member.blocked": gettext_lazy("A member was blocked"),
    "member.unblocked": gettext_lazy("A member was let back in"),
    "member.merged": gettext_lazy("Two members were merged"),
    "member.exported": gettext_lazy("A member’s data was exported"),
    "member.erased": gettext_lazy("A member was erased"),
    "member.answered": gettext_lazy("A member answered a question"),
    "referral.code_made": gettext_lazy("A member got a code for bringing friends"),
    "referral.joined": gettext_lazy("A friend joined by a member’s code"),
    "referral.held": gettext_lazy("A referral is held until somebody has looked at it"),
    "referral.approved": gettext_lazy("A held referral was approved"),
    "referral.refused": gettext_lazy("A held referral was refused"),
    "referral.qualified": gettext_lazy("A friend’s purchase made a referral count"),
    "referral.commission": gettext_lazy("A friend’s purchase changed a commission"),
    "referral.rewarded": gettext_lazy("A referral was rewarded"),
    "referral.reversed": gettext_lazy("A referral no longer counts: the purchase came back"),
    "tier.changed": gettext_lazy("A member’s tier changed"),
    "tier.kept": gettext_lazy("A member keeps their tier for longer"),
    "tier.given": gettext_lazy("A tier was given by hand: {reason}"),
    "tier.given_ended": gettext_lazy("A tier given by hand was ended: {reason}"),
    "tiers.reviewed": gettext_lazy("Every member’s tier was looked at after a publication"),
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
    "points.earned": gettext_lazy("Earned: {units}"),
    "points.adjusted": gettext_lazy("Given or taken by hand: {units}"),
    "points.reserved": gettext_lazy("Set aside for a reward: {units}"),
    "points.spent": gettext_lazy("Spent: {units}"),
    "points.released": gettext_lazy("Set aside before, given back: {units}"),
    "points.given_back": gettext_lazy("Given back: {units}"),
    "points.taken_back": gettext_lazy("Taken back: {units}"),
    "points.activated": gettext_lazy("Can be spent from now on: {units}"),
    "points.expired": gettext_lazy("Expired: {units}"),
    "points.forfeited": gettext_lazy("Ended with the membership: {units}"),
    "points.moved": gettext_lazy("Moved to another account: {units}"),
    "points.given": gettext_lazy("Given to another member: {units}"),
    "points.received": gettext_lazy("Received from another member: {units}"),
    "points.converted": gettext_lazy("Turned into something else: {units}"),
    "points.conversion": gettext_lazy("A member’s balance was turned into something else"),
    "points.set_free": gettext_lazy("No longer waiting: {units}"),
    "points.spent_at_partner": gettext_lazy("Used at a partner: {units}"),
    "points.arrived_from_partner": gettext_lazy("Arrived from a partner: {units}"),
    "stamps.spent": gettext_lazy("Used for a full stamp card: {units}"),
    "stamps.given_back": gettext_lazy("Given back from a stamp card: {units}"),
    "cashback.earned": gettext_lazy("Turned into cash-back: {units}"),
    "transfer.made": gettext_lazy("A member gave something to another member"),
    "transfer.undone": gettext_lazy("What a member gave to another was taken back"),
    "household.opened": gettext_lazy("A household was opened"),
    "household.invited": gettext_lazy("Somebody was invited to a household"),
    "household.joined": gettext_lazy("A member joined a household"),
    "household.allowed": gettext_lazy("It was changed who may use a household’s balance"),
    "household.left": gettext_lazy("A member left a household"),
    "household.dissolved": gettext_lazy("A household was dissolved"),
    "membership.started": gettext_lazy("A paid membership was started"),
    "membership.paid": gettext_lazy("A paid membership was paid: {amount}"),
    "membership.payment_due": gettext_lazy("A paid membership is due for payment"),
    "membership.payment_failed": gettext_lazy("The payment for a paid membership failed"),
    "membership.price_changes": gettext_lazy("A member was told a new price of their paid membership"),
    "membership.perk_used": gettext_lazy("A perk of a paid membership was used"),
    "membership.cancelled": gettext_lazy("A paid membership was cancelled"),
    "membership.resumed": gettext_lazy("A cancelled paid membership goes on"),
    "membership.ended": gettext_lazy("A paid membership ended"),
    "membership.refunded": gettext_lazy("A paid membership was refunded: {amount}"),
    "perk.claimed": gettext_lazy("A member claimed a perk"),
    "perk.served": gettext_lazy("A claimed perk was delivered"),
    "perk.cancelled": gettext_lazy("A claimed perk was cancelled"),
    **GAMES,
    "segment.entered": gettext_lazy("A member was added to a segment"),
    "segment.left": gettext_lazy("A member left a segment"),
    "card.filled": gettext_lazy("A stamp card was filled"),
    "card.reopened": gettext_lazy("A full stamp card was opened again: a stamp was taken back"),
    "offer.activated": gettext_lazy("A member activated an offer"),
    "reward.created": gettext_lazy("A reward was created"),
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
    "products.written": gettext_lazy("Products were written. New: {made}, changed: {changed}"),
    "pool.filled": gettext_lazy("Codes were added to a reward: {added}"),
    "pool.emptied": gettext_lazy("Codes of a reward were discarded: {gone}"),
    "pool.low": gettext_lazy("A reward is running out of codes. Left: {left}"),
    "pool.out": gettext_lazy("The last code of a reward was given out"),
    "session.opened": gettext_lazy("An event was opened. Places: {capacity}"),
    "session.edited": gettext_lazy("An event was changed"),
    "session.cancelled": gettext_lazy("An event was cancelled"),
    "place.booked": gettext_lazy("A place was booked"),
    "place.waited": gettext_lazy("A member waits for a place"),
    "place.freed": gettext_lazy("A place became free"),
    "place.passed": gettext_lazy("A member who waited could not have the place"),
    "place.cancelled": gettext_lazy("A place was given up"),
    "place.attended": gettext_lazy("A member came to an event"),
    "place.missed": gettext_lazy("A member did not come to an event"),
    "fulfilment.opened": gettext_lazy("A reward has to be handed over"),
    "fulfilment.changed": gettext_lazy("A reward to hand over: “{was}” became “{state}”"),
    "order.claimed": gettext_lazy("A member claimed an order made without a card"),
    "order.paid_with_points": gettext_lazy("An order was paid in part with points"),
    "payment.mismatch": gettext_lazy("An order says another amount than was paid with points"),
    "payment.returned": gettext_lazy("Given back after paying for an order: {units}"),
    "voucher.used": gettext_lazy("A code was used"),
    "blueprint.opened": gettext_lazy("A ready-made programme was opened"),
    "partnership.proposed": gettext_lazy("A partnership was proposed"),
    "partnership.agreed": gettext_lazy("A partnership was agreed"),
    "partnership.ended": gettext_lazy("A partnership was ended"),
    "card_link.code_made": gettext_lazy("A member got a code to link a partner’s card"),
    "card_link.made": gettext_lazy("A member linked a partner’s card"),
    "card_link.ended": gettext_lazy("A link to a partner’s card was ended"),
    "stripe.connected": gettext_lazy("Stripe was connected"),
    "stripe.disconnected": gettext_lazy("Stripe was disconnected"),
    "stripe.refused": gettext_lazy("A notice from Stripe could not be applied"),
    "wallet.connected": gettext_lazy("A wallet was connected, or its certificate renewed"),
    "wallet.disconnected": gettext_lazy("A wallet was disconnected"),
    "wallet.pass_made": gettext_lazy("A member’s card was made for a wallet"),
    "books.broken": gettext_lazy("The nightly check found lines in the books that do not agree: {breaches}"),
    "reward.given_by_hand": gettext_lazy("A reward was given by hand"),
    "adjustment.limits_changed": gettext_lazy("The limits for changes by hand were changed"),
    "adjustment.made_for_many": gettext_lazy("{units} were given or taken for many members at once"),
    "adjustment.asked": gettext_lazy("A change by hand of {units} waits for a second person"),
    "adjustment.approved": gettext_lazy("A change by hand of {units} was approved"),
    "adjustment.refused": gettext_lazy("A change by hand of {units} was refused"),
    "adjustment.withdrawn": gettext_lazy("A change by hand of {units} was taken back before it was decided"),
    "adjustment.lapsed": gettext_lazy("Nobody decided a change by hand of {units} in time"),
    "member.imported": gettext_lazy("A member came in with an import"),
    "points.imported": gettext_lazy("Brought in: {units}"),
    "job.asked": gettext_lazy("Work in the background was asked for"),
    "job.finished": gettext_lazy("Work in the background was finished"),
    "job.cancelled": gettext_lazy("Work in the background was stopped"),
    "shop.exported": gettext_lazy("The whole shop was exported"),
    "shop.imported": gettext_lazy("A whole shop was read from an archive"),
    "import.begun": gettext_lazy("A file was sent to be imported"),
    "import.run": gettext_lazy("A file was imported"),
    "import.undone": gettext_lazy("An import was undone"),
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
#: Why a reward could not be handed out, as events keep it.
REFUSALS: dict[str, Any] = {
    "unknown": gettext_lazy("there is no such reward"),
    "retired": gettext_lazy("it is retired"),
    "not_a_gift": gettext_lazy("rewards of its kind are not given as gifts"),
    "out_of_stock": gettext_lazy("it is out of stock"),
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
    "member": ("member.", "membership.", "household.", "tiers.", "perk.", "badge.", "draw.", "segment.", "referral.",
               "activity.", "card_link.", "survey."),
    "points": ("points.", "adjustment.", "stamps.", "cashback.", "transfer.", "card.", "books."),
    "order": ("order.", "refund.", "payment."),
    "reward": ("reward.", "voucher.", "pool.", "session.", "place.", "fulfilment.", "offer."),
    "programme": ("programme.", "blueprint.", "partnership.", "rehearsal.", "experiment.", "holdout.", "campaign."),
    "staff": ("staff.", "api_key.", "webhook.", "merchant.", "location.", "picture.", "till.",
              "pin.", "stripe.", "wallet.", "widget."),
}  # fmt: skip
#: The page of what an event is about, by its prefix, and who may open it.
_PAGES = {
    "mbr": ("office:member", "members.view"),
    "seg": ("office:segment", "segments.view"),
    "drw": ("office:draw", "programme.view"),
}


def sentence(event: Event, voice: Voice) -> str:
    """An event in words; one that has none yet is shown by its name, never dropped."""
    return str(SENTENCES.get(event.kind, event.kind)).format_map(_Filling(event.data or {}, voice))


class _Filling(dict[str, str]):
    """The figures of an event as its sentence shows them; a dash for what it does not have."""

    def __init__(self, data: dict[str, Any], voice: Voice):
        super().__init__()
        self.data, self.voice = data, voice

    def __missing__(self, name: str) -> str:
        match name:
            case "points" | "units":  # the number alone, and with its word: "37 stars", "1 stamp"
                value = self.data.get("amount", self.data.get("points"))
                if not _whole(value):
                    return NOTHING
                unit = self.data.get("unit", POINTS)
                return formats.number(value) if name == "points" else self.voice.units(value, unit)
            case "amount":
                value = self.data.get("amount_minor")
                return self.voice.money(value) if _whole(value) else NOTHING
        value = self.data.get(name)
        if value is None:
            return NOTHING
        if name == "why":
            return str(REFUSALS.get(value, value))
        return formats.number(value) if _whole(value) else str(in_words(name, value))


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def told(events: Iterable[Event], here: Here) -> list[dict[str, Any]]:
    """Events as a list shows them, newest first as they come; in at most two further queries."""
    found = list(events)
    names = names_of([event.actor for event in found])
    voice = voice_of(here.merchant.currency, words())
    return [
        {
            "event": event,
            "text": sentence(event, voice),
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
    if topic == "webhook" and event.kind != "webhook.removed" and here.may("webhooks.manage"):
        return reverse("office:webhook", args=[slug, ids.encode("whe", event.subject)])
    kind = described(event.kind)
    if kind is not None and kind.about in _PAGES:
        page, permission = _PAGES[kind.about]
        return (
            reverse(page, args=[slug, ids.encode(kind.about, event.subject)]) if here.may(permission) else ""
        )
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
            {
                "label": capfirst(words()["other"]) if name == "points" else label,
                "url": address(request, topic=name, before=""),
                "current": topic == name,
            }
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
