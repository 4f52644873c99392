"""Figures of periods: one, many at once, along time, by channel, place or tier."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from analytics.queries.figures import FIGURES, Definition, Term, definition, measures_of, told_apart
from analytics.queries.sums import Reader, Sums
from analytics.rules.calendar import Stretch


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

    Raises: NotFound for a figure there is none of, or that cannot be told apart so.
    """
    made = [definition(key) for key in keys or FIGURES]
    for one in made:
        told_apart(one, cut)
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


def figure(read: Reader, key: str, when: Stretch, *, cut: str = "", name: str = "") -> Told:
    """One figure of one period; of one part of it with a `cut` and a `name`. Raises: NotFound, as `figures`."""
    return figures(read, [when], [key], cut=cut).get((key, when, name)) or _told(
        definition(key), _Sums(Counter(), Counter(), Counter())
    )


def _told(made: Definition, sums: _Sums) -> Told:
    return Told(made.key, sums.of(made.part), sums.of(made.whole) if made.whole else None)
