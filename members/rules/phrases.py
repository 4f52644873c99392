"""What rules say about themselves, before any language: a sentence in English with typed values.

A condition or effect keeps its words in its own file and still knows no Django. `gettext_lazy` and `ngettext_lazy`
here only keep the words: they carry the names that `makemessages` looks for, and `members.queries.rule_words` is the
one place that translates them and writes money, counts and days the reader's way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of the shop's currency."""

    minor: int


@dataclass(frozen=True, slots=True)
class Units:
    """`count` of a unit: "12 points", "1 stamp". Cash-back is said as money."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class UnitWord:
    """The word for many of a unit: "points", "stamps"."""

    unit: str


@dataclass(frozen=True, slots=True)
class Exact:
    """A decimal written as text, such as a factor: "1.5"."""

    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole` as per cent."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: "08:00"."""

    text: str


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, Monday is 0."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Names as a choice: "app, web or pos"."""

    names: "tuple[str | Phrase, ...]"


type Value = str | int | Money | Units | UnitWord | Exact | Share | Clock | Weekdays | Names | Phrase


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in English with places for values; with `plural` and `count` it has two forms."""

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""
    count: int = 0


def gettext_lazy(text: str, /, **values: Value) -> Phrase:
    """A sentence or part of one."""
    return Phrase(text, values)


def ngettext_lazy(one: str, many: str, count: int, /, **values: Value) -> Phrase:
    """A sentence whose form depends on `count`, which stands in it as `{n}`."""
    return Phrase(one, {"n": count, **values}, many, count)


@dataclass(frozen=True, slots=True)
class Telling:
    """How one code is told from the values kept with it: to staff, and to the member themselves. `plainly` None: as
    to staff; `hidden`: members are not told (which segment they are in is nobody's business but the shop's)."""

    words: Callable[[Mapping], Phrase]
    plainly: Callable[[Mapping], Phrase] | None = None
    hidden: bool = False


type Tellings = Mapping[str, Telling]


def days(count: int) -> Phrase:
    """How many days: "1 day", "14 days"."""
    return ngettext_lazy("{n} day", "{n} days", count)


def duration(minutes: int) -> Phrase:
    """A stretch of time in the largest whole unit: "90 minutes", "1 hour", "2 days"."""
    if minutes and minutes % 1440 == 0:
        return days(minutes // 1440)
    if minutes and minutes % 60 == 0:
        return ngettext_lazy("{n} hour", "{n} hours", minutes // 60)
    return ngettext_lazy("{n} minute", "{n} minutes", minutes)
