"""Money, points and times as people read them, in the language of the request.

Plain functions, so that pages, mails and the API write the same figure the same way. The language is the active
translation, the zone the active time zone unless one is given: middleware sets both to the merchant's.
Anything that is not a whole number of minor units or points is a bug in the caller and raises TypeError
instead of being shown rounded.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_time,
    format_timedelta,
    get_day_names,
)
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import get_language, gettext, to_locale

from loyalty.core import clock
from loyalty.core.money import exponent, major

NOTHING = "–"
_NO_BREAK_SPACE = "\u00a0"
_MINUS = "\u2212"
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
#: After this long "3 months ago" says less than the date does.
_AGO_AT_MOST_DAYS = 30


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def locale() -> Locale:
    """Return the Babel locale of the active language; English where Babel knows no better."""
    return _locale(get_language() or "en")


def _dates_locale() -> Locale:
    # Plain English has no country. Its American dates would be misread everywhere else; "21 Nov 2026, 14:02"
    # is understood by everyone.
    found = locale()
    return Locale("en", "GB") if found.language == "en" and found.territory is None else found


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number is needed here, not {value!r}")
    return value


def money(amount_minor: int | None, currency: str) -> str:
    """Return ``18450, "SEK"`` as "SEK 184.50" (``en``) or "184,50 kr" (``sv``), with the currency's own
    decimals.
    """
    if amount_minor is None:
        return NOTHING
    text = format_currency(major(_whole(amount_minor), currency), currency, locale=locale())
    return _LETTER_BESIDE_DIGIT.sub(_NO_BREAK_SPACE, text).replace("-", _MINUS)


def short_money(amount_minor: int, currency: str) -> str:
    """Return an amount without the decimals of a whole one: "SEK 1", "1 kr", "€0.50"."""
    text, digits = money(amount_minor, currency), exponent(currency)
    if not digits or amount_minor % 10**digits:
        return text
    last = text.rfind("0" * digits)  # a whole amount ends in its decimals, whatever stands after them
    return text[: last - 1] + text[last + digits :]


def number(value: int | None) -> str:
    """Return a whole number with the language's thousands separator and a real minus sign."""
    return NOTHING if value is None else format_decimal(_whole(value), locale=locale()).replace("-", _MINUS)


def points(value: int | None, words: Mapping[str, str] | str = "") -> str:
    """Return "1,240", or "1,240 beans" with the merchant's words ``{"one": "bean", "other": "beans"}``."""
    if value is None or not words:
        return number(value)
    if not isinstance(words, str):
        words = words.get(locale().plural_form(abs(_whole(value)))) or words["other"]
    return f"{number(value)}{_NO_BREAK_SPACE}{words}"


def signed(value: int | None) -> str:
    """Return a change with its sign: "+276", "−500", "0"."""
    return f"+{number(value)}" if value is not None and _whole(value) > 0 else number(value)


def when(value: date | datetime, style: str, zone: tzinfo | None = None) -> str:
    """Return a day, or an instant in ``zone`` (the active one by default); ``style`` is "datetime", "date",
    "time", "exact" or "ago".
    """
    where = _dates_locale()
    if not isinstance(value, datetime):
        return format_date(value, "full" if style == "exact" else "medium", locale=where)
    local = timezone.localtime(value, zone)
    match style:
        case "date":
            return format_date(local, "medium", locale=where)
        case "time":
            return format_time(local, "short", locale=where)
        case "exact":
            return f"{format_datetime(local, 'EEEE d MMMM y, HH:mm:ss', locale=where)} ({local.tzinfo})"
        case "ago":
            passed = local - clock.now()
            if abs(passed.days) > _AGO_AT_MOST_DAYS:
                return format_date(local, "medium", locale=where)
            return format_timedelta(passed, add_direction=True, locale=where)
        case "datetime":
            return (
                f"{format_date(local, 'medium', locale=where)}, {format_time(local, 'short', locale=where)}"
            )
        case _:
            raise ValueError(f"no way of writing time is called {style!r}")


def last_moment(end: datetime) -> datetime:
    """The last moment before `end`: what ends at midnight is good on the day before, and is told by that day."""
    return end - timedelta(seconds=1)


def is_midnight(value: datetime, zone: tzinfo | None = None) -> bool:
    """Whether a day of ``zone`` (the active one by default) begins at `value`: then the day says it without a time."""
    return timezone.localtime(value, zone).time() == time()


def decimal(value: Decimal) -> str:
    """Return a number that need not be whole, such as a factor, with the language's decimal mark."""
    return format_decimal(value, locale=locale()).replace("-", _MINUS)


def percent(part: Decimal) -> str:
    """Return a share from 0 to 1 as per cent with one decimal: "7.0%", "7,0 %"."""
    return format_percent(part, format="0.0%" if locale().language == "en" else "0.0\u00a0%", locale=locale())


def day_of_year(month: int, day: int) -> str:
    """Return a day of every year without its year: "31 December", "31. desember"."""
    return format_skeleton("MMMMd", date(2024, month, day), locale=_dates_locale())


def short_month(value: date) -> str:
    """Return a month where there is little room: "Jan", "jan.", with its year in January: "Jan 2026"."""
    return format_skeleton("yMMM" if value.month == 1 else "MMM", value, locale=_dates_locale())


def either(names: Sequence[str]) -> str:
    """Return names as a choice: "app, web, or pos"."""
    return format_list(list(names), style="or", locale=locale())


def every(names: Sequence[str]) -> str:
    """Return names as a list of all of them: "app, web and pos"."""
    return format_list(list(names), style="standard", locale=locale())


def clock_time(value: time) -> str:
    """Return a time of day: "08:00"."""
    return format_time(value, "short", locale=_dates_locale())


def weekday(number: int) -> str:
    """Return the name of a day of the week; Monday is 0."""
    return get_day_names("wide", locale=_dates_locale())[number]


def compact(value: float) -> str:
    """Return a number where there is little room: "1.2K", "1,2 tn"."""
    where = locale()
    few = value if abs(value) >= 1000 else round(value, 2)
    text = format_compact_decimal(few, locale=where, fraction_digits=1) if abs(few) >= 1000 else None
    return (text or format_decimal(few, locale=where)).replace("-", _MINUS)


def period(grain: str, first: date, *, short: bool = False) -> str:
    """Return a day, week, month, quarter or year by its first day: "November 2026", "Q4 2026"; `short` where there is
    little room."""
    where = _dates_locale()
    match grain:
        case "day":
            return (
                format_skeleton("MMMd", first, locale=where)
                if short
                else format_date(first, "medium", locale=where)
            )
        case "week":
            year, week, _day = first.isocalendar()
            return f"{week}" if short else gettext("Week {week}, {year}").format(week=week, year=year)
        case "month":
            return short_month(first) if short else format_skeleton("yMMMM", first, locale=where)
        case "quarter":
            return format_skeleton("yQQQ", first, locale=where)
        case _:
            return str(first.year)
