"""Values along time or along names: lines, bars side by side, and bars on top of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from analytics.charts.base import Chart, Row
from analytics.charts.scale import Linear, known, ticks
from analytics.charts.svg import Frame, el, joined, label, number, point, tip, width_of

TOP, BOTTOM = 12.0, 30.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line or colour: a value for each place, None where it is not known. `before` marks what the others are
    compared with: it steps back."""

    name: str
    values: tuple[float | None, ...]
    before: bool = False


@dataclass(frozen=True, kw_only=True)
class _Trend(Chart):
    """Places along the bottom, values up the side. `links` open the rows behind a place."""

    places: tuple[str, ...]
    series: tuple[Series, ...]
    links: tuple[str, ...] = ()
    axis: str = ""

    def __post_init__(self) -> None:
        if any(len(one.values) != len(self.places) for one in self.series):
            raise ValueError("every series has a value for every place")
        known(value for one in self.series for value in one.values)

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.axis, *(one.name for one in self.series))

    @property
    def rows(self) -> list[Row]:
        return [(place, *(one.values[i] for one in self.series)) for i, place in enumerate(self.places)]

    @property
    def legend(self) -> list[tuple[str, str]]:
        if len(self.series) < 2:
            return []
        return [(self.colour(i), one.name) for i, one in enumerate(self.series)]

    def colour(self, index: int) -> str:
        """The class that a series is drawn in."""
        return "series-before" if self.series[index].before else f"series-{index % 6 + 1}"

    def reach(self) -> tuple[float, float]:
        """The lowest and highest that is drawn; nought is always in the picture."""
        values = known(value for one in self.series for value in one.values)
        return min(values, default=0.0), max(values, default=0.0)

    def content(self, frame: Frame) -> SafeString:
        low, high = self.reach()
        whole = all(value == int(value) for one in self.series for value in known(one.values))
        marks = ticks(min(low, 0), max(high, 0) or (1 if low >= 0 else 0), whole=whole)
        tick = self.tick or self.show
        left = max(width_of(tick(mark)) for mark in marks) + 10
        up = Linear(marks[0], marks[-1], frame.height - BOTTOM, TOP)
        step = (frame.width - left - 8) / max(len(self.places), 1)
        across = [left + step * (i + 0.5) for i in range(len(self.places))]
        drawn = [_grid(mark, up(mark), left, frame, tick(mark)) for mark in marks]
        drawn += _names(self.places, across, step, frame)
        drawn.append(self.marks(across, up, step))
        drawn += [self._point(i, x, up, step, frame) for i, x in enumerate(across)]
        return joined(*drawn)

    def marks(self, across: Sequence[float], up: Linear, step: float) -> SafeString:
        """The lines or bars themselves."""
        raise NotImplementedError

    def dots(self, i: int, x: float, up: Linear) -> list[SafeString]:
        """What else is shown of a place that is pointed at."""
        return []

    def _point(self, i: int, x: float, up: Linear, step: float, frame: Frame) -> SafeString:
        told = [
            (self.colour(s), f"{one.name}: {self.told(one.values[i])}") for s, one in enumerate(self.series)
        ]
        lines = [("", self.places[i]), *told]
        text = f"{self.places[i]}. " + ", ".join(part for _mark, part in told)
        high = frame.height - BOTTOM - TOP
        hit = el("rect", x=x - step / 2, y=TOP, width=step, height=high, class_="chart__hit")
        href = self.links[i] if self.links else ""
        return point(hit, *self.dots(i, x, up), tip(x, TOP, lines, frame), text=text, href=href)


def _grid(mark: float, y: float, left: float, frame: Frame, text: str) -> SafeString:
    kind = "chart__base" if mark == 0 else "chart__grid"
    line = el("line", x1=left, x2=frame.width - 4, y1=y, y2=y, class_=kind)
    return joined(line, label(left - 8, y + 4, text, anchor="end", kind="chart__text--soft"))


