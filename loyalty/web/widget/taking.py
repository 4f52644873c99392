"""Rewards in the panel: what there is, taking one for a code to use at the checkout, and the codes one has."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.pages import FORM_KEY, sent_form_key
from loyalty.core.pictures.queries import address
from loyalty.core.widget.operations import use_token
from loyalty.web.office.frame import language_of
from loyalty.web.portal.rewards import grouped, icon_of
from loyalty.web.widget.frame import Panel, SignedOut, part, shown
from members.queries.why import voice_of_scope
from rewards.models import Redemption, Voucher
from rewards.operations.redemption import NotEligible, redeem_reward
from rewards.operations.showing import show_offers
from rewards.operations.vouchers import LENGTH
from rewards.queries import why as missing_words
from rewards.queries.catalogue import Offer, kind_terms
from rewards.queries.redemptions import codes as codes_of
from rewards.queries.redemptions import redemptions
from rewards.queries.telling import named
from rewards.rules.kinds import KINDS

CODES = 20


def gives_code(offer: Offer) -> bool:
    """Whether taking it hands out a code that a checkout takes. Everything else is taken in the portal."""
    kind = KINDS[offer.reward.kind]
    return not kind.booked and not kind.at_checkout and kind_terms(offer.reward).codes != "none"


def offered(offer: Offer, panel: Panel) -> dict[str, Any]:
    """A reward as lists show it: to take, or what is missing."""
    other = [missing for missing in offer.missing if missing.code != "not_enough_points"]
    cost = offer.reward.cost_points
    return {
        "name": named(offer.reward),
        "cost": cost,
        "icon": icon_of(offer.reward),
        "picture_url": address(panel.slug, offer.reward.picture_id, "small"),
        "large_url": address(panel.slug, offer.reward.picture_id, "large"),
        "url": panel.url("reward", ids.encode("rwd", offer.reward.pk)),
        "available": offer.can_have,
        "missing": offer.points_missing,
        "percent": max(0, (cost - offer.points_missing) * 100 // max(1, cost)),
        "reason": missing_words.sentence(other[0], voice_of_scope()) if other else "",
    }


@require_safe
@part
def rewards(request: HttpRequest, panel: Panel) -> HttpResponse:
    """Everything there is, what can be taken first."""
    found = sorted(show_offers(member=panel.member_id, at=panel.at), key=lambda offer: not offer.can_have)
    return shown(panel, "widget/rewards.html", {"offers": [offered(offer, panel) for offer in found]})


@require_safe
@part
def reward(request: HttpRequest, panel: Panel, reward_id: str) -> HttpResponse:
    """One reward: what it is, what is missing, or the button."""
    return _reward(panel, reward_id)


def _reward(panel: Panel, reward_id: str, *, refused: tuple[str, ...] = ()) -> HttpResponse:
    wanted = ids.decode("rwd", reward_id)
    offer = next(
        (one for one in show_offers(member=panel.member_id, at=panel.at) if one.reward.pk == wanted), None
    )
    if offer is None:
        raise NotFound("reward")
    text, voice = offer.reward.description, voice_of_scope()
    context = {
        "reward": offered(offer, panel),
        "description": text.get(language_of(get_language())) or text.get("en", ""),
        "reasons": refused or [missing_words.sentence(missing, voice) for missing in offer.missing],
        "refused": bool(refused),
        "days": offer.reward.code_valid_days,
        "after": panel.row.balance.available - offer.reward.cost_points if panel.row else 0,
        "gives_code": gives_code(offer),
        "redeem_url": panel.url("redeem", reward_id),
        "elsewhere_url": reverse("portal:reward", args=[panel.slug, reward_id]),
    }
    return shown(panel, "widget/reward.html", context, status=422 if refused else 200)


@require_POST
@part
def redeem(request: HttpRequest, panel: Panel, reward_id: str) -> HttpResponse:
    """Take it: once for each time its form was shown, however often the button is pressed, and in one open panel only
    for each of the shop's tokens."""
    member, shopper, key = panel.member_id, panel.shopper, sent_form_key(request)
    if shopper is None:
        raise SignedOut()
    if not key:
        raise InvalidInput.of(FORM_KEY, _("This page is too old. Send it again."))
    wanted = ids.decode("rwd", reward_id)
    use_token(shopper=shopper, panel=panel.key, at=panel.at)
    try:
        row = redeem_reward(member=member, reward=wanted, key=f"widget:{member}:{key}", at=panel.at)
    except NotEligible as refusal:
        voice = voice_of_scope()
        said = tuple(missing_words.sentence(missing, voice) for missing in refusal.reasons)
        return _reward(panel, reward_id, refused=said)
    vouchers = codes_of([row])[row.pk]
    context = {
        "name": named(row.reward),
        "codes": [_code(row, voucher) for voucher in vouchers],
        "elsewhere_url": reverse("portal:code", args=[panel.slug, ids.encode("rdm", row.pk)]),
    }
    return shown(panel, "widget/taken.html", context)


@require_safe
@part
def codes(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The codes that can still be used, newest first."""
    return shown(panel, "widget/codes.html", {"codes": open_codes(panel)})


def open_codes(panel: Panel) -> list[dict[str, Any]]:
    """A member's codes that are still good."""
    rows = list(redemptions(member=panel.member_id).select_related("reward")[:CODES])
    vouchers = codes_of(rows)
    return [
        _code(row, voucher)
        for row in rows
        for voucher in vouchers[row.pk]
        if voucher.status == Voucher.Status.ACTIVE and voucher.expires_at > panel.at
    ]


def _code(row: Redemption, voucher: Voucher) -> dict[str, Any]:
    ours = len(voucher.code) == LENGTH and voucher.code.isalnum()
    return {
        "name": named(row.reward),
        "icon": icon_of(row.reward),
        "code": grouped(voucher.code) if ours else voucher.code,
        "until": formats.last_moment(voucher.expires_at),
    }
