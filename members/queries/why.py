"""The words of the engine: every `Decision.reasons` code as a sentence a person understands.

The one place where codes become words, for the API, the portal and the dashboard alike. Sentences are in the
active language; figures are written that language's way, and points carry the merchant's own word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.utils.translation import get_language, gettext

from loyalty.core import formats
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from members.rules.decision import Decision, Reason


@dataclass(frozen=True, slots=True)
class Voice:
    """How figures are said for one merchant: its currency (ISO 4217), its zone, its word for points."""

    currency: str
    zone: str = "UTC"
    identity: Identity = field(default_factory=Identity)

    def money(self, amount_minor: int) -> str:
        """18450 → "SEK 184.50" in English, "184,50 kr" in Swedish."""
        return formats.money(amount_minor, self.currency)

    def number(self, value: int) -> str:
        """12345 → "12,345"."""
        return formats.number(value)

    def points(self, count: int) -> str:
        """`count` with the merchant's word: "1 point", "184 stars"."""
        return f"{self.number(count)} {self.identity.word(get_language() or 'en', count)}"

    def word(self, count: int = 2) -> str:
        """The word alone."""
        return self.identity.word(get_language() or "en", count)

    def instant(self, value: str | datetime) -> str:
        """An instant (ISO text or datetime) in the merchant's zone: "1 Dec 2026, 00:00"."""
        return self._when(value, "datetime")

    def day(self, value: str | datetime) -> str:
        """The day of an instant in the merchant's zone: "1 Dec 2026"."""
        return self._when(value, "date")

    def _when(self, value: str | datetime, style: str) -> str:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return formats.when(instant, style, ZoneInfo(self.zone))


def voice_of_scope() -> Voice:
    """The voice of the merchant acted for, with the programme in force."""
    shop, current = shop_of_scope(), programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    return Voice(shop.currency, shop.timezone, identity)


@dataclass(frozen=True, slots=True)
class Why:
    """One rule's verdict in words. `amount` is the points it gave (0 when it did not match)."""

    rule: str
    name: str
    matched: bool
    code: str
    amount: int
    sentence: str


def explain(decision: Decision | Mapping[str, Any], voice: Voice) -> list[Why]:
    """Every reason of a decision in words: rules that gave points first, then those that did not, as written.

    Takes the engine's `Decision` or the JSON kept on an order.
    """
    if not isinstance(decision, Decision):
        decision = msgspec.convert(dict(decision), Decision, strict=False)
    said = [
        Why(reason.rule, reason.name, reason.matched, reason.code, reason.amount, sentence(reason, voice))
        for reason in decision.reasons
    ]
    return sorted(said, key=lambda why: not why.matched)


def sentence(reason: Reason, voice: Voice) -> str:
    """One reason as a sentence. A code this version does not know is shown as it is, never dropped."""
    tell = _TELLERS.get(reason.code)
    try:
        text = tell(reason, voice) if tell else ""
    except (KeyError, TypeError, ValueError, ArithmeticError):  # kept by a version that recorded other values
        text = ""
    return text or gettext("Rule “{name}”: {code}.").format(name=reason.name or reason.rule, code=reason.code)


_ROUNDED = {
    "down": lambda: gettext("rounded down"),
    "nearest": lambda: gettext("rounded to the nearest"),
    "up": lambda: gettext("each part counted as a whole"),
}


def _per_amount(reason: Reason, voice: Voice) -> str:
    values = reason.values
    text = gettext("{given}: {points} for every {unit} of {amount}")
    if values["amount_minor"] % values["per_minor"]:
        text = gettext("{given}: {points} for every {unit} of {amount}, {rounded}")
    return text.format(
        given=voice.points(reason.amount), points=voice.number(values["points"]),
        unit=voice.money(values["per_minor"]), amount=voice.money(values["amount_minor"]),
        rounded=_ROUNDED[values["rounding"]](),
    )  # fmt: skip


def _multiplied(reason: Reason, voice: Voice) -> str:
    name = reason.name or gettext("extra points")
    factor, base = (formats.decimal(Decimal(reason.values[value])) for value in ("factor", "base"))
    return gettext("{given} more: {name} (×{factor} on {base} {word})").format(
        given=voice.points(reason.amount), name=name, factor=factor, base=base, word=voice.word()
    )


def _too_little(reason: Reason, voice: Voice) -> str:
    return gettext("No {word}: {amount} is less than the {unit} that {points} takes").format(
        word=voice.word(), amount=voice.money(reason.values["amount_minor"]),
        unit=voice.money(reason.values["per_minor"]), points=voice.points(reason.values["points"]),
    )  # fmt: skip


def _below_minimum(reason: Reason, voice: Voice) -> str:
    return gettext("No {word}: {amount} is below the {least} from which this earns").format(
        word=voice.word(), amount=voice.money(reason.values["amount_minor"]),
        least=voice.money(reason.values["at_least_minor"]),
    )  # fmt: skip


def _outside_window(reason: Reason, voice: Voice) -> str:
    at, start, end = (reason.values[name] for name in ("at", "from", "until"))
    name = reason.name or reason.rule
    if start and datetime.fromisoformat(at) < datetime.fromisoformat(start):
        return gettext("“{name}” began later, on {when}").format(name=name, when=voice.instant(start))
    return gettext("“{name}” was over by then: it ended {when}").format(name=name, when=voice.instant(end))


def _other(text: Callable[[], str]) -> Callable[[Reason, Voice], str]:
    def tell(reason: Reason, voice: Voice) -> str:
        found = reason.values["found"] or gettext("none given")
        wanted = formats.either(reason.values["wanted"])
        return text().format(name=reason.name or reason.rule, wanted=wanted, found=found)

    return tell


def _quoted(text: Callable[[], str]) -> Callable[[Reason, Voice], str]:
    return lambda reason, voice: text().format(name=reason.name or reason.rule, word=voice.word())


_TELLERS: dict[str, Callable[[Reason, Voice], str]] = {
    "per_amount": _per_amount,
    "multiplied": _multiplied,
    "too_little": _too_little,
    "below_minimum": _below_minimum,
    "outside_window": _outside_window,
    "nothing_eligible": _quoted(lambda: gettext("No {word}: nothing in this order earns by this rule")),
    "nothing_to_multiply": _quoted(lambda: gettext("“{name}” found no {word} to multiply in this order")),
    "member_blocked": _quoted(lambda: gettext("No {word}: this membership is paused")),
    "other_channel": _other(lambda: gettext("“{name}” counts for {wanted}; this order came by: {found}")),
    "other_location": _other(lambda: gettext("“{name}” counts at {wanted}; this order was made at: {found}")),
    "other_payment_method": _other(
        lambda: gettext("“{name}” counts when paid with {wanted}; this order was paid with: {found}")
    ),
}


def codes() -> frozenset[str]:
    """The reason codes that have words; a test holds every rule to them."""
    return frozenset(_TELLERS)
