"""What a poster says: the programme's name, what joining brings, how it works; all out of the rules that count."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.core.merchants.models import Merchant
from loyalty.core.pages import Here
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES, Identity
from loyalty.web.office.frame import language_of, words
from loyalty.web.portal.ways import Way, first_rewards, ways
from rewards.queries.telling import named


@dataclass(frozen=True, slots=True)
class Offer:
    """The texts of a poster in one language. `ways` are the steps, `rewards` examples as (name, price, picture id)."""

    programme: str
    shop: str
    headline: str
    promise: str
    scan: str
    join_url: str
    short_url: str
    ways: list[Way]
    rewards: list[tuple[str, str, UUID | None]]


def chosen_language(request: HttpRequest, shop: Merchant) -> str:
    """The language a print is wanted in: `?language=`, else the shop's own."""
    asked = request.GET.get("language", "")
    return asked if asked in LANGUAGES else language_of(shop.language)


def offer_of(request: HttpRequest, here: Here) -> Offer:
    """The offer in the active language, from the programme that counts now."""
    shop, said = here.merchant, words()
    current = programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    language = language_of(get_language())
    rewards = first_rewards()
    url = request.build_absolute_uri(reverse("portal:join", args=[shop.slug]))
    tagline = identity.tagline.get(language) or identity.tagline.get("en", "")
    steps = ways(shop.currency, said, rewards, at=here.at)
    promise = ""
    if rewards:
        promise = _("{reward} for {points}.").format(
            reward=named(rewards[0]), points=formats.points(rewards[0].cost_points, said)
        )
    return Offer(
        programme=identity.named(language, shop.name),
        shop=shop.name,
        headline=tagline or _("Collect {points} whenever you buy").format(points=said["other"]),
        promise=promise or (steps[1].sentences[0] if steps and steps[1].sentences else ""),
        scan=_("Scan and get your card"),
        join_url=url,
        short_url=_short(url),
        ways=steps,
        rewards=[(named(row), formats.points(row.cost_points, said), row.picture_id) for row in rewards],
    )


def _short(url: str) -> str:
    """The address as a person types it: without the protocol, without the end."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")
