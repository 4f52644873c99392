"""Colour arithmetic: WCAG contrast, and moving a colour's lightness without changing what colour it is.

Pure Python on ``#rrggbb`` strings. Lightness is moved in OKLCH (Björn Ottosson's perceptual space), because
darkening in RGB turns yellow into mud and blue into purple; there a darker yellow stays an ochre and a
lighter blue a blue.
"""

from collections.abc import Sequence
from math import atan2, cos, hypot, sin

type Triple = tuple[float, float, float]

_STEPS = 200


def channels(colour: str) -> Triple:
    """Return the red, green and blue of ``#rrggbb``, each from 0 to 1."""
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))  # type: ignore[return-value]


def _hex(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(min(max(value, 0.0), 1.0) * 255):02x}" for value in rgb)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` as WCAG 2.2 defines it, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(value) for value in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, from 1 (equal) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, paper: str, share: float) -> str:
    """Return ``paper`` with ``share`` (0 to 1) of ``colour`` laid over it, as a browser blends opacity."""
    return _hex(
        [
            top * share + under * (1 - share)
            for top, under in zip(channels(colour), channels(paper), strict=True)
        ]
    )


def _to_oklch(colour: str) -> Triple:
    red, green, blue = (_linear(value) for value in channels(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, hypot(a, b), atan2(b, a)


def _to_linear_rgb(lightness: float, chroma: float, hue: float) -> Triple:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _shows(rgb: Triple) -> bool:
    """Say whether a screen can show this linear colour (a rounding error outside counts as inside)."""
    return all(-0.0005 <= value <= 1.0005 for value in rgb)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the most colourful ``#rrggbb`` of that lightness and hue with at most that chroma."""
    if not _shows(_to_linear_rgb(lightness, chroma, hue)):
        # Give up chroma, never lightness or hue. Grey always fits, so the search has a floor.
        low, high = 0.0, chroma
        for _ in range(16):
            middle = (low + high) / 2
            if _shows(_to_linear_rgb(lightness, middle, hue)):
                low = middle
            else:
                high = middle
        chroma = low
    return _hex([_gamma(max(value, 0.0)) for value in _to_linear_rgb(lightness, chroma, hue)])


def shifted(colour: str, by: float) -> str:
    """Return ``colour`` with its perceived lightness moved ``by`` (-1 to 1), hue kept, stopping at black and
    white.
    """
    lightness, chroma, hue = _to_oklch(colour)
    return _from_oklch(min(max(lightness + by, 0.0), 1.0), chroma, hue)


def nearest_readable(colour: str, papers: Sequence[str], least: float, *, lighter: bool) -> str:
    """Return ``colour``, or its nearest lighter (darker) tone with a contrast of ``least`` on each of
    ``papers``.

    Falls back to white (black), which the caller's papers must allow.
    """
    if all(contrast(colour, paper) >= least for paper in papers):
        return colour
    lightness, chroma, hue = _to_oklch(colour)
    end = 1.0 if lighter else 0.0
    for step in range(1, _STEPS):
        tone = _from_oklch(lightness + (end - lightness) * step / _STEPS, chroma, hue)
        if all(contrast(tone, paper) >= least for paper in papers):
            return tone
    return "#ffffff" if lighter else "#000000"
