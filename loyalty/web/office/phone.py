"""What members would see of a programme that nobody has published: a phone with their card in it, drawn from the rules
by the same parts that draw the portal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from loyalty.core.programme.document import Programme
from loyalty.setup.costing import Cost
from loyalty.web import brand
from loyalty.web.portal.rewards import icon_of
from loyalty.web.portal.ways import SHOWN, ways
from rewards.models import Reward
from rewards.queries.telling import named

PURCHASES = 4
"""How many usual purchases the member in the picture has made."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose programme is shown, how it looks, and in which language, currency and time zone."""

    shop: str
    language: str
    colour: str
    currency: str
    zone: str


def phone(
    programme: Programme, rewards: Sequence[Reward], cost: Cost, shown: Shown, *, at: datetime
) -> SafeString:
    """The phone as HTML, in the language of the shop's members. `cost` says what a usual purchase earns."""
    identity = programme["identity"]
    words = {"one": identity.word(shown.language, 1), "other": identity.word(shown.language, 2)}
    priced = sorted(
        (row for row in rewards if row.cost_points and not row.gift_only), key=lambda r: r.cost_points
    )
    with translation.override(shown.language), timezone.override(ZoneInfo(shown.zone)):
        balance = cost.points * PURCHASES
        context = {
            "language": shown.language,
            "brand_css_url": reverse("brand_css", args=[brand.digest(shown.colour)]),
            "programme_name": identity.named(shown.language, shown.shop),
            "tagline": identity.tagline.get(shown.language, ""),
            "words": words,
            "balance": balance,
            "has_points": bool(cost.points) or not programme["side_units"].cards,
            "stamp_cards": _stamp_cards(programme, cost, shown.language),
            "offers": [_offer(row, balance) for row in priced[:SHOWN]] if cost.points else [],
            "gifts": [_gift(row) for row in rewards if not row.cost_points and not row.gift_only][:SHOWN],
            "ways": ways(
                shown.currency,
                words,
                priced if cost.points else [],
                at=at,
                programme=programme,
                names={row.handle: named(row) for row in rewards if row.handle},
            ),
        }
        return mark_safe(render_to_string("office/start/phone.html", context))  # noqa: S308 (a template's output)


def _offer(row: Reward, balance: int) -> Mapping[str, Any]:
    missing = max(0, row.cost_points - balance)
    return {
        "name": named(row), "cost": row.cost_points, "icon": icon_of(row), "url": "#phone", "available": not missing,
        "missing": missing, "percent": min(100, balance * 100 // row.cost_points),
    }  # fmt: skip


def _gift(row: Reward) -> Mapping[str, Any]:
    return {"name": named(row), "icon": icon_of(row)}


def _stamp_cards(programme: Programme, cost: Cost, language: str) -> list[dict[str, Any]]:
    """Each stamp card after a few purchases; the last place is the reward's."""
    made = []
    for card in programme["side_units"].cards:
        full = min(card.needed, cost.stamps * PURCHASES)
        places = [{"full": place < full} for place in range(card.needed + 1)]
        made.append({"name": card.named(language), "stamps": places})
    return made
