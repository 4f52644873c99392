"""The one place where what rules say becomes a language: rules, conditions, caps and the codes of their verdicts.

Rules keep English phrases with typed values (`members.rules.phrases`); here they are translated and their values
written the reader's way, for staff and, more plainly, for members.
"""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Protocol, get_args

from django.utils.translation import gettext, ngettext

from loyalty.core import formats
from members.rules import groups, limits
from members.rules.conditions import Condition
from members.rules.decision import Checked, Reason
from members.rules.earning import Earning, Rule
from members.rules.earning.base import tellings
from members.rules.filters import Window
from members.rules.groups import Mode
from members.rules.limits import Budget
from members.rules.phrases import (
    Clock,
    Exact,
    Money,
    Names,
    Phrase,
    Share,
    Telling,
    Tellings,
    Units,
    UnitWord,
    Value,
    Weekdays,
)
from members.rules.phrases import gettext_lazy as _


class Speaker(Protocol):
    """Who speaks: `members.queries.why.Voice`."""

    @property
    def plain(self) -> bool: ...
    def money(self, amount_minor: int) -> str: ...
    def number(self, value: int) -> str: ...
    def units(self, count: int, unit: str) -> str: ...
    def unit_word(self, unit: str) -> str: ...
    def instant(self, value: Any) -> str: ...
    def day(self, value: Any) -> str: ...
    def is_midnight(self, value: datetime) -> bool: ...


#: What a rule looks at is not what happened: true, and of no interest to anybody who asks why.
ELSEWHERE = frozenset({"not_a_purchase", "not_an_activity", "switched_off"})

_OWN: Tellings = {
    "not_a_purchase": Telling(lambda v: _("it counts for purchases"), hidden=True),
    "not_an_activity": Telling(lambda v: _("it does not look at purchases"), hidden=True),
    "switched_off": Telling(lambda v: _("it is switched off"), hidden=True),
    "other_product": Telling(lambda v: _("it is about other products")),
}
TELLINGS: Tellings = {
    **_OWN,
    **limits.TELLS,
    **groups.TELLS,
    **tellings(get_args(Rule)),
    **tellings(get_args(Condition)),
}
"""Every code that rules and conditions bring words for."""

_NO_BREAK = "\u00a0"
_WORKDAYS, _WEEKEND = (0, 1, 2, 3, 4), (5, 6)


def say(phrase: Phrase, voice: Speaker) -> str:
    """A phrase in the active language."""
    if phrase.plural:
        text = ngettext(phrase.text, phrase.plural, phrase.count)
    else:
        text = gettext(phrase.text)
    return text.format(**{name: _value(value, voice) for name, value in phrase.values.items()})


def _value(value: Value, voice: Speaker) -> str:
    match value:
        case Phrase():
            return say(value, voice)
        case int():
            return voice.number(value)
        case Money():
            return voice.money(value.minor)
        case Units():
            return voice.units(value.count, value.unit).replace(
                " ", _NO_BREAK
            )  # a count stays with what it counts
        case UnitWord():
            return voice.unit_word(value.unit)
        case Exact():
            return formats.decimal(Decimal(value.text))
        case Share():
            return formats.percent(Decimal(value.part) / value.whole)
        case Clock():
            return formats.clock_time(time.fromisoformat(value.text))
        case Weekdays():
            return _days(value.days)
        case Names():
            return formats.either([_value(name, voice) for name in value.names])
        case _:
            return value


def _days(days: tuple[int, ...]) -> str:
    known = tuple(sorted(set(days)))
    if known == _WORKDAYS:
        return gettext("weekdays")
    if known == _WEEKEND:
        return gettext("weekends")
    return formats.every([formats.weekday(day) for day in known])


# --- verdicts ---------------------------------------------------------------------------------------------------


def told(code: str, values: Mapping[str, Any], voice: Speaker) -> str | None:
    """What a code says about the values kept with it, as a part of a sentence; None for a code without words."""
    telling = TELLINGS.get(code)
    if telling is None:
        return None
    words = telling.plainly if voice.plain and telling.plainly else telling.words
    return say(words(values), voice)


def is_hidden(code: str) -> bool:
    """True when members are not told about it."""
    telling = TELLINGS.get(code)
    return telling is not None and telling.hidden


