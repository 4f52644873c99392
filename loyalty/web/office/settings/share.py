"""Pictures to share: the offer, the name and the code to join, in the brand, in the sizes that networks ask for."""

import io
from collections.abc import Sequence
from functools import lru_cache

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe
from PIL import Image, ImageDraw, ImageFont, ImageOps

from loyalty.core.pages import Here, require
from loyalty.core.pictures.queries import rendition
from loyalty.web.brand import derive
from loyalty.web.colour import mix
from loyalty.web.drawing import MOTIFS, drawn
from loyalty.web.office.settings.offer import Offer, chosen_language, offer_of

#: Width and height in pixels by what the picture is for.
SHAPES = {"square": (1080, 1080), "story": (1080, 1920), "wide": (1200, 630)}

# Whichever of these the server has; the last resort is the drawing library's own, which has no letters beyond English.
_FONTS = {
    True: (
        "Inter-Bold.ttf",
        "LiberationSans-Bold.ttf",
        "DejaVuSans-Bold.ttf",
        "NotoSans-Bold.ttf",
        "Arial_Bold.ttf",
    ),
    False: (
        "Inter-Regular.ttf",
        "LiberationSans-Regular.ttf",
        "DejaVuSans.ttf",
        "NotoSans-Regular.ttf",
        "Arial.ttf",
    ),
}


@lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in _FONTS[bold]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


type Shown = tuple[str, str, bytes]
"""A reward's name, its price in words, and a picture file."""


class _Sheet:
    """A picture that text is written on from top to bottom."""

    def __init__(self, size: tuple[int, int], ground: str):
        self.image = Image.new("RGB", size, ground)
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self, text: str, at: tuple[int, int], width: int, *, size: int, bold: bool, fill: str, most: int
    ) -> int:
        """Write a text in at most so many lines, smaller where it would not fit; returns where it ends."""
        font, lines = _font(size, bold), _wrapped(text, _font(size, bold), width)
        while size > 24 and (len(lines) > most or any(font.getlength(line) > width for line in lines)):
            size -= 4
            font, lines = _font(size, bold), _wrapped(text, _font(size, bold), width)
        step = round(size * 1.25)
        for number, line in enumerate(lines[:most]):
            self.draw.text((at[0], at[1] + number * step), line, font=font, fill=fill)
        return at[1] + len(lines[:most]) * step

    def plate(self, box: tuple[int, int, int, int], url: str) -> None:
        """The code to join on a white plate."""
        left, top, right, bottom = box
        self.draw.rounded_rectangle(box, 36, fill="#ffffff")
        file = io.BytesIO()
        segno.make(url, error="m", micro=False).save(file, kind="png", scale=20, border=3)
        with Image.open(file) as code:
            inner = code.convert("RGB").resize(
                (right - left - 36, bottom - top - 36), Image.Resampling.NEAREST
            )
        self.image.paste(inner, (left + 18, top + 18))


