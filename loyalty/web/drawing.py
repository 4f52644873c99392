"""Simple pictures of what rewards are, drawn here in a shop's own colour: for whoever has no photograph at hand.

Every motif is a few shapes on a field of 100 by 100, drawn four times as large as it is kept, so that edges are
smooth. The same motif and colour always give the same picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageDraw

from loyalty.web.brand import derive
from loyalty.web.colour import mix, shifted

EDGE = 800
_SCALE = 20  # pixels drawn for each of the hundred; 2,000 are then made 800

type Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Brush:
    """What a motif is drawn with: `main` the colour, `deep` darker, `pale` and `paper` lighter, `field` the ground."""

    draw: ImageDraw.ImageDraw
    main: str
    deep: str
    pale: str
    paper: str
    field: str

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """An ellipse around a point."""
        self.draw.ellipse(_box(x - rx, y - ry, x + rx, y + ry), fill=fill)

    def ring(self, x: float, y: float, rx: float, ry: float, colour: str, width: float) -> None:
        """The edge of an ellipse."""
        self.draw.ellipse(_box(x - rx, y - ry, x + rx, y + ry), outline=colour, width=round(width * _SCALE))

    def block(
        self, left: float, top: float, right: float, bottom: float, fill: str, round_by: float = 0
    ) -> None:
        """A rectangle, with rounded corners."""
        self.draw.rounded_rectangle(_box(left, top, right, bottom), round_by * _SCALE, fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """A closed shape through points."""
        self.draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        """A line with round ends through points."""
        self.draw.line(
            [(x * _SCALE, y * _SCALE) for x, y in points],
            fill=colour,
            width=round(width * _SCALE),
            joint="curve",
        )
        for x, y in (points[0], points[-1]):
            self.oval(x, y, width / 2, width / 2, colour)

    def arc(self, x: float, y: float, r: float, start: float, end: float, colour: str, width: float) -> None:
        """Part of a circle; degrees, clockwise from the right."""
        self.draw.arc(_box(x - r, y - r, x + r, y + r), start, end, fill=colour, width=round(width * _SCALE))


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE


def _steam(brush: Brush, x: float) -> None:
    brush.line([(x + 2 * sin(n / 3), 16 + n * 1.3) for n in range(15)], brush.pale, 2.2)


def _cup(brush: Brush) -> None:
    for x in (40, 50, 60):
        _steam(brush, x)
    brush.oval(50, 80, 33, 6, brush.pale)
    brush.ring(72, 55, 10, 10, brush.main, 4.5)
    brush.block(27, 42, 73, 78, brush.main, 16)
    brush.block(27, 42, 73, 56, brush.main)
    brush.oval(50, 43, 23, 5.5, brush.deep)
    brush.oval(50, 43.6, 19.5, 4, brush.paper)


def _bun(brush: Brush) -> None:
    brush.oval(50, 80, 34, 5, brush.pale)
    brush.oval(50, 53, 31, 28, brush.main)
    spiral = [
        (50 + r * 1.06 * cos(a), 53 + r * 0.94 * sin(a))
        for n in range(150)
        for a, r in [(n / 9, 2 + n / 6.4)]
    ]
    brush.line(spiral, brush.deep, 2.6)
    for n in range(26):
        a, r = n * 2.4, 5 + (n * 7) % 21
        brush.oval(50 + r * cos(a), 52 + r * 0.9 * sin(a), 1.3, 1.3, brush.paper)


def _bread(brush: Brush) -> None:
    brush.oval(50, 78, 37, 5, brush.pale)
    brush.block(14, 36, 86, 78, brush.main, 20)
    for x in (32, 48, 64):
        brush.line([(x - 4, 64), (x + 6, 44)], brush.paper, 3.6)


def _cake(brush: Brush) -> None:
    brush.oval(50, 80, 34, 5, brush.pale)
    brush.shape([(20, 50), (80, 38), (80, 76), (20, 76)], brush.main)
    brush.shape([(20, 60), (80, 54), (80, 60), (20, 66)], brush.paper)
    brush.shape([(20, 50), (80, 38), (72, 32), (40, 34)], brush.deep)
    brush.oval(58, 30, 6, 6, brush.main)
    brush.line([(58, 25), (61, 18)], brush.deep, 1.8)


def _bag(brush: Brush) -> None:
    brush.oval(50, 83, 30, 4, brush.pale)
    brush.arc(50, 36, 13, 180, 360, brush.deep, 4)
    brush.shape([(25, 36), (75, 36), (80, 82), (20, 82)], brush.main)
    brush.shape([(25, 36), (75, 36), (76, 45), (24, 45)], brush.deep)
    _heart_at(brush, 50, 63, 9, brush.paper)


def _heart_at(brush: Brush, x: float, y: float, size: float, fill: str) -> None:
    turns = [n * 2 * pi / 90 for n in range(90)]
    brush.shape(
        [
            (x + size / 16 * 16 * sin(t) ** 3,
             y - size / 16 * (13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)))
            for t in turns
        ],
        fill,
    )  # fmt: skip


def _heart(brush: Brush) -> None:
    brush.oval(50, 82, 24, 4, brush.pale)
    _heart_at(brush, 50, 48, 31, brush.main)
    brush.arc(41, 41, 13, 185, 250, brush.paper, 3.4)


def _book(brush: Brush) -> None:
    brush.oval(50, 80, 38, 5, brush.pale)
    brush.block(18, 62, 82, 76, brush.deep, 3)
    brush.block(24, 65, 82, 73, brush.paper, 1)
    brush.block(24, 46, 86, 60, brush.main, 3)
    brush.block(24, 49, 80, 57, brush.paper, 1)
    brush.block(16, 30, 76, 44, brush.pale, 3)
    brush.block(22, 33, 76, 41, brush.paper, 1)
    brush.shape([(62, 30), (69, 30), (69, 53), (65.5, 49), (62, 53)], brush.deep)


def _bean_at(brush: Brush, x: float, y: float, turn: float, fill: str) -> None:
    def at(u: float, v: float) -> Point:
        return x + u * cos(turn) - v * sin(turn), y + u * sin(turn) + v * cos(turn)

    brush.shape([at(17 * cos(n * pi / 30), 12 * sin(n * pi / 30)) for n in range(60)], fill)
    brush.line([at(-15 + n, 2.6 * sin((n - 15) / 4.6)) for n in range(31)], brush.paper, 1.8)


def _beans(brush: Brush) -> None:
    brush.oval(50, 80, 34, 5, brush.pale)
    _bean_at(brush, 35, 45, -0.7, brush.deep)
    _bean_at(brush, 66, 47, 0.6, brush.main)
    _bean_at(brush, 50, 68, -0.1, brush.main)


def _gift(brush: Brush) -> None:
    brush.oval(50, 82, 34, 4, brush.pale)
    brush.ring(40, 28, 9, 7, brush.deep, 4)
    brush.ring(60, 28, 9, 7, brush.deep, 4)
    brush.block(24, 46, 76, 82, brush.main, 3)
    brush.block(19, 34, 81, 48, brush.main, 4)
    brush.block(19, 46, 81, 49, brush.deep)
    brush.block(45, 34, 55, 82, brush.paper)


def _ticket(brush: Brush) -> None:
    brush.oval(50, 80, 36, 4, brush.pale)
    brush.block(14, 32, 86, 70, brush.main, 6)
    brush.oval(36, 32, 4.5, 4.5, brush.field)
    brush.oval(36, 70, 4.5, 4.5, brush.field)
    for y in (41, 48, 55, 62):
        brush.block(35, y - 1.6, 37, y + 1.6, brush.paper)
    brush.line([(52, 62), (70, 40)], brush.paper, 3.6)
    brush.ring(53, 43, 5, 5, brush.paper, 2.8)
    brush.ring(69, 59, 5, 5, brush.paper, 2.8)


def _apple(brush: Brush) -> None:
    brush.oval(50, 84, 24, 4, brush.pale)
    brush.oval(40, 56, 20, 25, brush.main)
    brush.oval(60, 56, 20, 25, brush.main)
    brush.line([(50, 38), (53, 22)], brush.deep, 3)
    brush.shape([(54, 28), (62, 18), (76, 18), (68, 29)], brush.deep)
    brush.arc(38, 53, 12, 170, 235, brush.paper, 3.2)


def _truck(brush: Brush) -> None:
    brush.oval(50, 78, 40, 4, brush.pale)
    brush.block(12, 34, 58, 68, brush.main, 4)
    brush.shape([(60, 44), (76, 44), (88, 56), (88, 68), (60, 68)], brush.deep)
    brush.shape([(66, 48), (75, 48), (82, 56), (66, 56)], brush.paper)
    for x in (30, 74):
        brush.oval(x, 70, 8.5, 8.5, brush.deep)
        brush.oval(x, 70, 3.6, 3.6, brush.paper)


def _star(brush: Brush) -> None:
    brush.oval(50, 84, 22, 4, brush.pale)
    points = [
        (r * sin(n * pi / 5), -r * cos(n * pi / 5)) for n in range(10) for r in [34 if n % 2 == 0 else 15]
    ]
    brush.shape([(50 + x, 50 + y) for x, y in points], brush.main)
    brush.shape([(50 + x * 0.5, 50 + y * 0.5) for x, y in points], brush.paper)


def _leaf(brush: Brush) -> None:
    brush.oval(50, 84, 24, 4, brush.pale)
    brush.block(37, 62, 63, 83, brush.deep, 4)
    brush.shape([(50 - 30 * sin(n * pi / 30) * (1 - n / 60), 62 - n * 1.35) for n in range(31)], brush.main)
    brush.shape([(50 + 30 * sin(n * pi / 30) * (1 - n / 60), 62 - n * 1.35) for n in range(31)], brush.main)
    brush.line([(50, 62), (50, 30)], brush.paper, 2.2)
    brush.line([(50, 52), (60, 44)], brush.paper, 1.8)
    brush.line([(50, 46), (41, 39)], brush.paper, 1.8)


MOTIFS: dict[str, tuple[Callable[[Brush], None], object]] = {
    "cup": (_cup, _("Coffee")),
    "bun": (_bun, _("Bun")),
    "bread": (_bread, _("Bread")),
    "cake": (_cake, _("Cake")),
    "beans": (_beans, _("Coffee beans")),
    "apple": (_apple, _("Fruit")),
    "book": (_book, _("Books")),
    "bag": (_bag, _("Shopping bag")),
    "gift": (_gift, _("Gift")),
    "ticket": (_ticket, _("Money off")),
    "truck": (_truck, _("Delivery")),
    "leaf": (_leaf, _("Plant")),
    "heart": (_heart, _("Heart")),
    "star": (_star, _("Star")),
}
"""Motifs by name: how each is drawn and what it is called."""


def drawn(motif: str, colour: str) -> Image.Image:
    """A motif of `MOTIFS` in a shop's colour (`#rrggbb`), 800 pixels square. Raises `KeyError` for any other."""
    paint, _name = MOTIFS[motif]
    field = mix(colour, "#fdfbf7", 0.14)
    whole = Image.new("RGB", (100 * _SCALE, 100 * _SCALE), field)
    draw = ImageDraw.Draw(whole)
    draw.ellipse(_box(-22, -30, 78, 62), fill=mix(colour, "#fdfbf7", 0.20))
    main = colour if _between(colour) else shifted(colour, 0.22 if colour < "#808080" else -0.22)
    paint(
        Brush(draw, main, shifted(main, -0.14), mix(main, "#fdfbf7", 0.38), mix(main, "#fffdf9", 0.06), field)
    )
    return whole.resize((EDGE, EDGE), Image.Resampling.LANCZOS)


def emblem(motif: str, colour: str) -> Image.Image:
    """A motif as a mark: light on a rounded square of the colour, see-through around it, 800 pixels square."""
    ink = derive(colour).on_brand
    whole = Image.new("RGBA", (100 * _SCALE, 100 * _SCALE))
    draw = ImageDraw.Draw(whole)
    draw.rounded_rectangle(_box(2, 2, 98, 98), 24 * _SCALE, fill=colour)
    MOTIFS[motif][0](Brush(draw, ink, mix(ink, colour, 0.7), mix(ink, colour, 0.22), colour, colour))
    return whole.resize((EDGE, EDGE), Image.Resampling.LANCZOS)


def _between(colour: str) -> bool:
    """True for a colour with room for a darker and a lighter one beside it."""
    light = sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) / 765
    return 0.16 < light < 0.82
