"""The words of the engine: every `Decision.reasons` code as a sentence a person understands.

The one place where codes become words, for the API, the portal and the dashboard alike. Sentences are in the
active language; figures are written that language's way, and points carry the merchant's own word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.utils.translation import get_language, gettext, ngettext

from loyalty.core import formats
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from members.queries import rule_words
from members.rules import units
from members.rules.decision import Decision, Reason


@dataclass(frozen=True, slots=True)
class Voice:
    """How figures are said for one merchant: its currency (ISO 4217), its zone, its word for points. `plain`
    speaks to the member themselves, shorter and without what is the shop's business; `short` leaves the decimals of
    whole amounts out."""

    currency: str
    zone: str = "UTC"
    identity: Identity = field(default_factory=Identity)
    plain: bool = False
    short: bool = False

    def money(self, amount_minor: int) -> str:
        """18450 → "SEK 184.50" in English, "184,50 kr" in Swedish."""
        return (formats.short_money if self.short else formats.money)(amount_minor, self.currency)

    def number(self, value: int) -> str:
        """12345 → "12,345"."""
        return formats.number(value)

    def points(self, count: int) -> str:
        """`count` with the merchant's word: "1 point", "184 stars"."""
        return f"{self.number(count)} {self.identity.word(get_language() or 'en', count)}"

    def word(self, count: int = 2) -> str:
        """The word alone."""
        return self.identity.word(get_language() or "en", count)

    def units(self, count: int, unit: str) -> str:
        """`count` of any unit or thing that rules give; cash-back is money."""
        match units.family(unit):
            case units.CREDITS:
                text = ngettext("{n} status credit", "{n} status credits", count)
            case units.STAMPS:
                text = ngettext("{n} stamp", "{n} stamps", count)
            case units.REWARDS:
                text = ngettext("{n} reward", "{n} rewards", count)
            case units.BADGES:
                text = ngettext("{n} badge", "{n} badges", count)
            case units.ENTRIES:
                text = ngettext("{n} chance", "{n} chances", count)
            case units.SEGMENTS:
                text = ngettext("{n} segment", "{n} segments", count)
            case units.CASHBACK:
                return self.money(count)
            case _:
                return self.points(count)
        return text.format(n=self.number(count))

    def unit_word(self, unit: str) -> str:
        """The word for many of a unit."""
        match units.family(unit):
            case units.CREDITS:
                return gettext("status credits")
            case units.STAMPS:
                return gettext("stamps")
            case units.CASHBACK:
                return gettext("cash-back")
            case _:
                return self.word()

    def instant(self, value: str | datetime) -> str:
        """An instant (ISO text or datetime) in the merchant's zone: "1 Dec 2026, 00:00"."""
        return self._when(value, "datetime")

    def day(self, value: str | datetime) -> str:
        """The day of an instant in the merchant's zone: "1 Dec 2026"."""
        return self._when(value, "date")

    def is_midnight(self, value: datetime) -> bool:
        """Whether a day of the merchant's zone begins at an instant: then the day says it without a time."""
        return formats.is_midnight(value, ZoneInfo(self.zone))

    def _when(self, value: str | datetime, style: str) -> str:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return formats.when(instant, style, ZoneInfo(self.zone))


def voice_of_scope(*, plain: bool = False) -> Voice:
    """The voice of the merchant acted for, with the programme in force; `plain` to speak to a member."""
    shop, current = shop_of_scope(), programmes.in_force()
    identity = current.programme["identity"] if current else Identity()
    return Voice(shop.currency, shop.timezone, identity, plain)


@dataclass(frozen=True, slots=True)
class Met:
    """One condition's verdict in words."""

    matched: bool
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Why:
    """One rule's verdict in words. `amount` of `unit` is what it gave (0 when it did not match); `conditions` says for
    staff how each of its conditions was met."""

    rule: str
    name: str
    matched: bool
    code: str
    amount: int
    sentence: str
    unit: str = units.POINTS
    conditions: tuple[Met, ...] = ()


def explain(decision: Decision | Mapping[str, Any], voice: Voice) -> list[Why]:
    """Every reason of a decision in words: rules that gave points first, then those that did not, as written.

    Takes the engine's `Decision` or the JSON kept on an order.
    """
    if not isinstance(decision, Decision):
        decision = msgspec.convert(dict(decision), Decision, strict=False)
    said = [
        _in_variant(_why(reason, voice), decision, voice)
        for reason in decision.reasons
        if _concerns(reason, voice)
    ]
    return sorted(said, key=lambda why: not why.matched)