def painted(
    offer: Offer, shape: str, colour: str, logo: bytes | None = None, pictures: Sequence[Shown] = ()
) -> Image.Image:
    """The offer as a picture in one of `SHAPES`. `logo` is a picture file, or None for the shop's name alone;
    `pictures` are the rewards that are shown where there is room."""
    width, height = SHAPES[shape]
    brand = derive(colour)
    sheet = _Sheet((width, height), brand.brand)
    fade = mix(brand.on_brand, brand.brand, 0.10)
    sheet.draw.ellipse((width * 0.42, -height * 0.30, width * 1.5, height * 0.62), fill=fade)
    margin, quiet = 80, mix(brand.on_brand, brand.brand, 0.86)
    flat = shape == "wide"
    column = width - 2 * margin - (360 if flat else 0)
    top = _head(sheet, offer, logo, margin, column, brand.on_brand)
    top = sheet.write(offer.headline, (margin, top), column, size=64 if flat else 92, bold=True,
                      fill=brand.on_brand, most=3 if flat else 4)  # fmt: skip
    sheet.write(
        offer.promise, (margin, top + 24), column, size=34 if flat else 44, bold=False, fill=quiet, most=3
    )
    if shape == "story":
        _rewards(sheet, pictures, margin, 880, brand.on_brand, quiet)
    side = 330 if flat else 380
    left, under = (width - margin - side, (height - side) // 2) if flat else (margin, height - margin - side)
    sheet.plate((left, under, left + side, under + side), offer.join_url)
    if flat:
        sheet.write(offer.short_url, (margin, height - margin - 40), column, size=30, bold=True,
                    fill=brand.on_brand, most=1)  # fmt: skip
    else:
        beside = (left + side + 48, under + side // 2 - 70)
        room = width - beside[0] - margin
        end = sheet.write(offer.scan, beside, room, size=46, bold=True, fill=brand.on_brand, most=3)
        sheet.write(offer.short_url, (beside[0], end + 12), room, size=32, bold=False, fill=quiet, most=1)
    return sheet.image


def _rewards(sheet: _Sheet, pictures: Sequence[Shown], margin: int, top: int, ink: str, quiet: str) -> None:
    """What points get, one below the other."""
    for number, (name, price, content) in enumerate(pictures[:3]):
        at = top + number * 190
        with Image.open(io.BytesIO(content)) as whole:
            shown = ImageOps.fit(whole.convert("RGB"), (160, 160), Image.Resampling.LANCZOS)
        mask = Image.new("L", (160, 160))
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, 159, 159), 30, fill=255)
        sheet.image.paste(shown, (margin, at), mask)
        room = sheet.image.width - 2 * margin - 200
        sheet.write(name, (margin + 200, at + 28), room, size=42, bold=True, fill=ink, most=1)
        sheet.write(price, (margin + 200, at + 86), room, size=36, bold=False, fill=quiet, most=1)


def _head(sheet: _Sheet, offer: Offer, logo: bytes | None, margin: int, column: int, ink: str) -> int:
    """Logo and name; returns where they end."""
    left = margin
    if logo is not None:
        with Image.open(io.BytesIO(logo)) as mark:
            shown = mark.convert("RGBA")
        shown.thumbnail((112, 112), Image.Resampling.LANCZOS)
        sheet.draw.rounded_rectangle((margin, margin, margin + 128, margin + 128), 28, fill="#ffffff")
        sheet.image.paste(shown, (margin + 64 - shown.width // 2, margin + 64 - shown.height // 2), shown)
        left += 128 + 32
    sheet.write(offer.programme, (left, margin + (38 if logo else 0)), column - (left - margin), size=44, bold=True,
                fill=ink, most=1)  # fmt: skip
    return margin + (196 if logo else 120)


def _shown(offer: Offer) -> list[Shown]:
    found = [(name, price, rendition(picture, "small")) for name, price, picture in offer.rewards if picture]
    return [(name, price, file.content) for name, price, file in found if file is not None]


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


@require_safe
@require("overview.view")
def image(request: HttpRequest, here: Here, shape: str) -> HttpResponse:
    """A picture to share, as a download; `?language=` chooses its language."""
    if shape not in SHAPES:
        raise Http404
    shop = here.merchant
    mark = rendition(shop.logo, "small") if shop.logo else None
    with translation.override(chosen_language(request, shop)):
        offer = offer_of(request, here)
        content = _png(
            painted(offer, shape, shop.brand_colour, mark.content if mark else None, _shown(offer))
        )
    response = HttpResponse(content, content_type="image/png")
    response.headers["Cache-Control"] = "private, no-store"
    if "download" in request.GET:
        response.headers["Content-Disposition"] = f'attachment; filename="{shop.slug}-{shape}.png"'
    return response


@lru_cache(maxsize=256)
def _motif(name: str, colour: str) -> bytes:
    small = drawn(name, colour)
    small.thumbnail((192, 192), Image.Resampling.LANCZOS)
    return _png(small)


@require_safe
@require("rewards.edit")
def motif(request: HttpRequest, here: Here, name: str) -> HttpResponse:
    """A drawing to choose, in the shop's colour."""
    if name not in MOTIFS:
        raise Http404
    response = HttpResponse(_motif(name, here.merchant.brand_colour), content_type="image/png")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


__all__: Sequence[str] = ["SHAPES", "image", "motif", "painted"]
