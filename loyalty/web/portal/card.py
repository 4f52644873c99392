"""The first screen: what I have, what I can take, what is next, and the code for the till."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from loyalty.core import formats
from loyalty.core.ledger.queries import expiring, lots
from loyalty.web.portal.benefits import tier_of
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.portal.gathered import badges, my_offers, stamp_cards
from loyalty.web.portal.history import entries
from loyalty.web.portal.rewards import grouped, my_codes, offered
from loyalty.web.portal.suggesting import goes_with
from loyalty.web.portal.surveys import surveys_on
from loyalty.web.portal.telling import welcome_of
from loyalty.web.portal.wallets import wallet_links
from members.queries.sharing import together
from members.queries.story import story
from rewards.operations.showing import show_offers

SOON = timedelta(days=60)


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
    balance = card.row.balance
    mark, before = f"{balance.version}.{balance.available}.{balance.pending}", request.GET.get("seen", "")
    if before == mark and getattr(request, "htmx", False):  # nothing has happened since it was looked at last
        return HttpResponse(status=204)
    found = show_offers(member=card.member_id, at=card.at)
    can_have = [offer for offer in found if offer.can_have]
    ahead = [offer for offer in found if offer.points_missing and len(offer.missing) == 1]
    upcoming = min(ahead, key=lambda offer: offer.points_missing, default=None)
    ending = expiring(card.member_id, until=card.at + SOON)
    waiting = lots(card.member_id).filter(pending=True).order_by("available_from")[:3]
    code = card.row.identities.get("card", "")
    shared = together(card.member_id, yours=balance.available)
    context = {
        "balance": balance,
        "mark": mark,
        "arrived": _arrived(before, balance.available, balance.pending),
        "tier": tier_of(card),
        "welcome": welcome_of(request, card),
        "wallets": wallet_links(request, card),
        "has_phone_only": not card.proven and "email" not in card.row.identities,
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
        "asks": surveys_on(card),
        "goes_with": goes_with(card),
        "open_codes": my_codes(card, active_only=True) if card.proven else [],
    }
    return portal_page(request, card, "portal/card.html", context, current="card", partial="live")


def _arrived(before: str, available: int, pending: int) -> str:
    """What has come since the card was last looked at, "" for nothing; `before` is the mark it had then."""
    parts = before.split(".")
    if len(parts) != 3 or not all(part.removeprefix("-").isdecimal() and len(part) < 20 for part in parts):
        return ""
    more, waiting = available - int(parts[1]), pending - int(parts[2])
    if more > 0:
        return _("+{points}").format(points=formats.points(more, words()))
    return _("+{points}, waiting").format(points=formats.points(waiting, words())) if waiting > 0 else ""
