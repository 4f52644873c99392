"""What every kind of reward shares: what it says beyond the reward itself, checked, and what it hands out."""

from typing import ClassVar, Literal

from msgspec import Struct

from loyalty.core.money import MAX_MINOR

type Problems = list[tuple[str, str]]
Codes = Literal["made", "pool", "none"]
MOST_SKUS = 200


class Said(Struct, frozen=True):
    """What the reward itself says, as far as kinds have an opinion on it."""

    value: int = 0
    product_sku: str = ""
    cost_points: int = 0


class KindTerms(Struct, forbid_unknown_fields=True, frozen=True):
    """Base of every kind's terms. `booked`: had by booking a place; `at_checkout`: by paying an order with it."""

    booked: ClassVar[bool] = False
    at_checkout: ClassVar[bool] = False

    @property
    def codes(self) -> Codes:
        """A code of ours, one out of an imported pool, or none."""
        return "made"

    def problems(self, said: Said) -> Problems:
        """What is wrong, as (field of the reward, sentence); the kind's own fields are below `terms.`."""
        return []

    def cost_minor(self, value: int) -> int | None:
        """What one costs the shop when nobody has said so, in minor units; None when it cannot be known."""
        return None


def amount_problems(name: str, minor: int | None, *, least: int = 0) -> Problems:
    """An amount of money in minor units, within reason."""
    if minor is not None and not least <= minor <= MAX_MINOR:
        return [(f"terms.{name}", "This amount is out of range.")]
    return []


def text_problems(name: str, text: str, *, most: int = 120, needed: bool = False) -> Problems:
    """A line of text."""
    if (needed and not text.strip()) or len(text) > most or any(ord(c) < 32 or ord(c) == 127 for c in text):
        return [
            (f"terms.{name}", f"Write {'between 1 and' if needed else 'at most'} {most} plain characters.")
        ]
    return []


def link_problems(name: str, url: str) -> Problems:
    """A web address, or none."""
    if url and (not url.startswith("https://") or len(url) > 500 or not url.isascii() or " " in url):
        return [(f"terms.{name}", "Give an address that begins with https://.")]
    return text_problems(name, url, most=500)


def sku_problems(skus: tuple[str, ...]) -> Problems:
    """Article numbers."""
    wrong = len(skus) > MOST_SKUS or any(
        not sku.strip() or len(sku) > 100 or any(ord(c) < 32 or ord(c) == 127 for c in sku) for sku in skus
    )
    return (
        [("terms.skus", f"Give at most {MOST_SKUS} article numbers of 1 to 100 characters.")] if wrong else []
    )
