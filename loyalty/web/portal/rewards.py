"""Rewards: what there is, what is missing, taking one, and the code to show for it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.pages import sent_form_key, sent_to
from loyalty.core.pictures.queries import address
from loyalty.web.office.frame import language_of
from loyalty.web.portal import holding
from loyalty.web.portal.frame import Card, card_page, portal_page
from members.queries.why import voice_of_scope
from rewards.models import Redemption, Reward, Voucher
from rewards.operations.redemption import NotEligible, redeem_reward
from rewards.operations.showing import show_offers
from rewards.operations.vouchers import LENGTH
from rewards.queries import why as missing_words
from rewards.queries.catalogue import Offer, kind_terms
from rewards.queries.redemptions import codes, redemptions
from rewards.queries.telling import named
from rewards.rules.kinds import KINDS

CODES = 50
_ICONS = {
    Reward.Kind.MONEY_OFF: "banknote", Reward.Kind.PERCENT_OFF: "percent", Reward.Kind.FREE_PRODUCT: "gift",
    Reward.Kind.FREE_SHIPPING: "truck", Reward.Kind.SAMPLE: "flask-conical", Reward.Kind.GIFT_CARD: "credit-card",
    Reward.Kind.EXCLUSIVE_PRODUCT: "gem", Reward.Kind.EXPERIENCE: "party-popper", Reward.Kind.WORKSHOP: "calendar-days",
    Reward.Kind.DONATION: "heart-handshake", Reward.Kind.EARLY_ACCESS: "door-open", Reward.Kind.COUPON: "ticket",
    Reward.Kind.PARTNER: "handshake", Reward.Kind.PAY_WITH_POINTS: "wallet", Reward.Kind.CUSTOM: "sparkles",
}  # fmt: skip


_NEAR = 70
"""From so many per cent of its cost on a reward is nearly there."""


def _is_near(offer: Offer) -> bool:
    cost = offer.reward.cost_points
    return bool(offer.points_missing) and (cost - offer.points_missing) * 100 >= cost * _NEAR


_SHOWS = {
    "now": lambda offer: offer.can_have,
    "soon": _is_near,
    "events": lambda offer: KINDS[offer.reward.kind].booked or offer.reward.kind == Reward.Kind.EARLY_ACCESS,
    "giving": lambda offer: offer.reward.kind == Reward.Kind.DONATION,
}


def grouped(code: str) -> str:
    """A code in groups of four, as it is read aloud."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _shown(voucher: Voucher) -> str:
    """A code of ours in groups of four; one of somebody else's as it is."""
    return grouped(voucher.code) if len(voucher.code) == LENGTH and voucher.code.isalnum() else voucher.code


def icon_of(reward: Reward) -> str:
    """The picture of a kind of reward."""
    return _ICONS.get(Reward.Kind(reward.kind), "gift")


