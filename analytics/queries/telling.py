"""Figures of periods: one, many at once, along time, by channel, place, tier, segment or campaign."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from analytics.queries.figures import (
    COUNTED_WHEN_ASKED,
    FIGURES,
    Definition,
    Term,
    definition,
    measures_of,
    told_apart,
)
from analytics.queries.rows import LASTING, parts
from analytics.queries.sums import Reader, Sums
from analytics.rules.calendar import Grain, Stretch
from loyalty.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Told:
    """A figure of one period: the sums it is made of, and its value."""

    key: str
    part: int
    whole: int | None = None

    @property
    def value(self) -> int | Decimal | None:
        """Minor units, heads or points where it is a sum; a Decimal where something was divided (a score of 100
        already multiplied); None where there is nothing to divide by."""
        if self.whole is None:
            return self.part
        if self.whole <= 0:
            return None
        times = 100 if FIGURES[self.key].unit == "score" else 1
        return Decimal(self.part) * times / self.whole


type Table = Mapping[tuple[str, Stretch, str], Told]
"""Figures by key, period, and name of the part they are of ("" for all)."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the figures of one period and name are made of."""

    days: Sums
    upto: Sums
    heads: Sums

    def of(self, term: Term) -> int:
        return term.of(self.heads if term.counts_heads else self.upto if term.upto else self.days)


def figures(read: Reader, asked: Collection[Stretch], keys: Collection[str] = (), *, cut: str = "") -> Table:
    """Some figures (all without `keys`) of some periods. With a `cut` there is an entry for each name there is of it.

    Raises: NotFound for a figure there is none of, or that cannot be told apart so; InvalidInput where that takes too
    long to count (`can_count`).
    """
    made = [definition(key) for key in keys or FIGURES]
    for one in made:
        told_apart(one, cut)
    if cut in COUNTED_WHEN_ASKED:
        return _counted(read, asked, made, cut)
    days, upto, heads = measures_of(made)
    periods = sorted(set(asked))
    of_days = read.of_days([when.days for when in periods], days, cut=cut) if days else {}
    of_all = read.upto(periods, upto) if upto else {}
    of_heads = read.heads(periods, heads, cut=cut) if heads else {}
    names = {name for _period, name in [*of_days, *of_heads]} if cut else {""}
    none: Sums = Counter()
    found: dict[tuple[str, Stretch, str], Told] = {}
    for when in periods:
        for name in names:
            sums = _Sums(
                of_days.get((when.days, name), none), of_all.get(when, none), of_heads.get((when, name), none)
            )
            found |= {(each.key, when, name): _told(each, sums) for each in made}
    return found


def can_count(read: Reader, made: Definition, when: Stretch, cut: str) -> bool:
    """Whether a figure can be told apart by a cut while somebody waits: a shop that is too large to be counted when
    somebody looks has its segments and campaigns counted for a month at most, and nothing since it began."""
    if read.fresh.is_live or cut not in COUNTED_WHEN_ASKED:
        return True
    return made.opens.source not in LASTING and when.grain not in (Grain.QUARTER, Grain.YEAR)


def _counted(read: Reader, asked: Collection[Stretch], made: Collection[Definition], cut: str) -> Table:
    """The same for what no facts are kept of."""
    if not all(can_count(read, one, when, cut) for one in made for when in asked):
        raise InvalidInput.of(
            "cut",
            gettext(
                "In a shop of your size segments and campaigns are counted for days, weeks and months, and only what "
                "happened in them."
            ),
        )
    counted = {
        (one, when): parts(one.key, when, zone=read.zone, at=read.at, cut=cut)
        for one in made
        for when in sorted(set(asked))
    }
    names = {name for found in counted.values() for name in found}
    table: dict[tuple[str, Stretch, str], Told] = {}
    for (one, when), found in counted.items():
        for name in names:
            part, whole = found.get(name, (0, 0))
            table[one.key, when, name] = Told(one.key, part, whole if one.whole else None)
    return table


def figure(read: Reader, key: str, when: Stretch, *, cut: str = "", name: str = "") -> Told:
    """One figure of one period; of one part of it with a `cut` and a `name`. Raises: NotFound, as `figures`."""
    return figures(read, [when], [key], cut=cut).get((key, when, name)) or _told(
        definition(key), _Sums(Counter(), Counter(), Counter())
    )


def _told(made: Definition, sums: _Sums) -> Told:
    return Told(made.key, sums.of(made.part), sums.of(made.whole) if made.whole else None)
