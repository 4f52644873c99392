"""A shop's colour in mail: dark enough to be read on white, with the text that can be read on it."""

import re
from functools import lru_cache

HOUSE = "#2f5d50"
_HEX = re.compile(r"#[0-9a-f]{6}")


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2.2 measures it, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=512)
def painted(colour: str) -> tuple[str, str, str]:
    """`(brand, text on it, brand as text on white)`: the first as the shop chose it, the others readable (4.5 : 1)."""
    brand = colour.lower() if _HEX.fullmatch(colour.lower()) else HOUSE
    upon = "#ffffff" if contrast("#ffffff", brand) >= 4.5 else "#000000"
    ink = brand
    for _step in range(40):
        if contrast(ink, "#ffffff") >= 4.5:
            break
        ink = "#" + "".join(f"{int(int(ink[place : place + 2], 16) * 0.93):02x}" for place in (1, 3, 5))
    return brand, upon, ink
