"""One colour in, a readable palette out: by the formula, for any colour, in both themes."""

import colorsys
import random
import re
from pathlib import Path

import pytest
from django.http import Http404
from django.test import RequestFactory

from loyalty.web import brand as brands
from loyalty.web.brand import (
    BadColour,
    Brand,
    brand_css,
    colour_of,
    derive,
    digest,
    normalise,
    pairs,
    stylesheet,
)
from loyalty.web.colour import contrast, nearest_readable

TOKENS = (Path(__file__).parents[2] / "static/css/tokens.css").read_text()
_random = random.Random(20261121)
RANDOM_COLOURS = [f"#{_random.randrange(1 << 24):06x}" for _ in range(500)]
EDGES = ["#000000", "#ffffff", "#808080", "#777777", "#ffd400", "#ff0000", "#00ff00", "#0000ff", "#00ffff",
         "#ff00ff", "#010101", "#fefefe", "#b4532a", "#2f7d5b", "#f6f6f4", "#1a1c20"]  # fmt: skip


def token(name: str) -> tuple[str, str]:
    """The light and the dark value of a property in tokens.css: its first, unconditional definition."""
    value = re.search(rf"--{name}: ([^;]+);", TOKENS).group(1)
    found = re.findall(r"#[0-9a-f]{6}", value)
    assert len(found) in (1, 2), f"--{name} is not one colour or a pair of them: {value}"
    return found[0], found[-1]


def hue_distance(one: str, other: str) -> float:
    """How far apart two colours are on the colour wheel, in degrees."""
    wheel = [
        colorsys.rgb_to_hsv(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))[0] * 360
        for colour in (one, other)
    ]
    apart = abs(wheel[0] - wheel[1])
    return min(apart, 360 - apart)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        (
            "#767676",
            "#ffffff",
            4.54,
        ),  # the lightest grey that passes on white, and the next one, which does not
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.00),
        ("#00ff00", "#000000", 15.30),
    ],
)
def test_contrast_is_the_ratio_that_others_publish(one: str, other: str, ratio: float):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.006)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colours", [RANDOM_COLOURS, EDGES], ids=["500 random colours", "edge cases"])
def test_every_pair_that_meets_on_a_page_is_readable(colours: list[str]):
    weak = [(colour, pair) for colour in colours for pair in pairs(derive(colour)) if pair.ratio < pair.least]
    assert weak == []


def test_the_pairs_cover_every_derived_colour():
    derived = derive("#b4532a")
    named = {pair.foreground for pair in pairs(derived)} | {pair.background for pair in pairs(derived)}
    missing = {getattr(derived, field) for field in Brand.__slots__} - named
    assert missing == set()


def test_a_palette_that_breaks_the_rule_is_seen():
    unreadable = Brand(**{**{field: getattr(derive("#ffd400"), field) for field in Brand.__slots__},
                          "ink_light": "#ffd400"})  # fmt: skip
    assert [pair.name for pair in pairs(unreadable) if pair.ratio < pair.least] == ["ink_light"] * 3


def test_ordinary_text_can_stand_on_the_brands_tint():
    light, dark = token("ink")
    for colour in (*RANDOM_COLOURS, *EDGES):
        derived = derive(colour)
        assert contrast(light, derived.soft_light) >= 7
        assert contrast(dark, derived.soft_dark) >= 7


def test_the_merchants_colour_itself_is_never_changed():
    assert all(derive(colour).brand == colour for colour in RANDOM_COLOURS)


def test_a_colour_that_is_readable_already_stays_what_it_is():
    assert derive("#2f4fc4").ink_light == "#2f4fc4"
    assert derive("#ffd400").ink_dark == "#ffd400"


def test_text_on_the_brand_is_white_whenever_white_can_be_read():
    for colour in RANDOM_COLOURS:
        expected = "#ffffff" if contrast("#ffffff", colour) >= 4.5 else "#000000"
        assert derive(colour).on_brand == expected


def test_a_derived_colour_is_still_recognisably_that_colour():
    for colour in ("#ffd400", "#e8590c", "#12b886", "#228be6", "#be4bdb", "#fa5252", "#82c91e"):
        derived = derive(colour)
        for tone in (derived.ink_light, derived.ink_dark, derived.hover):
            assert hue_distance(colour, tone) < 25, (colour, tone)


def test_the_readable_tone_is_the_nearest_one():
    """A step back towards the brand would break the limit: nothing is darker than it has to be."""
    for colour in ("#ffd400", "#12b886", "#ff922b"):
        ink = derive(colour).ink_light
        assert (
            4.5
            <= min(contrast(ink, paper) for paper in (*brands.LIGHT_PAPER, derive(colour).soft_light))
            < 4.65
        )


def test_what_cannot_be_reached_ends_in_white_or_black():
    assert nearest_readable("#808080", ("#ffffff",), 21, lighter=False) == "#000000"
    assert nearest_readable("#808080", ("#000000",), 21, lighter=True) == "#ffffff"


def test_a_yellow_button_gets_an_edge_on_light_paper_and_needs_none_in_the_dark():
    derived = derive("#ffd400")
    assert contrast("#ffd400", "#ffffff") < 3 <= contrast(derived.edge_light, "#ffffff")
    assert derived.edge_dark == "#ffd400"