def reason_sentence(reason: Reason, voice: Speaker) -> str | None:
    """A reason whose words its rule, condition or cap brings; None for the codes that `why` itself tells."""
    what = told(reason.code, {**reason.values, "given": reason.amount, "unit": reason.unit}, voice)
    if what is None:
        return None
    name = reason.name or reason.rule
    if reason.matched:
        return gettext("“{name}”: {what}").format(name=name, what=what)
    if voice.plain:
        return gettext("Nothing by “{name}”: {what}").format(name=name, what=what)
    return gettext("“{name}” did not count: {what}").format(name=name, what=what)


def condition_verdict(checked: Checked, voice: Speaker) -> str:
    """One condition's verdict as a sentence; as it is when this version does not know it."""
    try:
        text = told(checked.code, checked.values, voice)
    except (KeyError, TypeError, ValueError, ArithmeticError):  # kept by a version that recorded other values
        text = None
    return _sentence(text or checked.code)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- rules as they are written ------------------------------------------------------------------------------------


def limited(rule: Rule, voice: Speaker) -> list[str]:
    """Everything that limits a rule, part by part: what it looks at, its conditions, its caps, its time."""
    about = rule.activity
    parts = rule.only.says(labels=not _introduced(rule, voice))
    parts += [
        condition.says_plainly() if voice.plain else condition.says()
        for condition in rule.when
        if condition is not about
    ]
    said = [say(part, voice) for part in [*parts, *rule.limits.says(rule.gives)]]
    times = _times(rule.window, voice)
    return [*said, times] if times else said


def _times(window: Window, voice: Speaker) -> str:
    """From when until when, in whole days where it begins and ends at midnight."""
    times, start, end = [], window.from_, window.until
    if start:
        when = voice.day(start) if voice.is_midnight(start) else voice.instant(start)
        times.append(gettext("from {when}").format(when=when))
    if end and voice.is_midnight(end):
        times.append(gettext("to the end of {day}").format(day=voice.day(formats.last_moment(end))))
    elif end:
        times.append(gettext("until {when}").format(when=voice.instant(end)))
    return " ".join(times)


def _introduced(rule: Rule, voice: Speaker) -> bool:
    """Members read the name of a bonus before what it gives: it says in the shop's words what its labels mean."""
    return voice.plain and rule.introduced and bool(rule.name)


def in_brackets(parts: list[str]) -> str:
    """Limits with a space before them; "" for none."""
    return f" ({'; '.join(parts)})" if parts else ""


def rule_sentence(rule: Rule, voice: Speaker) -> str:
    """What a rule gives, what for and within which limits, as one sentence."""
    text = say(rule.says_plainly() if voice.plain else rule.says(), voice)
    limits = limited(rule, voice)
    if rule.off and not voice.plain:
        limits.insert(0, gettext("switched off"))
    said = f"{text}{in_brackets(limits)}."
    if _introduced(rule, voice):
        return gettext("{name}: {what}").format(name=rule.name, what=said)
    return _sentence(said)


def group_sentences(earning: Earning, voice: Speaker) -> list[str]:
    """How rules that do not simply add up combine."""
    found = []
    for group in earning.groups:
        names = [_name(rule, voice) for rule in earning.rules if rule.group == group.id and not rule.off]
        if len(names) < 2 or group.mode is Mode.ALL:
            continue
        text = gettext("Of these only the one that gives most counts: {names}.")
        if group.mode is Mode.EXCLUSIVE:
            text = gettext("Of these only one counts, the first that gives anything: {names}.")
            ranked = sorted(earning.rules, key=lambda rule: (-rule.priority, rule.id))
            names = [_name(rule, voice) for rule in ranked if rule.group == group.id and not rule.off]
        found.append(text.format(names=formats.every(names)))
    return found


def _name(rule: Rule, voice: Speaker) -> str:
    return f"“{rule.name}”" if rule.name else say(rule.says(), voice)


def budget_sentence(budget: Budget, voice: Speaker) -> str:
    """A budget for staff: what may go out in all."""
    ends = []
    if budget.units is not None:
        ends.append(voice.units(budget.units, budget.unit))
    if budget.money_minor is not None:
        ends.append(voice.money(budget.money_minor))
    return gettext("The budget “{name}” ends at {ends}.").format(
        name=budget.name or budget.id, ends=formats.either(ends)
    )
