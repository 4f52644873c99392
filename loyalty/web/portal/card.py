"""The first screen and the story: what I have, what I can take, what is next, and why."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from loyalty.core import formats, ids
from loyalty.core.ledger.queries import expiring, lots
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.portal.gathered import badges, my_offers, stamp_cards
from loyalty.web.portal.rewards import grouped, my_codes, offered
from members.queries.sharing import together
from members.queries.story import Kind, StoryRow, story
from rewards.queries.catalogue import offers

ENTRIES = 30
SOON = timedelta(days=60)
_ICONS = {
    Kind.ORDER: "shopping-bag", Kind.REFUND: "undo-2", Kind.REDEMPTION: "gift", Kind.RETURNED: "undo-2",
    Kind.ADJUSTMENT: "pencil", Kind.ACTIVATION: "clock", Kind.EXPIRY: "hourglass", Kind.MOVED: "merge",
    Kind.GIFT: "gift", Kind.REFERRAL: "users", Kind.SHARED: "arrow-left-right",
}  # fmt: skip


def entries(rows: list[StoryRow]) -> list[dict[str, Any]]:
    """The member's story as the component shows it. One reason is told in the line itself."""
    return [
        {
            "at": row.happened_at,
            "title": row.title,
            "detail": row.sentence,
            "amount": row.change or row.pending_change,
            # What only waits has not touched the balance.
            "balance": row.balance_after if row.change else None,
            "icon": _ICONS.get(row.kind, ""),
            "state": "wait" if row.pending_change > 0 else "",
            "state_text": _("Waiting") if row.pending_change > 0 else "",
            "reasons": [why.sentence for why in row.why] if len(row.why) > 1 else [],
        }
        for row in rows
    ]


def _note(can_have: int, pending: int, ending: list[tuple[datetime, int]]) -> str:
    """One line under the balance: what it is enough for, what still waits, and what ends soon."""
    parts = []
    if can_have:
        text = ngettext("Enough for {count} reward.", "Enough for {count} rewards.", can_have)
        parts.append(text.format(count=formats.number(can_have)))
    if pending:
        parts.append(_("{points} are still waiting.").format(points=formats.points(pending, words())))
    if ending:
        instant, count = ending[0]
        parts.append(
            _("{points} expire after {day}.").format(
                points=formats.points(count, words()), day=formats.when(formats.last_moment(instant), "date")
            )
        )
    return " ".join(parts)


@require_safe
@card_page()
def card(request: HttpRequest, card: Card) -> HttpResponse:
    """What I have, what I can take now, what is next, what ends when, and the code for the till."""
    found = offers(card.member_id, at=card.at)
    can_have = [offer for offer in found if offer.can_have]
    ahead = [offer for offer in found if offer.points_missing and len(offer.missing) == 1]
    upcoming = min(ahead, key=lambda offer: offer.points_missing, default=None)
    ending = expiring(card.member_id, until=card.at + SOON)
    waiting = lots(card.member_id).filter(pending=True).order_by("available_from")[:3]
    code = card.row.identities.get("card", "")
    shared = together(card.member_id, yours=card.row.balance.available)
    context = {
        "balance": card.row.balance,
        "shared": shared,
        "note": _note(len(can_have), card.row.balance.pending, ending),
        "code": grouped(code),
        "qr_data": code,
        # Until the address is proven, nothing shows that somebody else may have told or bought.
        "member_name": card.row.name if card.proven else "",
        "email": card.row.identities.get("email", ""),
        "offers": [offered(offer, card) for offer in can_have[:3]],
        "upcoming": offered(upcoming, card) if upcoming else None,
        "ending": [(formats.last_moment(instant), count) for instant, count in ending[:3]],
        "waiting": list(waiting),
        "entries": entries(story(card.member_id, limit=3, plain=True).rows) if card.proven else [],
        "stamp_cards": stamp_cards(card),
        "badges": badges(card),
        "personal": my_offers(card),
        "open_codes": my_codes(card, active_only=True) if card.proven else [],
    }
    return portal_page(request, card, "portal/card.html", context, current="card")


@require_safe
@card_page()
def activity(request: HttpRequest, card: Card) -> HttpResponse:
    """Everything that happened, with the reason. `?before=` pages on."""
    if not card.proven:
        return portal_page(request, card, "portal/activity.html", {}, current="activity")
    before = request.GET.get("before", "")
    start = ids.decode("ent", before) if before else None
    page = story(card.member_id, before=start, limit=ENTRIES, plain=True)
    context = {
        "entries": entries(page.rows),
        "next_url": f"?before={ids.encode('ent', page.next)}" if page.next else "",
        "first_url": request.path if before else "",
    }
    return portal_page(request, card, "portal/activity.html", context, current="activity")
