"""The kinds of rewards there are, each with its own terms."""

from collections.abc import Mapping
from typing import Any

from msgspec import ValidationError, convert, json

from rewards.rules.kinds.base import KindTerms, Problems, Said
from rewards.rules.kinds.giving import Coupon, Custom, Donation, Partner
from rewards.rules.kinds.goods import ExclusiveProduct, FreeProduct, Sample
from rewards.rules.kinds.happenings import EarlyAccess, Experience, Workshop
from rewards.rules.kinds.money import FreeShipping, GiftCard, MoneyOff, PayWithPoints, PercentOff

__all__ = ["KINDS", "KindTerms", "Problems", "Said", "as_stored", "looked_at", "read"]

KINDS: dict[str, type[KindTerms]] = {
    "money_off": MoneyOff, "percent_off": PercentOff, "free_product": FreeProduct, "free_shipping": FreeShipping,
    "sample": Sample, "gift_card": GiftCard, "exclusive_product": ExclusiveProduct, "experience": Experience,
    "workshop": Workshop, "donation": Donation, "early_access": EarlyAccess, "coupon": Coupon, "partner": Partner,
    "pay_with_points": PayWithPoints, "custom": Custom,
}  # fmt: skip


def read(kind: str, terms: Mapping[str, Any]) -> KindTerms:
    """A kind's terms out of what is stored or sent. Raises msgspec's `ValidationError`."""
    return convert(terms, KINDS[kind], strict=True)


def as_stored(part: Any) -> Any:
    """As it is stored and read again: complete with defaults, lists and not tuples."""
    return json.decode(json.encode(part))


def looked_at(kind: str, terms: Mapping[str, Any]) -> tuple[KindTerms | None, Problems]:
    """The terms, or what keeps them from being read, as (field, sentence)."""
    try:
        return read(kind, terms), []
    except ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        return None, [(f"terms{path.rstrip('`')}", message)]