def test_a_button_shows_that_the_pointer_is_on_it():
    assert [colour for colour in (*RANDOM_COLOURS, *EDGES) if derive(colour).hover == colour] == []


@pytest.mark.parametrize(
    ("given", "colour"),
    [("#B4532A", "#b4532a"), ("b4532a", "#b4532a"), (" #abc ", "#aabbcc"), ("#FFF", "#ffffff")],
)
def test_a_colour_may_be_written_short_or_long(given: str, colour: str):
    assert normalise(given) == colour
    assert derive(given) == derive(colour)


@pytest.mark.parametrize(
    "given",
    ["", "#", "red", "#12", "#1234", "#12345", "#1234567", "#gggggg", "#b4532a;}", "#b4532a\n}", "٣٣٣"],
)
def test_anything_else_is_refused(given: str):
    with pytest.raises(BadColour) as refused:
        derive(given)
    assert refused.value.code == "bad_colour"
    assert "#2f5d50" in str(refused.value)


def test_the_stylesheet_only_paints_what_is_marked_as_branded():
    css = stylesheet(derive("#b4532a"))
    lines = [line.strip() for line in css.splitlines()]
    assert lines[:2] == ["@layer brand {", ".branded {"]
    assert lines[-2:] == ["}", "}"]
    for line in lines[2:-2]:
        assert re.fullmatch(r"--[a-z-]+: (#[0-9a-f]{6}|light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\));", line), (
            line
        )


def test_an_address_leads_back_to_its_colour_and_no_other():
    for colour in RANDOM_COLOURS[:50]:
        assert colour_of(digest(colour)) == colour
    assert len({digest(colour) for colour in RANDOM_COLOURS}) == len(set(RANDOM_COLOURS))
    assert digest("#FFF") == digest("#ffffff")


def test_the_address_changes_with_what_is_served(monkeypatch: pytest.MonkeyPatch):
    before = digest("#b4532a")
    digest.cache_clear()
    monkeypatch.setattr(brands, "stylesheet", lambda derived: "/* a later release */")
    assert digest("#b4532a") != before
    digest.cache_clear()


def test_the_stylesheet_may_be_kept_for_ever():
    response = brand_css(RequestFactory().get("/"), digest("#b4532a"))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content.decode() == stylesheet(derive("#b4532a"))


def wrong_addresses() -> list[str]:
    """Addresses that nobody was given: another checksum, another colour, another spelling."""
    right = digest("#b4532a")
    flipped = right[:-1] + ("0" if right[-1] != "0" else "1")
    return [flipped, right.replace("b4532a", "b4532b"), right.upper(), right[7:], right + "0", "", "b4532a",
            "../../etc/passwd", right + "\n"]  # fmt: skip


@pytest.mark.parametrize("address", wrong_addresses())
def test_an_address_that_was_never_given_out_is_not_found(address: str):
    with pytest.raises(Http404):
        brand_css(RequestFactory().get("/"), address)


def test_only_reading_is_allowed():
    assert brand_css(RequestFactory().post("/"), digest("#b4532a")).status_code == 405
    assert brand_css(RequestFactory().head("/"), digest("#b4532a")).status_code == 200


def test_the_papers_here_are_the_papers_in_the_stylesheet():
    assert (token("surface")[0], token("canvas")[0]) == brands.LIGHT_PAPER
    assert (token("surface")[1], token("canvas")[1]) == brands.DARK_PAPER


def test_the_house_wears_what_its_own_colour_derives_to():
    house = derive(brands.HOUSE_COLOUR)
    assert token("brand") == (house.brand, house.brand)
    assert token("brand-hover") == (house.hover, house.hover)
    assert token("on-brand") == (house.on_brand, house.on_brand)
    assert token("brand-ink") == (house.ink_light, house.ink_dark)
    assert token("brand-edge") == (house.edge_light, house.edge_dark)
    assert token("brand-soft") == (house.soft_light, house.soft_dark)


TEXT_ON_PAPER = [
    *((ink, paper, 4.5) for ink in ("ink", "ink-soft")
      for paper in ("canvas", "surface", "sunken", "raised")),
    *((f"{kind}-ink", paper, 4.5) for kind in ("good", "warn", "bad", "info")
      for paper in (f"{kind}-soft", "surface", "canvas")),
    *(("ink", f"{kind}-soft", 4.5) for kind in ("good", "warn", "bad", "info")),
    ("on-bad", "bad", 4.5), ("on-bad", "bad-hover", 4.5), ("warn-soft", "warn-ink", 4.5),
    ("brand-ink", "raised", 4.5), ("brand-ink", "sunken", 4.5),
    *(("line-strong", paper, 3.0) for paper in ("surface", "canvas", "raised")),
    *((f"series-{number}", "surface", 3.0) for number in range(1, 7)),
]  # fmt: skip


@pytest.mark.parametrize(("front", "back", "least"), TEXT_ON_PAPER)
def test_the_houses_own_colours_are_readable_in_both_themes(front: str, back: str, least: float):
    for theme, (one, other) in enumerate(zip(token(front), token(back), strict=True)):
        assert contrast(one, other) >= least, f"{front} on {back} in {('light', 'dark')[theme]}"
