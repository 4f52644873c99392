"""What a member's card says in a wallet: in the four languages, in the shop's own words, as things stand now."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from loyalty.connectors.wallets.models import WalletPass
from loyalty.core import formats
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.pictures.queries import rendition
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES, Identity
from loyalty.web import brand
from members.queries import belonging, directory, tiers
from members.queries.tier_words import tier_name

type Said = dict[str, str]
"""A text by language."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the shop's cards look: its colours as #rrggbb, its logo (a picture's bytes, or none) and its names."""

    shop: str
    programme: Said
    paper: str
    ink: str
    logo: bytes
    home: Said


@dataclass(frozen=True, slots=True)
class Content:
    """What a card says of its member. `code` is what the till scans; `member` their name."""

    look: Look
    language: str
    points: Said
    has_now: Said
    balance: int
    member: str
    code: str
    tier: Said | None
    card_url: str


def everywhere(say: Callable[[str], str]) -> Said:
    """A text in each language."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = say(language)
    return found


def look_of(shop: Merchant) -> Look:
    """How the cards of the shop acted for look."""
    current = programmes.in_force()
    identity: Identity = current.programme["identity"] if current else Identity()
    colours = brand.derive(shop.brand_colour)
    picture = rendition(shop.logo, "medium") if shop.logo else None
    return Look(
        shop=shop.name,
        programme=everywhere(lambda language: identity.named(language, shop.name)),
        paper=colours.brand,
        ink=colours.on_brand,
        logo=picture.content if picture else b"",
        home=everywhere(lambda language: _("Rewards and activity")),
    )


def content_of(member: UUID) -> Content:
    """What the card of a member says now. Raises `NotFound` for who takes no part any more."""
    shop = shop_of_scope()
    row = directory.row(directory.taking_part(member))
    ladder = tiers.ladder_in_force()
    tier = belonging.tiers_of([row.member.pk]).get(row.member.pk, "")
    named = everywhere(lambda language: tier_name(ladder, tier)) if tier and ladder.ladder else None
    return _made(shop, row.balance.available, row.name, row.identities.get("card", ""), named)


def pretended(shop: Merchant) -> Content:
    """What a card would say, of nobody: for a look before the first member has one."""
    ladder = tiers.ladder_in_force()
    named = everywhere(lambda language: tier_name(ladder, ladder.ladder[-1].id)) if ladder.ladder else None
    return _made(shop, 1240, "Maja Lind", "7Q4K2M9X4T6R", named)


def _made(shop: Merchant, balance: int, member: str, code: str, tier: Said | None) -> Content:
    current = programmes.in_force()
    identity: Identity = current.programme["identity"] if current else Identity()
    return Content(
        look=look_of(shop), language=shop.language if shop.language in LANGUAGES else "en",
        points=everywhere(lambda language: identity.word(language, 2)),
        # The phone puts the new balance in the place of %@.
        has_now=everywhere(lambda language: _("You now have %(balance)s %(points)s.") % {
            "balance": "%@", "points": identity.word(language, 2).replace("%", "")}),
        balance=balance, member=member, code=code, tier=tier, card_url=card_url(shop),
    )  # fmt: skip


def card_url(shop: Merchant) -> str:
    """Where the member finds the rest."""
    return settings.SITE_URL + reverse("portal:card", args=[shop.slug])


def grouped(code: str) -> str:
    """A code as it is read aloud, in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def serial(row: WalletPass) -> str:
    """What a wallet calls a pass: nothing of the member's is in it."""
    return row.pk.hex


def shown_balance(content: Content) -> str:
    """The balance as it is read, in the shop's language."""
    with translation.override(content.language):
        return formats.number(content.balance)