def _names(places: Sequence[str], across: Sequence[float], step: float, frame: Frame) -> list[SafeString]:
    """As many names along the bottom as stand beside each other without touching, counted from the last."""
    if not places:
        return []
    room = max(width_of(place) for place in places) + 14
    every = max(1, -int(-room // step))
    drawn = []
    for i in range(len(places) - 1, -1, -every):
        half = width_of(places[i]) / 2
        x = min(max(across[i], half), frame.width - half)
        drawn.append(label(x, frame.height - 9, places[i], kind="chart__text--soft"))
    return drawn


@dataclass(frozen=True, kw_only=True)
class Line(_Trend):
    """Lines along time. Where a value is not known the line has a gap; every second series is dashed too, because
    colour alone tells nothing to many."""

    def marks(self, across: Sequence[float], up: Linear, step: float) -> SafeString:
        drawn = []
        floor = up(max(up.low, 0.0))
        alone = sum(not one.before for one in self.series) == 1
        for s, one in enumerate(self.series):
            for run in _runs(one.values, across, up):
                path = "M" + "L".join(f"{number(x)},{number(y)}" for x, y in run)
                colour = self.colour(s)
                if alone and not one.before and len(run) > 1:
                    area = f"{path}L{number(run[-1][0])},{number(floor)}L{number(run[0][0])},{number(floor)}Z"
                    drawn.append(el("path", d=area, class_=f"chart__area {colour}"))
                dashed = " chart__line--dashed" if s % 2 else ""
                drawn.append(el("path", d=path, class_=f"chart__line {colour}{dashed}"))
                if len(run) == 1:  # a lone value between gaps would leave no trace
                    drawn.append(el("circle", cx=run[0][0], cy=run[0][1], r=3, class_=f"chart__dot {colour}"))
        return joined(*drawn)

    def dots(self, i: int, x: float, up: Linear) -> list[SafeString]:
        lines = [el("line", x1=x, x2=x, y1=up.end, y2=up.start, class_="chart__guide")]
        return lines + [
            el("circle", cx=x, cy=up(value), r=4, class_=f"chart__dot chart__dot--now {self.colour(s)}")
            for s, one in enumerate(self.series)
            if (value := one.values[i]) is not None
        ]


def _runs(
    values: Sequence[float | None], across: Sequence[float], up: Linear
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(across, values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, up(value)))
    return [run for run in runs if run]


@dataclass(frozen=True, kw_only=True)
class Bars(_Trend):
    """Bars beside each other, for few places or few series."""

    def marks(self, across: Sequence[float], up: Linear, step: float) -> SafeString:
        room = min(step * 0.72, 34.0 * len(self.series))
        wide = room / max(len(self.series), 1)
        return joined(
            *(
                _bar(x - room / 2 + wide * s, wide * 0.88, up(0.0), up(value), f"chart__bar {self.colour(s)}")
                for i, x in enumerate(across)
                for s, one in enumerate(self.series)
                if (value := one.values[i]) is not None
            )
        )


def _bar(x: float, wide: float, base: float, end: float, kind: str) -> SafeString:
    return el(
        "rect", x=x, y=min(base, end), width=wide, height=abs(base - end), rx=min(2.0, wide / 4), class_=kind
    )


@dataclass(frozen=True, kw_only=True)
class Stacked(_Trend):
    """Bars on top of each other: parts of a whole. What is negative hangs below nought."""

    def reach(self) -> tuple[float, float]:
        sums = [(self._sum(i, -1), self._sum(i, 1)) for i in range(len(self.places))]
        return min((low for low, _ in sums), default=0.0), max((high for _, high in sums), default=0.0)

    def _sum(self, i: int, sign: int) -> float:
        return sum(value for one in self.series if (value := one.values[i] or 0.0) * sign > 0)

    def marks(self, across: Sequence[float], up: Linear, step: float) -> SafeString:
        wide = min(step * 0.72, 48.0)
        drawn = []
        for i, x in enumerate(across):
            ends = {1: 0.0, -1: 0.0}
            for s, one in enumerate(self.series):
                value = one.values[i]
                if not value:
                    continue
                sign = 1 if value > 0 else -1
                base, ends[sign] = ends[sign], ends[sign] + value
                kind = f"chart__bar chart__bar--part {self.colour(s)}"
                drawn.append(_bar(x - wide / 2, wide, up(base), up(ends[sign]), kind))
        return joined(*drawn)
