"""A shop's icon in any size: its logo on paper, or its first letters on its colour."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from loyalty.core.pictures.encoding import png
from loyalty.web import brand


@lru_cache(maxsize=64)
def drawn(colour: str, name: str, logo: bytes, side: int, fills: float) -> bytes:
    """An icon as PNG, `side` pixels square; the picture takes `fills` of it."""
    paper = brand.LIGHT_PAPER[0] if logo else colour
    drawing = Image.new("RGB", (side, side), paper)
    if logo:
        place(drawing, logo, round(side * fills))
    else:
        _letters(drawing, name, brand.derive(colour).on_brand, fills)
    return png(drawing)


def place(drawing: Image.Image, logo: bytes, most: int) -> None:
    """Put a logo in the middle, its longer edge `most` pixels."""
    with Image.open(BytesIO(logo)) as picture:
        placed = picture.convert("RGBA")
    placed.thumbnail((most, most), Image.Resampling.LANCZOS)
    if max(placed.size) < most:  # a small logo is enlarged rather than lost
        scale = most / max(placed.size)
        placed = placed.resize(
            (max(1, round(placed.width * scale)), max(1, round(placed.height * scale))),
            Image.Resampling.LANCZOS,
        )
    at = ((drawing.width - placed.width) // 2, (drawing.height - placed.height) // 2)
    drawing.paste(placed, at, placed)


def _letters(drawing: Image.Image, name: str, ink: str, fills: float) -> None:
    """The first letters of the shop's words. Letters the font does not have are a ring instead."""
    words = [word for word in name.split() if word[:1].isalnum()]
    text = "".join(word[0] for word in words[:2]).upper()
    canvas, side = ImageDraw.Draw(drawing), drawing.width
    if not text or not text.isascii():
        edge = round(side * (1 - fills * 0.7) / 2)
        canvas.ellipse((edge, edge, side - edge, side - edge), outline=ink, width=max(4, side // 14))
        return
    font = ImageFont.load_default(round(side * fills * (0.56 if len(text) > 1 else 0.7)))
    canvas.text(
        (side / 2, side / 2), text, fill=ink, font=font, anchor="mm", stroke_width=max(1, side // 160)
    )
