"""What every chart is: a title, a sentence that says it, a drawing for each width, and a table."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.safestring import SafeString

from analytics.charts.svg import NARROW, WIDE, Frame, el, joined
from loyalty.core import formats

type Show = Callable[[float], str]
type Row = tuple[str | float | None, ...]


def plain(value: float) -> str:
    """A number as it is, for charts that were given no other way of showing it."""
    return formats.number(int(value)) if value == int(value) else formats.decimal(Decimal(f"{value:.1f}"))


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """A chart. `title` names it, `sentence` says in words what it shows: who cannot see it reads that.

    `show` writes a value as people read it (in tips and the table), `tick` on an axis, where there is little
    room. `key` is unique on a page.
    """

    key: str
    title: str
    sentence: str
    show: Show = field(default=plain)
    tick: Show | None = None

    @property
    @abstractmethod
    def heads(self) -> tuple[str, ...]:
        """The columns of its table."""

    @property
    @abstractmethod
    def rows(self) -> list[Row]:
        """The rows of its table: a name, then values as numbers (None: not known)."""

    @property
    def legend(self) -> list[tuple[str, str]]:
        """(class, name) of each series, where there is more than one."""
        return []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: a page says so instead of showing empty axes."""
        return not any(value is not None for row in self.rows for value in row[1:])

    @abstractmethod
    def content(self, frame: Frame) -> SafeString:
        """What is drawn inside of a frame."""

    def frame(self, paper: Frame) -> Frame:
        """The paper it needs: most charts are content with what they are given."""
        return paper

    def drawing(self, paper: Frame) -> SafeString:
        """The whole SVG for one width."""
        frame = self.frame(paper)
        title, desc = f"{self.key}-{frame.name}-title", f"{self.key}-{frame.name}-desc"
        return el(
            "svg",
            joined(el("title", self.title, id=title), el("desc", self.sentence, id=desc), self.content(frame)),
            viewBox=f"0 0 {frame.width:g} {frame.height:g}", class_=f"chart__svg chart__svg--{frame.name}",
            role="group", aria_labelledby=title, aria_describedby=desc,
        )  # fmt: skip

    @property
    def drawings(self) -> SafeString:
        """Both widths; the sheet of styles shows the one that fits."""
        return joined(self.drawing(WIDE), self.drawing(NARROW))

    @property
    def shown_rows(self) -> list[tuple[str, ...]]:
        """The table as people read it."""
        return [(str(row[0]), *(self.told(value) for value in row[1:])) for row in self.rows]

    def told(self, value: str | float | None) -> str:
        """One cell as people read it."""
        return "–" if value is None else value if isinstance(value, str) else self.show(value)
