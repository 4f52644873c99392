"""How much several things differ from one: an estimate with the range that it lies in, around a line at nothing."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from analytics.charts.base import Chart, Row
from analytics.charts.scale import Linear, ticks
from analytics.charts.svg import Frame, cut, el, joined, label, point, width_of

ROW = 58.0
TOP, BOTTOM = 10.0, 30.0


@dataclass(frozen=True, kw_only=True)
class Intervals(Chart):
    """`ranges` are (name, low, estimate, high), each against the same thing, which stands at nothing."""

    ranges: tuple[tuple[str, float, float, float], ...]
    head: str
    low_head: str
    middle_head: str
    high_head: str

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.head, self.middle_head, self.low_head, self.high_head)

    @property
    def rows(self) -> list[Row]:
        return [(name, middle, low, high) for name, low, middle, high in self.ranges]

    def frame(self, paper: Frame) -> Frame:
        return Frame(paper.name, paper.width, TOP + ROW * len(self.ranges) + BOTTOM)

    def content(self, frame: Frame) -> SafeString:
        tick = self.tick or self.show
        lowest = min([0.0, *(low for _name, low, _middle, _high in self.ranges)])
        highest = max([0.0, *(high for _name, _low, _middle, high in self.ranges)])
        marks = ticks(lowest, highest, count=4 if frame.width > 400 else 2)
        edge = max(width_of(tick(marks[0])), width_of(tick(marks[-1]))) / 2 + 4
        across = Linear(marks[0], marks[-1], edge, frame.width - edge)
        base = frame.height - BOTTOM
        drawn = [self._mark(mark, across(mark), base, tick(mark)) for mark in marks]
        for place, (name, low, middle, high) in enumerate(self.ranges):
            drawn.append(self._range(place, name, (across(low), across(middle), across(high)), frame))
        return joined(*drawn)

    def _mark(self, mark: float, x: float, base: float, text: str) -> SafeString:
        kind = "chart__nought" if mark == 0 else "chart__grid"
        line = el("line", x1=x, x2=x, y1=TOP, y2=base, class_=kind)
        return joined(line, label(x, base + 18, text, kind="chart__text--soft"))

    def _range(self, place: int, name: str, places: tuple[float, float, float], frame: Frame) -> SafeString:
        left, middle, right = places
        y = TOP + ROW * place + 38
        _name, low, estimate, high = self.ranges[place]
        told = f"{name}: {self.show(estimate)} ({self.show(low)} – {self.show(high)})"
        return point(
            label(2, y - 18, cut(name, frame.width - 4), anchor="start", kind="chart__text--strong"),
            el("line", x1=left, x2=right, y1=y, y2=y, class_="chart__span"),
            el("line", x1=left, x2=left, y1=y - 6, y2=y + 6, class_="chart__span"),
            el("line", x1=right, x2=right, y1=y - 6, y2=y + 6, class_="chart__span"),
            el("circle", cx=middle, cy=y, r=6, class_="chart__estimate"),
            text=told,
        )
