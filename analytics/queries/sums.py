"""Reading facts: sums over days, heads of stretches, and what had come together by a day. Days that facts cannot answer
for are counted as they are asked for."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.models import Fact
from analytics.queries.freshness import Freshness, freshness
from analytics.queries.gathering import COUNTED, MEASURES, Sum, of_days, of_stretch
from analytics.queries.statements import answer
from analytics.rules.calendar import Days, Stretch, segments

type Sums = Counter[str]
"""Amounts by measure."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the facts of the shop acted for, in its `zone`, as they are `at` an instant."""

    zone: str
    at: datetime
    fresh: Freshness

    def of_days(
        self, spans: Sequence[Days], measures: Collection[str], *, cut: str = ""
    ) -> dict[tuple[Days, str], Sums]:
        """Sums that add up, of each span: by (span, name), the name being "" for the cut ""."""
        families = {MEASURES[measure] for measure in measures}
        whole = (
            min((since for since, _ in spans), default=None),
            max((after for _, after in spans), default=None),
        )
        found: dict[tuple[Days, str], Sums] = {}
        if whole[0] is None or whole[1] is None:
            return found
        stale = {family: self.fresh.of_family(family, (whole[0], whole[1])) for family in families}
        for number, name, measure, amount in self._kept(spans, measures, cut, stale):
            found.setdefault((spans[number - 1], name), Counter())[measure] += amount
        for family, holes in stale.items():
            for hole in holes:
                for one in of_days(family, hole, zone=self.zone, at=self.at):
                    self._add(found, spans, one, measures, cut)
        return found

    def _kept(
        self, spans: Sequence[Days], measures: Collection[str], cut: str, stale: Mapping[str, list[Days]]
    ) -> list[tuple[int, str, str, int]]:
        holes = [(family, since, until) for family, found in stale.items() for since, until in found]
        return answer(
            "read_days",
            {
                "firsts": [first for first, _after in spans],
                "afters": [after for _first, after in spans],
                "cut": cut,
                "measures": list(measures),
                "families": [family for family, _since, _until in holes],
                "froms": [since for _family, since, _until in holes],
                "tos": [until for _family, _since, until in holes],
            },
        )

    @staticmethod
    def _add(
        found: dict[tuple[Days, str], Sums],
        spans: Iterable[Days],
        one: Sum,
        measures: Collection[str],
        cut: str,
    ) -> None:
        if one.cut != cut or one.measure not in measures:
            return
        for span in spans:
            if span[0] <= one.first < span[1]:
                found.setdefault((span, one.name), Counter())[one.measure] += one.amount

    def upto(self, asked: Collection[Stretch], measures: Collection[str]) -> dict[Stretch, Sums]:
        """What had come together by the end of each stretch, since the shop began."""
        spans = segments(one.after for one in asked)
        of_spans = self.of_days(spans, measures)
        return {
            one: _together(sums for (span, _name), sums in of_spans.items() if span[1] <= one.after)
            for one in asked
        }

    def heads(
        self, asked: Collection[Stretch], measures: Collection[str], *, cut: str = ""
    ) -> dict[tuple[Stretch, str], Sums]:
        """Heads, of each stretch: by (stretch, name)."""
        found: dict[tuple[Stretch, str], Sums] = {}
        kept = [one for one in asked if not self.fresh.is_stale(one)]
        by_first = {(one.grain.value, one.first): one for one in kept}
        rows = Fact.objects.filter(
            grain__in={one.grain.value for one in kept}, cut=cut, measure__in=list(measures),
            first__in={one.first for one in kept}, family=COUNTED,
        ) if kept else Fact.objects.none()  # fmt: skip
        for grain, first, name, measure, amount in rows.values_list(
            "grain", "first", "name", "measure", "amount"
        ):
            if (grain, first) in by_first:
                found.setdefault((by_first[grain, first], name), Counter())[measure] += amount
        for one in asked:
            if one not in kept:
                for row in of_stretch(one, zone=self.zone, at=self.at):
                    if row.cut == cut and row.measure in measures:
                        found.setdefault((one, row.name), Counter())[row.measure] += row.amount
        return found


def _together(parts: Iterable[Sums]) -> Sums:
    """Counters added up; unlike `sum`, which would drop what is below nought."""
    found: Sums = Counter()
    for part in parts:
        found.update(part)
    return found


def reader(*, zone: str, at: datetime, exactly: bool = False) -> Reader:
    """A reader of the facts as they are now; `exactly` as in `freshness`."""
    return Reader(zone, at, freshness(zone=zone, at=at, exactly=exactly))
