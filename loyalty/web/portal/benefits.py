"""Tiers and what they bring: where I am, what is missing, what I have of it."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from loyalty.core import formats
from loyalty.core.errors import NotFound
from loyalty.web.portal.frame import Card, card_page, portal_page
from loyalty.web.programme_words import language
from members.queries import perks, tier_words
from members.queries import tiers as asking
from members.queries.perks import Has
from members.queries.why import Voice, voice_of_scope
from members.rules.perks import PerkKind, worded
from members.rules.tiers import Goal, Standing, Tiers, projection

_ICONS = {
    PerkKind.FREE_SHIPPING: "truck", PerkKind.EARLY_ACCESS: "door-open", PerkKind.DEDICATED_SUPPORT: "headset",
    PerkKind.PERSONALISATION: "pen-tool", PerkKind.RETURNS_WITHOUT_RECEIPT: "undo-2",
    PerkKind.CONCIERGE: "concierge-bell", PerkKind.MEMBER_PRICE: "percent", PerkKind.CUSTOM: "sparkles",
}  # fmt: skip
CHANGES = 5


def perk_shown(perk: Any, left: int | None = None) -> dict[str, str]:
    """A perk of a tier or a plan as a list shows it."""
    text = worded(perk.text, language())
    if left is not None:
        times = ngettext("{n} left for now", "{n} left for now", left).format(n=formats.number(left))
        text = f"{text} {times}".strip()
    return {"icon": _ICONS.get(perk.kind, "sparkles"), "title": tier_words.perk_name(perk), "text": text}


def _bar(goal: Goal | None, tiers: Tiers, voice: Voice) -> dict[str, Any] | None:
    """How far the next tier is, for a bar with its words."""
    if goal is None:
        return None
    done = min(goal.amount, goal.needs)
    figures = {
        "have": tier_words.quantity(tiers.by, max(0, goal.amount), voice),
        "needs": tier_words.quantity(tiers.by, goal.needs, voice),
    }
    return {
        "tier": tier_words.tier_name(tiers, goal.tier),
        "value": max(0, done), "max": max(1, goal.needs), "text": _("{have} of {needs}").format(**figures),
    }  # fmt: skip


def tier_of(card: Card) -> dict[str, Any] | None:
    """The member's tier in words and figures; None while the programme has none. Until the address is proven nothing
    is told of what somebody bought."""
    ladder = asking.ladder_in_force()
    if not ladder.ladder or not card.proven:
        return None
    zone, voice = ZoneInfo(card.merchant.timezone), _voice()
    one = asking.one(card.member_id, tiers=ladder, at=card.at, zone=zone)
    now: Standing | None = one.now
    found = projection(ladder, one.days, now, joined_at=one.joined_at, at=card.at, zone=zone)
    return {
        "id": now.tier if now else "",
        "name": tier_words.tier_name(ladder, now.tier) if now else "",
        "bar": _bar(found.next, ladder, voice),
        "says": tier_words.projection_sentences(ladder, found, now, at=card.at, voice=voice),
    }


def _voice() -> Voice:
    return voice_of_scope(plain=True)


@require_safe
@card_page(proven=True)
def level(request: HttpRequest, card: Card) -> HttpResponse:
    """The ladder with my place on it, my perks, and how I came to my tier."""
    mine = tier_of(card)
    if mine is None:
        raise NotFound("tiers")
    ladder, voice = asking.ladder_in_force(), _voice()
    rank = ladder.rank(mine["id"]) if mine["id"] else -1
    context = {
        "mine": mine,
        "perks": [_has(has) for has in perks.perks_of(card.member_id, tier=mine["id"], at=card.at)],
        "ladder": [
            {
                "says": tier_words.tier_sentence(ladder, tier, voice),
                "perks": [tier_words.perk_name(perk) for perk in tier.perks],
                "reached": place <= rank, "current": place == rank,
            }
            for place, tier in enumerate(ladder.ladder)
        ],
        "terms": tier_words.terms_sentences(ladder),
        "changes": [
            {
                "at": row.changed_at,
                "says": tier_words.change_sentence(
                    row.reason, row.from_tier, row.to_tier, row.values, tiers=ladder, voice=voice
                ),
            }
            for row in asking.history(card.member_id)[:CHANGES]
            if row.values.get("needs") != 0  # the step everybody is on was not reached with anything
        ],
    }  # fmt: skip
    return portal_page(request, card, "portal/level.html", context, current="card")


def _has(has: Has) -> dict[str, str]:
    return perk_shown(has.perk, has.left)
