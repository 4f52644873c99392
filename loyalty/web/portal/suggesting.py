"""What goes with what I buy, on my card: products, and the offer or reward that fits me best."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.queries.suggestions import NextBest, fitting_products
from loyalty.core import ids
from loyalty.web.office.frame import language_of
from loyalty.web.portal.frame import Card
from rewards.queries.telling import named

SHOWN = 3


def goes_with(card: Card) -> dict[str, Any]:
    """A few products with the reason for each, and the next best offer; empty where there is nothing, or where it is
    not known whose card it is: what somebody buys is theirs to see."""
    if not card.proven:
        return {}
    found = fitting_products(card.member_id, at=card.at, most=SHOWN)
    if found is None:
        return {}
    best = found.next_best
    return {
        "products": [
            {
                "name": one.product.named,
                "because": _("Because you bought {product}").format(product=one.because.named),
            }
            for one in found.suggestions
        ],
        "best": _told(best, card) if best and best.fits != "open" else None,
    }


def _told(best: NextBest, card: Card) -> dict[str, str]:
    product = best.product.named if best.product else ""
    why = (
        _("Goes with what you buy: {product}")
        if best.fits == "suggested"
        else _("For something you buy: {product}")
    ).format(product=product)
    if best.offer:
        offer = best.offer.offer
        return {"name": offer.named(language_of(get_language())), "why": why, "url": card.url("stamps")}
    reward = best.reward
    if reward is None:
        raise AssertionError("a next best is an offer or a reward")
    return {"name": named(reward), "why": why, "url": card.url("reward", ids.encode("rwd", reward.pk))}
