"""Pictures: what comes in is looked at before it is decoded, what is kept was written by us, and nothing else comes in."""

import io
import struct
import zlib

import pytest
from PIL import Image

from loyalty.core.events.models import Event
from loyalty.core.pictures import encoding
from loyalty.core.pictures.models import Picture
from loyalty.core.pictures.operations import keep_drawing, keep_picture
from loyalty.core.pictures.queries import address, known, rendition
from tests.cast import AT

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def photo(kind: str = "JPEG", size: tuple[int, int] = (2000, 1000), **options: object) -> bytes:
    """A file as a camera or a designer makes it."""
    file = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head promises a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def webp_that_says(width: int, height: int) -> bytes:
    """A WebP of thirty bytes whose head promises a huge picture."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def moving(kind: str) -> bytes:
    """Two pictures after one another."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def test_a_photograph_is_kept_in_three_sizes_without_what_it_knew():
    with_place = Image.Exif()
    with_place[0x010E] = "Mara at home, 59.33 N 18.06 E"
    made = encoding.encode(photo(exif=with_place), name="IMG_1.jpg")
    assert (made.kind, made.width, made.height) == ("webp", 1280, 640)
    sizes = {name: Image.open(io.BytesIO(file)).size for name, file in made.files.items()}
    assert sizes == {"small": (192, 96), "medium": (640, 320), "large": (1280, 640)}
    assert all(b"Mara" not in file and b"EXIF" not in file for file in made.files.values())


def test_a_photograph_that_lay_on_its_side_stands_upright():
    turned = Image.Exif()
    turned[0x0112] = 6
    made = encoding.encode(photo(exif=turned))
    assert (made.width, made.height) == (640, 1280)


def test_what_shows_through_still_does_and_small_ones_are_not_blown_up():
    file = io.BytesIO()
    Image.new("RGBA", (60, 40), (200, 30, 30, 90)).save(file, "PNG")
    made = encoding.encode(file.getvalue(), name="logo.png")
    assert (made.kind, made.width, made.height) == ("png", 60, 40)
    assert Image.open(io.BytesIO(made.files["large"])).convert("RGBA").getpixel((5, 5)) == (200, 30, 30, 90)


def test_what_was_hidden_behind_the_picture_is_gone():
    made = encoding.encode(photo("PNG") + b"<script>alert(1)</script>PK\x03\x04")
    assert all(b"script" not in file and b"PK\x03\x04" not in file for file in made.files.values())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_kinds_are_taken(kind: str):
    assert encoding.encode(photo(kind, (30, 30))).width == 30


REFUSED = {
    "an SVG": (SVG, "a.svg", encoding.VectorPicture),
    "an SVG that says it is a PNG": (SVG, "a.png", encoding.VectorPicture),
    "a page": (b"<!doctype html><script>alert(1)</script>", "a.png", encoding.NotAPicture),
    "nothing": (b"", "a.png", encoding.NotAPicture),
    "a JPEG called PNG": (photo(size=(20, 20)), "a.png", encoding.Mislabelled),
    "a GIF that moves": (moving("GIF"), "a.gif", encoding.MovingPicture),
    "a PNG that moves": (moving("PNG"), "a.png", encoding.MovingPicture),
    "a WebP that moves": (moving("WEBP"), "a.webp", encoding.MovingPicture),
    "a PNG of a billion pixels": (png_that_says(40_000, 40_000), "a.png", encoding.TooManyPixels),
    "a PNG just too large": (png_that_says(8_000, 5_001), "a.png", encoding.TooManyPixels),
    "a WebP of 268 million pixels": (webp_that_says(16_383, 16_383), "a.webp", encoding.TooManyPixels),
    "a torn PNG": (photo("PNG")[:400], "a.png", encoding.NotAPicture),
    "a torn WebP": (photo("WEBP")[:22], "a.webp", encoding.NotAPicture),
    "the head of a WebP": (b"RIFF\x04\0\0\0WEBP", "a.webp", encoding.NotAPicture),
    "the head of a JPEG": (b"\xff\xd8\xff\xe0", "a.jpg", encoding.NotAPicture),
    "six megabytes": (b"\x89PNG\r\n\x1a\n" + b"\0" * 6_000_000, "a.png", encoding.PictureTooLarge),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused_in_plain_words_and_nothing_is_kept(cafe, case: str):
    data, name, refusal = REFUSED[case]
    with pytest.raises(refusal) as refused:
        keep_picture(data=data, name=name, at=AT)
    assert str(refused.value).endswith(".") and "{" not in str(refused.value)
    assert Picture.objects.count() == 0
    assert not Event.objects.filter(kind="picture.added").exists()


def test_a_huge_picture_is_refused_by_its_head_alone(monkeypatch):
    """Nothing is decoded: forty thousand by forty thousand would be five gigabytes."""
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(encoding.TooManyPixels):
        encoding.encode(png_that_says(40_000, 40_000))


def test_the_same_picture_again_is_the_same_row_and_address(cafe):
    first = keep_picture(data=photo(), at=AT)
    again = keep_picture(data=photo(), at=AT, name="other-name.jpg")
    assert first.pk == again.pk and Picture.objects.count() == 1
    assert Event.objects.filter(kind="picture.added").count() == 1
    assert address("luna", first.pk, "small") == f"/pictures/luna/{first.pk.hex}/small"
    assert address("luna", None) == ""


def test_a_picture_belongs_to_one_shop(cafe, other_shop):
    from loyalty.core.tenancy.scope import acting_for
    from tests.cast import OTTO

    kept = keep_drawing(drawing=Image.new("RGB", (50, 50), "#2f5d50"), at=AT)
    assert known(kept.pk) and rendition(kept.pk, "small") is not None
    assert rendition(kept.pk, "gigantic") is None
    with acting_for(other_shop, by=OTTO):
        assert not known(kept.pk) and rendition(kept.pk, "small") is None
        mine = keep_drawing(drawing=Image.new("RGB", (50, 50), "#2f5d50"), at=AT)
        assert mine.pk == kept.pk  # what it shows, not whose it is
        assert Picture.objects.get().merchant_id == other_shop.pk
