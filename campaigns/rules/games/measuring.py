"""How far somebody has come in a challenge, and which purchases and activities it was that counted.

Everything is worked out from what stands today, so a refund takes progress back by itself, and nothing counts twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.rules.games.terms import Goods, Measure, Milestone, Step, Terms


@dataclass(frozen=True, slots=True)
class Line:
    """What was bought and not given back; `minor` is what was paid for it, in minor units."""

    sku: str
    category: str
    brand: str
    tags: frozenset[str]
    minor: int


@dataclass(frozen=True, slots=True)
class Purchase[Id]:
    """A purchase that stands; `left_minor` is what was paid for all of it and not given back."""

    id: Id
    at: datetime
    lines: tuple[Line, ...]
    left_minor: int


@dataclass(frozen=True, slots=True)
class Deed[Id]:
    """Something done besides buying, that staff have not refused."""

    id: Id
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Counted[Id]:
    """What counted: a purchase or a deed (`of_order`), when it was, what it added, and what was new in it."""

    id: Id
    of_order: bool
    at: datetime
    added: int
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress[Id]:
    """`value` is how far somebody is now, `best` how far they have come: of a streak that broke they differ. `counted`
    is what it was made of, first first."""

    value: int = 0
    best: int = 0
    counted: tuple[Counted[Id], ...] = field(default=())

    @property
    def last_at(self) -> datetime | None:
        """When something counted last."""
        return self.counted[-1].at if self.counted else None


def measured[Id](
    terms: Terms,
    purchases: Sequence[Purchase[Id]],
    deeds: Sequence[Deed[Id]],
    *,
    zone: ZoneInfo,
    at: datetime,
) -> Progress[Id]:
    """How far what somebody bought and did in a period has brought them; oldest first. `at` tells whether a streak
    still runs."""
    if terms.measure is Measure.STREAK:
        return _streak(terms, _acts(terms, purchases, deeds), zone, at)
    if terms.measure is Measure.SCORE:
        found = _scored(terms, purchases, deeds)
    elif terms.measure is Measure.ACTIVITIES:
        found = [Counted(one.id, False, one.at, 1) for one in deeds if one.kind in terms.activities]
    elif terms.measure in (Measure.PRODUCTS, Measure.CATEGORIES):
        found = _different(terms, purchases)
    else:
        found = _bought(terms, purchases)
    value = sum(one.added for one in found)
    return Progress(value, value, tuple(found))


def reached(terms: Terms, best: int) -> list[Milestone]:
    """The milestones that somebody who has come so far has passed."""
    return [one for one in terms.milestones if best >= one.needed]


def _takes(only: Goods, line: Line) -> bool:
    return (
        (not only.skus or line.sku in only.skus)
        and (not only.categories or line.category in only.categories)
        and (not only.brands or line.brand in only.brands)
        and (not only.tags or not line.tags.isdisjoint(only.tags))
    )


def _fits[Id](terms: Terms, one: Purchase[Id]) -> tuple[int, list[Line]]:
    """What of a purchase counts, in minor units, and its lines; nothing where it is too little. A part that was given
    back of no certain line is taken off the whole."""
    lines = [line for line in one.lines if line.minor > 0 and _takes(terms.only, line)]
    minor = min(sum(line.minor for line in lines), one.left_minor)
    return (minor, lines) if minor > 0 and minor >= terms.at_least_minor else (0, [])


def _bought[Id](terms: Terms, purchases: Iterable[Purchase[Id]]) -> list[Counted[Id]]:
    of_amount = terms.measure is Measure.AMOUNT
    fitting = ((one, _fits(terms, one)[0]) for one in purchases)
    return [Counted(one.id, True, one.at, minor if of_amount else 1) for one, minor in fitting if minor]


def _different[Id](terms: Terms, purchases: Iterable[Purchase[Id]]) -> list[Counted[Id]]:
    """Purchases that brought something that was not there before."""
    seen, found = set[str](), list[Counted[Id]]()
    by_sku = terms.measure is Measure.PRODUCTS
    for one in purchases:
        names = [line.sku if by_sku else line.category for line in _fits(terms, one)[1]]
        new = tuple(dict.fromkeys(name for name in names if name and name not in seen))
        if new:
            seen.update(new)
            found.append(Counted(one.id, True, one.at, len(new), new))
    return found


def _scored[Id](
    terms: Terms, purchases: Sequence[Purchase[Id]], deeds: Sequence[Deed[Id]]
) -> list[Counted[Id]]:
    found = list[Counted[Id]]()
    for task in terms.tasks:
        of_order = not task.activity
        if of_order:
            fitting = [(one.id, one.at) for one in purchases if _fits(terms, one)[0]]
        else:
            fitting = [(one.id, one.at) for one in deeds if one.kind == task.activity]
        counted = fitting if task.at_most is None else fitting[: task.at_most]
        found += [Counted(key, of_order, at, task.gives) for key, at in counted]
    return sorted(found, key=lambda one: one.at)


def _acts[Id](
    terms: Terms, purchases: Iterable[Purchase[Id]], deeds: Iterable[Deed[Id]]
) -> list[Counted[Id]]:
    if terms.activities:
        return [Counted(one.id, False, one.at, 1) for one in deeds if one.kind in terms.activities]
    return [Counted(one.id, True, one.at, 1) for one in purchases if _fits(terms, one)[0]]


def _number(day: date, step: Step) -> int:
    """Weeks (from Monday) and months, numbered."""
    if step is Step.WEEK:
        return (day - timedelta(days=day.weekday())).toordinal() // 7
    return day.year * 12 + day.month


def _streak[Id](terms: Terms, acts: list[Counted[Id]], zone: ZoneInfo, at: datetime) -> Progress[Id]:
    """The first act of each week or month, in rows that no more than `grace` missed ones interrupt."""
    rows, before = [list[Counted[Id]]()], -1
    for act in sorted(acts, key=lambda one: one.at):
        number = _number(act.at.astimezone(zone).date(), terms.step)
        if number == before:
            continue
        if before >= 0 and number - before > terms.grace + 1:
            rows.append([])
        rows[-1].append(act)
        before = number
    today = _number(at.astimezone(zone).date(), terms.step)
    runs = before >= 0 and today - before <= terms.grace + 1
    now = rows[-1] if runs else []
    return Progress(len(now), max(map(len, rows)), tuple(now))
