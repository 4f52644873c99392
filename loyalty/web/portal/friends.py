"""Bring a friend: my link, what both get, and how far each friend is."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats
from loyalty.core.errors import NotFound
from loyalty.core.pages import sent_to
from loyalty.web.portal.frame import Card, card_page, portal_page, programme_name
from loyalty.web.programme_words import referral_sentences
from members.models import Referral, ReferralPayout
from members.operations.inviting import code_of, settings_in_force
from members.queries import referrals
from members.queries.sharing import first_names
from members.queries.why import Voice, voice_of_scope
from rewards.queries.telling import named_by_handle

FRIENDS = 50

_STATES = {
    Referral.Status.JOINED: lambda: (_("Has joined, and has not bought yet"), ""),
    Referral.Status.HELD: lambda: (_("The shop takes a look at it first"), "warn"),
    Referral.Status.REFUSED: lambda: (_("Does not count"), ""),
    Referral.Status.QUALIFIED: lambda: (_("Has bought; your thanks are on their way"), "info"),
    Referral.Status.REWARDED: lambda: (_("Has bought, and you have been thanked"), "good"),
    Referral.Status.REVERSED: lambda: (_("The purchase was returned"), "bad"),
}


def _friends(card: Card, voice: Voice) -> list[dict[str, Any]]:
    """Each friend with how far they are, last joined first. Only the name they go by is told."""
    rows = list(referrals.brought_by(card.member_id).order_by("-joined_at", "-id")[:FRIENDS])
    names, given = (
        first_names({row.friend_id for row in rows}),
        referrals.payouts_of([row.pk for row in rows]),
    )
    shown = []
    for row in rows:
        says, kind = _STATES[Referral.Status(row.status)]()
        shown.append(
            {
                "name": names.get(row.friend_id) or _("A friend"),
                "says": says, "kind": kind, "at": row.joined_at, "gift": _gift(given[row.pk], card, voice),
            }
        )  # fmt: skip
    return shown


def _gift(payouts: list[ReferralPayout], card: Card, voice: Voice) -> str:
    """What I have got for one friend, net of what was taken back; rewards by their names."""
    mine = [row for row in payouts if row.member_id == card.member_id and row.given > row.taken]
    names = named_by_handle({row.reward for row in mine if row.reward})
    parts = [
        names.get(row.reward, row.reward) if row.reward else voice.units(row.given - row.taken, row.unit)
        for row in mine
    ]
    return formats.every(parts) if parts else ""


def _figures(card: Card, voice: Voice) -> list[dict[str, str]]:
    """What my link has brought, where the programme pays a commission."""
    terms = settings_in_force()
    if not terms.commission.basis_points:
        return []
    found = next(iter(referrals.figures(member=card.member_id, limit=1)), referrals.nothing(card.member_id))
    got = [voice.units(amount, unit) for unit, amount in found.commission.items() if amount]
    return [
        {"label": _("Followed your link"), "value": formats.number(found.clicks)},
        {"label": _("Joined"), "value": formats.number(found.joined)},
        {"label": _("Purchases of theirs"), "value": formats.number(found.purchases)},
        {"label": _("Worth"), "value": voice.money(found.revenue_minor)},
        {"label": _("Your commission"), "value": formats.every(got) if got else formats.number(0)},
    ]


@require_safe
@card_page(proven=True)
def invite(request: HttpRequest, card: Card) -> HttpResponse:
    """My link and code, ready to share, and my friends."""
    terms = settings_in_force()
    code = referrals.code_known(card.member_id)
    if not terms.on and not code:
        raise NotFound("referrals")
    voice = voice_of_scope(plain=True)
    handles = {terms.friend.reward, terms.referrer.reward} - {""}
    link = referrals.link_of(code) if code else ""
    name = programme_name(card)
    context = {
        "is_on": terms.on,
        "says": referral_sentences(terms, named_by_handle(handles), voice),
        "code": code,
        "link": link,
        "share_title": name,
        "share_text": _("Join me at {programme}.").format(programme=name),
        "friends": _friends(card, voice),
        "figures": _figures(card, voice),
    }
    return portal_page(request, card, "portal/invite.html", context, current="profile")


@require_POST
@card_page(proven=True)
def make_code(request: HttpRequest, card: Card) -> HttpResponse:
    """A code of my own; whoever has one keeps it."""
    code_of(member=card.member_id, at=card.at)
    messages.success(request, _("Here is your link. Share it as often as you like."))
    return sent_to(request, card.url("invite"))