def _in_variant(why: Why, decision: Decision, voice: Voice) -> Why:
    """The same, and by which variant of an experiment: that is the shop's business and not told to members."""
    for one in () if voice.plain else decision.compared:
        if one.rule == why.rule:
            variant = one.variant_name or one.variant
            text = gettext("{why}, in variant “{variant}” of “{experiment}”").format(
                why=why.sentence.rstrip("."), variant=variant, experiment=one.name
            )
            why = replace(why, sentence=text)
    return why


def _concerns(reason: Reason, voice: Voice) -> bool:
    """Rules for something else are nobody's question; what is the shop's business is not told to members."""
    if reason.code in rule_words.ELSEWHERE:
        return False
    return not (voice.plain and rule_words.is_hidden(reason.code))


def _why(reason: Reason, voice: Voice) -> Why:
    met = (
        ()
        if voice.plain
        else tuple(
            Met(checked.matched, checked.code, rule_words.condition_verdict(checked, voice))
            for checked in reason.conditions
        )
    )
    text = sentence(reason, voice)
    return Why(reason.rule, reason.name, reason.matched, reason.code, reason.amount, text, reason.unit, met)


def sentence(reason: Reason, voice: Voice) -> str:
    """One reason as a sentence. A code this version does not know is shown as it is, never dropped."""
    tell = _TELLERS.get(reason.code)
    try:
        text = tell(reason, voice) if tell else rule_words.reason_sentence(reason, voice)
    except (KeyError, TypeError, ValueError, ArithmeticError):  # kept by a version that recorded other values
        text = ""
    return text or gettext("Rule “{name}”: {code}.").format(name=reason.name or reason.rule, code=reason.code)


_ROUNDED = {
    "down": lambda: gettext("rounded down"),
    "nearest": lambda: gettext("rounded to the nearest"),
    "up": lambda: gettext("each part counted as a whole"),
}


def _each(reason: Reason, voice: Voice) -> str:
    """What a rule gives for each unit of the amount: "1", and money for cash-back."""
    count = reason.values["points"]
    return voice.money(count) if units.family(reason.unit) == units.CASHBACK else voice.number(count)


def _per_amount(reason: Reason, voice: Voice) -> str:
    values = reason.values
    text = gettext("{given}: {points} for every {unit} of {amount}")
    if values["amount_minor"] % values["per_minor"]:
        text = gettext("{given}: {points} for every {unit} of {amount}, {rounded}")
    return text.format(
        given=voice.units(reason.amount, reason.unit), points=_each(reason, voice),
        unit=voice.money(values["per_minor"]), amount=voice.money(values["amount_minor"]),
        rounded=_ROUNDED[values["rounding"]](),
    )  # fmt: skip


def _multiplied(reason: Reason, voice: Voice) -> str:
    name = reason.name or gettext("extra points")
    factor, base = (formats.decimal(Decimal(reason.values[value])) for value in ("factor", "base"))
    return gettext("{given} more: {name} (×{factor} on {base} {word})").format(
        given=voice.units(reason.amount, reason.unit), name=name, factor=factor, base=base,
        word=voice.unit_word(reason.unit),
    )  # fmt: skip


def _too_little(reason: Reason, voice: Voice) -> str:
    return gettext("No {word}: {amount} is less than the {unit} that {points} takes").format(
        word=voice.unit_word(reason.unit), amount=voice.money(reason.values["amount_minor"]),
        unit=voice.money(reason.values["per_minor"]), points=voice.units(reason.values["points"], reason.unit),
    )  # fmt: skip


def _below_minimum(reason: Reason, voice: Voice) -> str:
    return gettext("No {word}: {amount} is below the {least} from which this earns").format(
        word=voice.unit_word(reason.unit), amount=voice.money(reason.values["amount_minor"]),
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
    return lambda reason, voice: text().format(
        name=reason.name or reason.rule, word=voice.unit_word(reason.unit)
    )


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
    """The reason codes whose words stand here; what rules, conditions and caps bring themselves is in
    `rule_words.TELLINGS`. A test holds every rule to both."""
    return frozenset(_TELLERS)
