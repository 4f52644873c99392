"""The profile's way to everything else: only what this programme has."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core.programme import queries as programmes
from loyalty.web.portal import partners
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.portal.ways import first_rewards, ways
from members.queries import referrals, sharing
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named


def links(card: Card) -> list[dict[str, Any]]:
    """Where one can go from the profile."""
    current = programmes.in_force()
    if current is None:
        return []
    programme, found = current.programme, [_link(card, "how", "book-open", _("How it works"))]
    if not card.proven:
        return found
    shares = programme["sharing"]
    if programme["referrals"].on or referrals.code_known(card.member_id):
        found.append(_link(card, "invite", "users", _("Invite a friend")))
    if programme["tiers"].ladder:
        found.append(_link(card, "level", "medal", _("My tier and perks")))
    if programme["membership_plans"].plans:
        found.append(_link(card, "membership", "id-card", _("Membership")))
    if shares.household.on or sharing.household_of(card.member_id) is not None:
        found.append(_link(card, "household", "house", _("Household")))
    if shares.transfers.on:
        text = _("Give {points}").format(points=words()["other"])
        found.append(_link(card, "give", "send", text))
    if partners.is_on(card):
        found.append(_link(card, "partners", "handshake", _("Partner cards")))
    if programme["questions"].questions:
        found.append(_link(card, "choices", "heart", _("What I like")))
    found.append(_link(card, "preferences", "mail", _("What I want to hear")))
    found.append(_link(card, "data", "shield-check", _("Consents and my data")))
    return found


def _link(card: Card, name: str, icon: str, label: str) -> dict[str, Any]:
    return {"url": card.url(name), "icon": icon, "label": label}


@require_safe
@card_page()
def how(request: HttpRequest, card: Card) -> HttpResponse:
    """How the programme works today, and what points get."""
    offered = [row for row in rewards() if not row.gift_only and row.cost_points > 0]
    context = {
        "ways": ways(card.merchant.currency, words(), first_rewards(), at=card.at, member=card.member_id),
        "offers": [{"name": named(row), "cost": row.cost_points} for row in offered],
    }
    return portal_page(request, card, "portal/how.html", context, current="profile")
