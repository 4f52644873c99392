"""A blueprint: a ready-made programme, as one file. Pure.

Amounts of money stand in it as `{"$money": "4.50"}`: what it would be in euros. Opening it for a shop turns them into
minor units of the shop's currency, at round figures (`SCALES`), because nobody wants "1 point for every SEK 11.42".
What a document holds in one language only stands as `{"$said": {"en": …, "sv": …}}` and is said in the shop's own;
`{"$day": 14}` is ten in the morning, where the shop is, so many days after it is opened.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.money import Rounding, exponent, whole

LANGUAGES = ("en", "sv", "nb", "nl")
SCALES = {
    "EUR": "1", "USD": "1", "GBP": "1", "CHF": "1", "AUD": "1", "CAD": "1", "NZD": "1", "SEK": "10", "NOK": "10",
    "DKK": "8", "PLN": "4", "CZK": "25", "HUF": "400", "ISK": "150", "RON": "5", "BGN": "2", "JPY": "150",
}  # fmt: skip
"""What one euro of a blueprint is in a currency, roughly and roundly. Others count like the euro."""
MONEY, SAID, DAY = "$money", "$said", "$day"
OPENS = time(10)
"""When something begins on a day that a blueprint names."""


class Goal(StrEnum):
    """What a shop wants most of its programme."""

    RETURN = "return"  # that people come back sooner
    SPEND = "spend"  # that they buy more at once
    WIN = "win"  # new customers
    KEEP = "keep"  # that the best stay
    TAKE_PART = "take_part"  # that people take part, not only buy
    VALUES = "values"  # that it stands for something


class Level(StrEnum):
    """How much of something: money to give back, people to run it, customers."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Texts(Struct, forbid_unknown_fields=True, frozen=True):
    """A blueprint in one language, for the shop that chooses: its name, what it brings, and when it fits."""

    name: str
    promise: str
    fits: str


class Blueprint(Struct, forbid_unknown_fields=True, frozen=True):
    """One model. `model` is its id in the catalogue of models (P1 to P22); `budget` the least that it costs to give,
    `effort` what it takes to run, `customers` from how many on it makes sense. `programme` is a programme document,
    `rewards` what the catalogue needs, each with a handle."""

    id: str
    model: str
    goals: tuple[Goal, ...]
    budget: Level
    effort: Level
    customers: Level
    texts: dict[str, Texts]
    programme: dict[str, Any]
    rewards: tuple[dict[str, Any], ...] = ()

    def said(self, language: str) -> Texts:
        """Its texts in a language, or in English."""
        return self.texts.get(language) or self.texts["en"]


def in_currency(part: Any, *, currency: str) -> Any:
    """A part of a blueprint with its amounts of money in minor units of a currency."""
    if isinstance(part, dict):
        if set(part) == {MONEY}:
            amount = Decimal(part[MONEY]) * Decimal(SCALES.get(currency, "1"))
            return whole(amount.scaleb(exponent(currency)), Rounding.NEAREST)
        return {name: in_currency(value, currency=currency) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [in_currency(value, currency=currency) for value in part]
    return part


def for_shop(part: Any, *, currency: str, language: str, zone: ZoneInfo, at: datetime) -> Any:
    """A part of a blueprint as it is opened for a shop at an instant: in its money, its language and its calendar."""
    return _settled(in_currency(part, currency=currency), language, at.astimezone(zone))


def _settled(part: Any, language: str, local: datetime) -> Any:
    if isinstance(part, dict):
        if set(part) == {SAID}:
            return part[SAID].get(language) or part[SAID]["en"]
        if set(part) == {DAY}:
            day = local.date() + timedelta(days=part[DAY])
            return datetime.combine(day, OPENS, tzinfo=local.tzinfo).isoformat()
        return {name: _settled(value, language, local) for name, value in part.items()}
    if isinstance(part, list):
        return [_settled(value, language, local) for value in part]
    return part
