"""Money, points and times, as people of four languages read them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from loyalty.core import clock, formats

AT = datetime(2026, 11, 21, 13, 2, 33, tzinfo=UTC)
BEANS = {"one": "bean", "other": "beans"}
NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def _in_stockholm():
    with translation.override("en"), timezone.override("Europe/Stockholm"):
        yield


@pytest.mark.parametrize(
    ("language", "minor", "currency", "text"),
    [
        ("en", 18450, "SEK", "SEK 184.50"),
        ("en", 123456789, "USD", "$1,234,567.89"),
        ("en", 500, "JPY", "¥500"),
        ("en", 1234, "KWD", "KWD 1.234"),
        ("en", -18450, "EUR", "−€184.50"),
        ("en", 0, "SEK", "SEK 0.00"),
        ("en", 1, "SEK", "SEK 0.01"),
        ("sv", 18450, "SEK", "184,50 kr"),
        ("sv", -123456, "SEK", "−1 234,56 kr"),
        ("nb", 18450, "NOK", "184,50 kr"),
        ("nl", 123450, "EUR", "€ 1.234,50"),
    ],
)
def test_money_has_its_currencys_decimals_and_its_languages_signs(language, minor, currency, text):
    with translation.override(language):
        assert formats.money(minor, currency).replace(NBSP, " ") == text


def test_a_figure_never_breaks_in_the_middle_of_a_line():
    for language in ("en", "sv", "nb", "nl"):
        with translation.override(language):
            assert " " not in formats.money(123456789, "SEK") + formats.points(1234567, BEANS)


@pytest.mark.parametrize("value", [1.5, "18", True, 10.0])
def test_what_is_no_whole_number_is_a_bug_and_not_rounded(value):
    for write in (
        lambda: formats.money(value, "SEK"),
        lambda: formats.points(value),
        lambda: formats.signed(value),
    ):
        with pytest.raises(TypeError):
            write()


def test_points_take_the_merchants_word_in_the_right_number():
    assert formats.points(1240) == "1,240"
    assert formats.points(1240, BEANS) == f"1,240{NBSP}beans"
    assert formats.points(1, BEANS) == f"1{NBSP}bean"
    assert formats.points(-1, BEANS) == f"−1{NBSP}bean"
    assert formats.points(0, BEANS) == f"0{NBSP}beans"
    assert formats.points(1, {"other": "Punkte"}) == f"1{NBSP}Punkte"
    assert formats.points(7, "stars") == f"7{NBSP}stars"
    with translation.override("sv"):
        assert formats.points(1240) == f"1{NBSP}240"


def test_a_change_shows_its_sign():
    assert [formats.signed(value) for value in (276, -500, 0, None)] == ["+276", "−500", "0", "–"]


def test_nothing_is_shown_as_nothing():
    assert {formats.money(None, "SEK"), formats.points(None), formats.points(None, BEANS)} == {"–"}


@pytest.mark.parametrize(
    ("language", "style", "text"),
    [
        ("en", "datetime", "21 Nov 2026, 14:02"),
        ("en", "date", "21 Nov 2026"),
        ("en", "time", "14:02"),
        ("en", "exact", "Saturday 21 November 2026, 14:02:33 (Europe/Stockholm)"),
        ("sv", "datetime", "21 nov. 2026, 14:02"),
        ("en-us", "date", "Nov 21, 2026"),
    ],
)
def test_an_instant_is_told_in_the_merchants_zone(language, style, text):
    with translation.override(language):
        assert formats.when(AT, style) == text


def test_an_instant_is_told_in_another_zone_when_one_is_given():
    tokyo = ZoneInfo("Asia/Tokyo")
    assert formats.when(AT, "time", tokyo) == "22:02"
    assert formats.when(AT + timedelta(hours=3), "date", tokyo) == "22 Nov 2026"
    assert formats.when(AT, "exact", tokyo).endswith("22:02:33 (Asia/Tokyo)")


@pytest.mark.parametrize(("language", "text"), [("en", "app, web, or pos"), ("sv", "app, web eller pos")])
def test_a_choice_is_told_with_the_languages_word(language, text):
    with translation.override(language):
        assert formats.either(("app", "web", "pos")) == text


def test_a_day_is_a_day_in_every_zone():
    with timezone.override("America/New_York"):
        assert formats.when(date(2027, 1, 31), "date") == "31 Jan 2027"
        assert formats.when(AT, "time") == "08:02"


def test_recent_things_are_told_by_how_long_ago_and_old_ones_by_their_date(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    assert formats.when(AT - timedelta(minutes=2), "ago") == "2 minutes ago"
    assert formats.when(AT + timedelta(days=3), "ago") == "in 3 days"
    assert formats.when(AT - timedelta(days=40), "ago") == "12 Oct 2026"


def test_an_instant_without_a_zone_and_an_unknown_style_are_bugs():
    with pytest.raises(ValueError, match="naive"):
        formats.when(datetime(2026, 11, 21, 13, 2), "date")  # noqa: DTZ001 (the point of the test)
    with pytest.raises(ValueError, match="fancy"):
        formats.when(AT, "fancy")


def test_a_time_on_a_page_carries_the_exact_instant():
    page = Template('{% load ui %}{{ at|local_time }}{{ day|local_time:"date" }}{{ none|local_time }}')
    assert page.render(Context({"at": AT, "day": date(2027, 1, 31), "none": None})) == (
        '<time class="figure" datetime="2026-11-21T13:02:33+00:00"'
        ' title="Saturday 21 November 2026, 14:02:33 (Europe/Stockholm)">21 Nov 2026, 14:02</time>'
        '<time class="figure" datetime="2027-01-31" title="Sunday, 31 January 2027">31 Jan 2027</time>–'
    )


def test_the_filters_write_what_the_functions_write():
    page = Template('{% load ui %}{{ m|money:"SEK" }} {{ p|points:words }} {{ p|points }} {{ p|signed }}')
    assert page.render(Context({"m": 18450, "p": 1240, "words": BEANS})).replace(NBSP, " ") == (
        "SEK 184.50 1,240 beans 1,240 +1,240"
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "31 December"), ("sv", "31 december"), ("nb", "31. desember"), ("nl", "31 december")],
)
def test_a_day_of_every_year_is_written_the_languages_way(language: str, text: str):
    with translation.override(language):
        assert formats.day_of_year(12, 31) == text
