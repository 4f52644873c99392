"""Writing SVG that a strict content security policy lets through: elements, escaped, without styles or scripts."""

from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

CHARACTER = 6.9
"""How wide a character of 12 units is at most, on average. Layout happens before any browser sees it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The paper of a drawing in its own units, which are CSS pixels where it fits. A phone gets one of its own, so
    that text never shrinks with the picture."""

    name: str
    width: float
    height: float


WIDE = Frame("wide", 560, 270)
NARROW = Frame("narrow", 340, 260)


def el(tag: str, *children: str, **attributes: object) -> SafeString:
    """One element. `class_` → `class`, `aria_label` → `aria-label`; None leaves an attribute out.

    Children that are not marked safe are escaped. Raises: ValueError for what the policy would block.
    """
    given = []
    for name, value in attributes.items():
        named = name.rstrip("_").replace("__", ":").replace("_", "-")
        if named == "style" or named.startswith("on"):
            raise ValueError(f"{named} is blocked by the content security policy")
        if str(value).strip().lower().startswith("javascript:"):
            raise ValueError(f"{named}={value!r} is blocked by the content security policy")
        if value is not None:
            given.append(format_html(' {}="{}"', named, number(value) if isinstance(value, float) else value))
    return mark_safe(f"<{tag}{''.join(given)}>{''.join(conditional_escape(c) for c in children)}</{tag}>")  # noqa: S308


def joined(*parts: str) -> SafeString:
    """Several elements in a row."""
    return mark_safe("".join(conditional_escape(part) for part in parts))  # noqa: S308


def number(value: float) -> str:
    """A coordinate: two decimals at most, and never one that is not a number."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a coordinate is a number")
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0") if abs(value) < 0.005 else _short(value)


def _short(value: float) -> str:
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def width_of(text: str) -> float:
    """About how wide a text of 12 units is."""
    return len(text) * CHARACTER


def cut(text: str, room: float) -> str:
    """The text, shortened with an ellipsis to what fits into `room`."""
    most = max(int(room / CHARACTER), 2)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def label(x: float, y: float, text: str, *, anchor: str = "middle", kind: str = "") -> SafeString:
    """A piece of text."""
    return el("text", text, x=x, y=y, text_anchor=anchor, class_=f"chart__text {kind}".strip())


def tip(x: float, top: float, lines: list[tuple[str, str]], frame: Frame) -> SafeString:
    """The box that is shown beside what is pointed at or has the focus: (class of its mark or "", text) a line."""
    wide = min(max(width_of(text) + (16 if mark else 0) for mark, text in lines) + 20, frame.width - 4)
    high = 18 * len(lines) + 10
    left = min(max(x - wide / 2, 2), frame.width - wide - 2)
    top = min(top, frame.height - high - 2)
    drawn = [el("rect", x=left, y=top, width=wide, height=float(high), rx=6, class_="chart__tip-box")]
    for row, (mark, text) in enumerate(lines):
        y = top + 18 * row + 19
        if mark:
            drawn.append(
                el("rect", x=left + 10, y=y - 9, width=10, height=10, rx=2, class_=f"chart__mark {mark}")
            )
        kind = "chart__tip-text" if row else "chart__tip-text chart__tip-text--head"
        room = wide - (36 if mark else 20) + CHARACTER
        drawn.append(label(left + (26 if mark else 10), y, cut(text, room), anchor="start", kind=kind))
    return el("g", joined(*drawn), class_="chart__tip", aria_hidden="true")


def point(*parts: str, text: str, href: str = "") -> SafeString:
    """What can be pointed at and reached with the keyboard: a link where there are rows behind it."""
    if href:
        return el("a", joined(*parts), class_="chart__point", href=href, aria_label=text)
    return el("g", joined(*parts), class_="chart__point", tabindex="0", role="img", aria_label=text)
