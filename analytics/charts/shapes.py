"""Charts of their own shape: the heat map of cohorts, the funnel, the distribution and the sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from analytics.charts.base import Chart, Row
from analytics.charts.scale import Linear, known, ticks
from analytics.charts.svg import Frame, cut, el, joined, label, number, point, tip, width_of
from loyalty.core import formats

CELL = 32.0


@dataclass(frozen=True, kw_only=True)
class Heat(Chart):
    """Cohorts down, time across, shares from 0 to 1 as darkness and in writing; None where it is not over yet.

    `cohorts` are (name, how many began, shares). On a phone the last periods that fit are drawn; the table
    has them all.
    """

    cohorts: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    periods: tuple[str, ...]
    corner: str
    size: str

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.corner, self.size, *self.periods)

    @property
    def rows(self) -> list[Row]:
        return [
            (name, float(began), *shares, *(None,) * (len(self.periods) - len(shares)))
            for name, began, shares in self.cohorts
        ]

    @property
    def is_empty(self) -> bool:
        return not any(known(shares) for _name, _began, shares in self.cohorts)

    @property
    def shown_rows(self) -> list[tuple[str, ...]]:
        return [
            (name, formats.number(began), *(self.told(cell) for cell in row[2:]))
            for (name, began, _shares), row in zip(self.cohorts, self.rows, strict=True)
        ]

    def frame(self, paper: Frame) -> Frame:
        return Frame(paper.name, paper.width, 30 + CELL * len(self.cohorts) + 4)

    def content(self, frame: Frame) -> SafeString:
        left = max(width_of(name) for name, _began, _shares in self.cohorts) + 10
        tick = self.tick or self.show
        fits = max(int((frame.width - left) / (width_of(tick(1.0)) + 6)), 1)
        shown = min(len(self.periods), fits)
        wide = min((frame.width - left) / shown, 64.0)
        drawn = [
            label(left + wide * (i + 0.5), 18, cut(self.periods[i], wide), kind="chart__text--soft")
            for i in range(shown)
        ]
        for row, (name, _began, shares) in enumerate(self.cohorts):
            drawn.append(label(left - 8, 30 + CELL * (row + 0.5) + 4, name, anchor="end"))
            drawn += self._cells(row, name, shares[:shown], left, wide, frame)
        return joined(*drawn)

    def _cells(
        self, row: int, name: str, shares: Sequence[float | None], left: float, wide: float, frame: Frame
    ) -> list[SafeString]:
        tick = self.tick or self.show
        drawn = []
        for i, share in enumerate(shares):
            if share is None:
                continue
            x, y = left + wide * i, 30 + CELL * row
            shade = min(max(int(share * 10), 0), 9)
            cell = el(
                "rect",
                x=x + 1,
                y=y + 1,
                width=wide - 2,
                height=CELL - 2,
                rx=4,
                class_=f"chart__cell heat-{shade}",
            )
            text = label(
                x + wide / 2, y + CELL / 2 + 4, tick(share), kind=f"chart__cell-text heat-text-{shade}"
            )
            told = f"{name}, {self.periods[i]}: {self.show(share)}"
            drawn.append(point(cell, text, text=told))
        return drawn


@dataclass(frozen=True, kw_only=True)
class Funnel(Chart):
    """Steps, each a part of the one before: how many got there, of the first and of the step before."""

    steps: tuple[tuple[str, int], ...]
    head: str
    of_first: str
    of_last: str
    count: str
    links: tuple[str, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.head, self.count, self.of_first, self.of_last)

    @property
    def rows(self) -> list[Row]:
        first = self.steps[0][1] if self.steps else 0
        rows: list[Row] = []
        before: int | None = None
        for name, count in self.steps:
            rows.append(
                (
                    name,
                    float(count),
                    _part(count, first),
                    _part(count, before) if before is not None else None,
                )
            )
            before = count
        return rows

    @property
    def is_empty(self) -> bool:
        return not self.steps or not self.steps[0][1]

    @property
    def shown_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(row[0]),
                formats.number(int(float(row[1] or 0))),
                *("–" if part is None else self.show(float(part)) for part in row[2:]),
            )
            for row in self.rows
        ]

    def frame(self, paper: Frame) -> Frame:
        return Frame(paper.name, paper.width, 56.0 * len(self.steps) + 4)

    def content(self, frame: Frame) -> SafeString:
        across = Linear(0, max(self.steps[0][1], 1), 0, frame.width - 4)
        drawn = []
        for row, told in enumerate(self.shown_rows):
            y, count = 56.0 * row, self.steps[row][1]
            track = el("rect", x=0, y=y + 24, width=frame.width - 4, height=20, rx=5, class_="chart__track")
            bar = el(
                "rect",
                x=0,
                y=y + 24,
                width=max(across(count), 2.0),
                height=20,
                rx=5,
                class_="chart__bar series-1",
            )
            name = label(
                0, y + 16, cut(told[0], frame.width * 0.6), anchor="start", kind="chart__text--strong"
            )
            right = told[1] if not row else f"{told[1]} · {told[3]}"
            figure = label(frame.width - 4, y + 16, right, anchor="end")
            text = f"{told[0]}: {told[1]}, {self.of_first} {told[2]}"
            drawn.append(
                point(track, bar, name, figure, text=text, href=self.links[row] if self.links else "")
            )
        return joined(*drawn)


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, kw_only=True)
class Distribution(Chart):
    """How often which value occurs, with a middle and the range it lies in."""

    bins: tuple[tuple[float, float, int], ...]
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    middle_name: str = ""
    range_name: str = ""
    value_name: str = ""
    count_name: str = ""

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.value_name, self.count_name)

    @property
    def rows(self) -> list[Row]:
        return [(self._name(start, end), float(count)) for start, end, count in self.bins]

    def _name(self, start: float, end: float) -> str:
        return f"{self.show(start)} – {self.show(end)}"

    @property
    def is_empty(self) -> bool:
        return not any(count for _start, _end, count in self.bins)

    @property
    def shown_rows(self) -> list[tuple[str, ...]]:
        return [(self._name(start, end), formats.number(count)) for start, end, count in self.bins]

    def content(self, frame: Frame) -> SafeString:
        marks = ticks(0, max(count for *_ends, count in self.bins), whole=True)
        left = max(width_of(formats.number(int(mark))) for mark in marks) + 10
        base = frame.height - 30
        up = Linear(0, marks[-1], base, 30)
        across = Linear(self.bins[0][0], self.bins[-1][1], left, frame.width - 8)
        drawn = [self._tick(mark, up(mark), left, frame) for mark in marks]
        if self.low is not None and self.high is not None:
            start, end = (min(max(across(v), left), frame.width - 8) for v in (self.low, self.high))
            drawn.append(
                el("rect", x=start, y=30, width=end - start, height=base - 30, class_="chart__range")
            )
        drawn += self._axis(across, frame)
        drawn += [self._bin(one, across, up, frame) for one in self.bins]
        if self.middle is not None:
            x = across(self.middle)
            drawn.append(el("line", x1=x, x2=x, y1=24, y2=base, class_="chart__middle"))
            text = cut(f"{self.middle_name} {self.show(self.middle)}", frame.width)
            half = width_of(text) / 2
            drawn.append(label(min(max(x, half), frame.width - half), 16, text, kind="chart__text--strong"))
        return joined(*drawn)

    @staticmethod
    def _tick(mark: float, y: float, left: float, frame: Frame) -> SafeString:
        kind = "chart__base" if mark == 0 else "chart__grid"
        line = el("line", x1=left, x2=frame.width - 4, y1=y, y2=y, class_=kind)
        return joined(
            line, label(left - 8, y + 4, formats.number(int(mark)), anchor="end", kind="chart__text--soft")
        )

    def _axis(self, across: Linear, frame: Frame) -> list[SafeString]:
        tick = self.tick or self.show
        wide = max(width_of(tick(across.low)), width_of(tick(across.high))) + 16
        count = max(int((across.end - across.start) / wide), 1)
        marks = [
            mark
            for mark in ticks(across.low, across.high, count=min(count, 6))
            if across.low <= mark <= across.high
        ]
        drawn = []
        for mark in marks:
            half = width_of(tick(mark)) / 2
            x = min(max(across(mark), half), frame.width - half)
            drawn.append(label(x, frame.height - 9, tick(mark), kind="chart__text--soft"))
        return drawn

    def _bin(self, one: tuple[float, float, int], across: Linear, up: Linear, frame: Frame) -> SafeString:
        start, end, count = one
        x, wide = across(start), across(end) - across(start)
        hit = el("rect", x=x, y=30, width=wide, height=up.start - 30, class_="chart__hit")
        bar = el(
            "rect", x=x + 0.75, y=up(count), width=max(wide - 1.5, 0.5), height=up.start - up(count), rx=1.5,
            class_="chart__bar series-1",
        )  # fmt: skip
        told = f"{self._name(start, end)}: {formats.number(count)}"
        return point(
            hit,
            bar,
            tip(
                x + wide / 2,
                30,
                [("", self._name(start, end)), ("series-1", formats.number(int(count)))],
                frame,
            ),
            text=told,
        )


def sparkline(values: Sequence[float | None], *, text: str) -> SafeString:
    """A line the size of a word, beside a figure; `text` says what it shows. Nothing for fewer than two values."""
    found = known(values)
    if len(found) < 2:
        return joined()
    across = Linear(0, len(values) - 1, 3, 93)
    up = (
        Linear(min(found), max(found), 25, 3)
        if max(found) > min(found)
        else Linear(0, 2 * abs(found[0]) or 1, 25, 3)
    )
    spots = [(across(i), up(value)) for i, value in enumerate(values) if value is not None]
    path = "M" + "L".join(f"{number(x)},{number(y)}" for x, y in spots)
    area = f"{path}L{number(spots[-1][0])},28L{number(spots[0][0])},28Z"
    return el(
        "svg",
        joined(
            el("path", d=area, class_="chart__area series-1"),
            el("path", d=path, class_="chart__line series-1"),
            el("circle", cx=spots[-1][0], cy=spots[-1][1], r=2.5, class_="chart__dot series-1"),
        ),
        viewBox="0 0 96 28", class_="sparkline", role="img", aria_label=text,
    )  # fmt: skip