def offered(offer: Offer, card: Card) -> dict[str, Any]:
    """A reward as the list shows it: to take, or what is missing."""
    other = [missing for missing in offer.missing if missing.code != "not_enough_points"]
    have = offer.reward.cost_points - offer.points_missing
    return {
        "name": named(offer.reward),
        "cost": offer.reward.cost_points,
        "icon": icon_of(offer.reward),
        "picture_url": address(card.slug, offer.reward.picture_id, "small"),
        "large_url": address(card.slug, offer.reward.picture_id, "large"),
        "url": card.url("reward", ids.encode("rwd", offer.reward.pk)),
        "available": offer.can_have,
        "missing": offer.points_missing,
        "percent": max(0, have * 100 // max(1, offer.reward.cost_points)),
        "reason": missing_words.sentence(other[0], voice_of_scope()) if other else "",
    }


def my_codes(card: Card, *, active_only: bool = False) -> list[dict[str, Any]]:
    """The member's codes, newest first: what for, until when, and whether they are still good."""
    rows = list(redemptions(member=card.member_id).select_related("reward")[:CODES])
    vouchers = codes(rows)
    found = [
        {
            "name": named(row.reward),
            "state": _state(voucher, card),
            "ends": voucher.expires_at,
            "until": formats.last_moment(voucher.expires_at),
            "used_at": voucher.used_at,
            "gift": row.issued,
            "icon": icon_of(row.reward),
            "url": card.url("code", ids.encode("rdm", row.pk)),
        }
        for row in rows
        for voucher in vouchers[row.pk]
    ]
    found += [_without_code(row, card) for row in rows if _stands_without_code(row, vouchers[row.pk])]
    return [code for code in found if code["state"] == "active"] if active_only else found


def _stands_without_code(row: Redemption, vouchers: list[Voucher]) -> bool:
    stands = row.status == Redemption.Status.COMMITTED
    return stands and not vouchers and row.reward.kind != Reward.Kind.PAY_WITH_POINTS


def _without_code(row: Redemption, card: Card) -> dict[str, Any]:
    """Something that is theirs and needs no code: a donation, early access."""
    return {
        "name": named(row.reward), "state": "held", "used_at": row.settled_at, "gift": row.issued,
        "icon": icon_of(row.reward), "url": card.url("code", ids.encode("rdm", row.pk)),
    }  # fmt: skip


def _state(voucher: Voucher, card: Card) -> str:
    """Active, used, void or expired."""
    over = voucher.status == Voucher.Status.ACTIVE and voucher.expires_at <= card.at
    return "expired" if over else str(voucher.status)


@require_safe
@card_page()
def rewards(request: HttpRequest, card: Card) -> HttpResponse:
    """Everything there is, each with what is missing, and my codes. `?show=` is what is shown."""
    found = show_offers(member=card.member_id, at=card.at)
    wanted = request.GET.get("show", "")
    shown = [offer for offer in found if wanted not in _SHOWS or _SHOWS[wanted](offer)]
    context = {
        # What can be taken first; otherwise as the merchant has put them.
        "offers": [offered(offer, card) for offer in sorted(shown, key=lambda one: not one.can_have)],
        "filters": _tabs(card, found, wanted if wanted in _SHOWS else ""),
        "has_any": bool(found),
        "codes": my_codes(card, active_only=True) if card.proven else [],
        "has_codes": card.proven and redemptions(member=card.member_id).exists(),
    }
    return portal_page(request, card, "portal/rewards.html", context, current="rewards")


def _tabs(card: Card, found: list[Offer], wanted: str) -> list[dict[str, Any]]:
    """Ways to narrow the list, each with how many it shows; only those that show something and leave something out."""
    names = {
        "now": _("Can have now"), "soon": _("Nearly there"), "events": _("Events"), "giving": _("Do good"),
    }  # fmt: skip
    url = card.url("rewards")
    tabs: list[dict[str, Any]] = [{"label": _("All"), "url": url, "current": not wanted, "count": len(found)}]
    for name, label in names.items():
        count = sum(1 for offer in found if _SHOWS[name](offer))
        if name == wanted or 0 < count < len(found):
            current = name == wanted
            tabs.append({"label": label, "url": f"{url}?show={name}", "current": current, "count": count})
    return tabs if len(tabs) > 1 else []


@require_safe
@card_page(proven=True)
def wallet(request: HttpRequest, card: Card) -> HttpResponse:
    """All my codes and what else I took: still good, and over."""
    rows = my_codes(card)
    context = {
        "good": [row for row in rows if row["state"] in ("active", "held")],
        "over": [row for row in rows if row["state"] not in ("active", "held")],
    }
    return portal_page(request, card, "portal/wallet.html", context, current="rewards")


@require_safe
@card_page()
def reward(request: HttpRequest, card: Card, reward_id: str) -> HttpResponse:
    """One reward: what it is, what is missing, or the button."""
    wanted = ids.decode("rwd", reward_id)
    found = show_offers(member=card.member_id, at=card.at)
    offer = next((one for one in found if one.reward.pk == wanted), None)
    if offer is None:
        raise NotFound("reward")
    voice, description = voice_of_scope(), offer.reward.description
    context = {
        "reward": offered(offer, card),
        "description": description.get(language_of(get_language())) or description.get("en", ""),
        "reasons": [missing_words.sentence(missing, voice) for missing in offer.missing],
        "days": offer.reward.code_valid_days,
        "until": offer.reward.available_until,
        "after": card.row.balance.available - offer.reward.cost_points,
        "redeem_url": card.url("redeem", reward_id),
        "booked": KINDS[offer.reward.kind].booked,
        "dates": holding.dates(offer.reward, card),
        "rate": holding.rate_of(offer.reward, card),
        "gives_code": kind_terms(offer.reward).codes != "none",
        "giving": holding.given_so_far(offer.reward, card),
    }
    return portal_page(request, card, "portal/reward.html", context, current="rewards")


@require_POST
@card_page(proven=True)
def redeem(request: HttpRequest, card: Card, reward_id: str) -> HttpResponse:
    """Take it: once for each time the page was shown, however often the button is pressed.

    No channel is named: what a reward is limited to is where its code is used, not where it is taken.
    """
    key = sent_form_key(request)
    wanted = ids.decode("rwd", reward_id)
    if not key:
        return sent_to(request, card.url("reward", reward_id))
    try:
        row = redeem_reward(
            member=card.member_id,
            reward=wanted,
            key=f"portal:{card.member_id}:{key}",
            at=card.at,
        )
    except NotEligible as refusal:
        voice = voice_of_scope()
        for missing in refusal.reasons:
            messages.error(request, missing_words.sentence(missing, voice))
        return sent_to(request, card.url("reward", reward_id))
    return sent_to(request, card.url("code", ids.encode("rdm", row.pk)))


@require_safe
@card_page(proven=True)
def code(request: HttpRequest, card: Card, redemption_id: str) -> HttpResponse:
    """Its codes, large, to show at the till; the page asks whether they have been used."""
    row = _mine(card, redemption_id)
    shown = [
        {
            "voucher": voucher,
            "code": _shown(voucher),
            "state": _state(voucher, card),
            "until": formats.last_moment(voucher.expires_at),
        }
        for voucher in codes([row])[row.pk]
    ]
    about = holding.held(row, card)
    if not shown and not about:
        raise NotFound("code")
    waiting = any(code["state"] == "active" for code in shown)
    context = {
        "name": named(row.reward), "codes": shown, "about": about, "gift": row.issued, "waiting": waiting,
    }  # fmt: skip
    return portal_page(request, card, "portal/code.html", context, current="rewards", partial="state")


def _mine(card: Card, redemption_id: str) -> Redemption:
    wanted = ids.decode("rdm", redemption_id)
    row = redemptions(member=card.member_id).filter(pk=wanted).select_related("reward").first()
    if row is None:
        raise NotFound("redemption")
    return row
