"""The programme in staff's words: the sentences everybody reads, and what a draft would change."""

import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.core.ledger.chart import POINTS
from loyalty.core.programme.document import Change
from loyalty.web.office.parts import FIELDS, SECTIONS
from loyalty.web.sentences import (
    EXPIRIES,
    KINDS,
    ROUNDINGS,
    SHORTFALLS,
    Words,
    day_in_words,
    earning_sentences,
    life_sentences,
    rule_sentence,
    voice_of,
)
from members.queries import rule_words
from members.rules.conditions import Condition
from members.rules.earning import Limits, PeriodLimit, Rule, Step, Threshold

_CHOICES: dict[str, Mapping[str, Any]] = {
    "rounding": ROUNDINGS,
    "expiry": EXPIRIES,
    "on_shortfall": SHORTFALLS,
}


def _value(leaf: str, value: Any, currency: str, words: Words) -> str:
    if value is None or value == "" or value == []:
        return formats.NOTHING
    if leaf in _PARTS:
        with contextlib.suppress(
            msgspec.ValidationError
        ):  # a field of the same name elsewhere has another shape
            return _parts(leaf, value, currency, words)
    if leaf in _CHOICES:
        return str(_CHOICES[leaf].get(value, value))
    if leaf.endswith("_minor"):
        return formats.money(value, currency)
    if leaf == "earns":
        return ", ".join(str(KINDS.get(kind, kind)) for kind in value)
    if leaf == "day":
        return day_in_words(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return formats.number(value)
    if isinstance(value, list):
        return ", ".join(_value("", part, currency, words) for part in value)
    if isinstance(value, dict):
        return _whole(value, currency, words)
    return str(value)


#: Lists whose parts say themselves, and the shape of one part.
_PARTS: dict[str, Any] = {"when": Condition, "steps": Step, "per": PeriodLimit}


def _parts(leaf: str, value: Any, currency: str, words: Words) -> str:
    """A rule's conditions, steps or caps as sentences; `value` is their JSON form."""
    voice = voice_of(currency, words)
    parts = [msgspec.convert(part, _PARTS[leaf]) for part in value]
    match leaf:
        case "when":
            said = [condition.says() for condition in parts]
        case "steps":
            said = Threshold("steps", tuple(parts)).says_steps()
        case _:
            said = Limits(per=tuple(parts)).says(POINTS)
    return "; ".join(rule_words.say(phrase, voice) for phrase in said)


def _whole(value: dict[str, Any], currency: str, words: Words) -> str:
    """A part that is new or gone as a whole: a rule as its sentence, anything else as its values."""
    if "type" in value and "id" in value:
        return rule_sentence(msgspec.convert(value, Rule), currency, words)
    return ", ".join(
        f"{_called(name)}: {_value(name, part, currency, words)}" for name, part in value.items()
    )


def change_rows(changes: list[Change], currency: str, words: Words) -> list[dict[str, str]]:
    """What a draft changes, one row each: `label` what, `place` where, `before` and `after` in words."""
    rows = []
    for change in changes:
        *parents, leaf = change.path.split(".")
        if leaf in ("format", "type", "id"):
            continue
        rows.append(
            {
                "label": str(FIELDS.get(leaf) or _place([*parents, leaf])),
                "place": _place(parents),
                "before": _value(leaf, change.before, currency, words),
                "after": _value(leaf, change.after, currency, words),
            }
        )
    return rows


def _place(parents: list[str]) -> str:
    """Where in the programme something is: "Earning rule “coffee”", "Life of points", "Name · sv"."""
    match parents:
        case ["earning", "rules", name, *_rest]:
            return _("Earning rule “{name}”").format(name=name)
        case ["earning", "rules"]:
            return _("Earning rules")
        case ["earning", "groups", name, *_rest]:
            return _("Group of rules “{name}”").format(name=name)
        case ["earning", "budgets", name, *_rest]:
            return _("Budget “{name}”").format(name=name)
        case ["earning", *_rest]:
            return _("Earning")
        case ["points_life", *_rest]:
            return _("Life of points")
        case ["identity", *rest]:
            return " · ".join([_("Name and words"), *rest[1:]])
        case _:
            return " · ".join(map(_called, parents))


def _called(name: str) -> str:
    """A section or a field in words; the id of a tier, a plan or an offer as it is."""
    return str(SECTIONS.get(name) or FIELDS.get(name) or name)


def local_day() -> str:
    """Today in the shop's zone, for file names."""
    return f"{timezone.localdate():%Y-%m-%d}"


__all__ = [
    "EXPIRIES",
    "ROUNDINGS",
    "SHORTFALLS",
    "change_rows",
    "earning_sentences",
    "life_sentences",
    "local_day",
]
