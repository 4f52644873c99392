"""Values as people and programs write them: days, points, money, yes and no. What is unclear is refused, not
guessed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from loyalty.core.complaints import in_words
from loyalty.core.money import MAX_MINOR, MAX_POINTS, exponent
from loyalty.exchange.kinds.base import Bad, Line, Problem

ORDERS = ("dmy", "mdy")
"""How days with strokes or points are written where the year comes last."""
YES = frozenset(
    {"yes", "y", "true", "1", "x", "ja", "j", "on", "sant", "oui", "subscribed", "opted in", "accepted"}
)
NO = frozenset(
    {"no", "n", "false", "0", "", "nej", "nei", "nee", "off", "falskt", "unsubscribed", "opted out"}
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(
    r"[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\.?m\.?)?"
    r"\s*(?:(Z|GMT|UTC)|([+-]\d{2}):?(\d{2})?)?",
    re.IGNORECASE,
)
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'’"), None)
_GROUPED = re.compile(r"-?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
_WHOLE = re.compile(r"-?\d{1,15}(?:[.,]0{1,6})?")
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_FIRST_YEAR = 1900


def problem(line: Line, name: str, code: str, reason: str) -> Bad:
    """To be raised: what is wrong with a value."""
    return Bad(Problem(name, line.get(name)[:200], code, reason))


def invalid(line: Line, found: Iterable[tuple[str, str]], columns: Mapping[str, str] | None = None) -> Bad:
    """To be raised: what a rule found in a row, as `(field, sentence)`, in the reader's language. `columns` names the
    columns of the fields that have one; without it columns are called as fields are."""
    said = [(name if columns is None else columns.get(name, ""), text) for name, text in found]
    return Bad(*(Problem(name, line.get(name)[:200], "invalid", in_words(text)) for name, text in said))


def holder(lines: Sequence[Line], name: str) -> Line:
    """Of rows that belong together the first that says something of it; the first of all, if none does."""
    return next((line for line in lines if line.get(name)), lines[0])


def day(line: Line, name: str, order: str) -> date | None:
    """A day; None where nothing stands, and what time of it stands behind it does not count. `order` says which comes
    first where the year is last."""
    text = line.get(name)
    return _parts(line, name, text, order)[0] if text else None


def instant(line: Line, name: str, order: str, zone: ZoneInfo) -> datetime | None:
    """An instant. A day without a time begins at midnight in the shop's zone; a time without a zone is the shop's."""
    text = line.get(name)
    if not text:
        return None
    found, clock = _parts(line, name, text, order)
    if clock is None:
        return datetime.combine(found, time(), tzinfo=zone)
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        # 13:00 pm is no time: it becomes an hour that there is not, which is refused below.
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0) if 1 <= hour <= 12 else 24
    try:
        local = datetime.combine(found, time(hour, minute, second))
        if clock[5]:
            return local.replace(tzinfo=UTC)
        if clock[6]:
            return datetime.fromisoformat(f"{local.isoformat()}{clock[6]}:{clock[7] or '00'}")
    except ValueError:
        raise problem(line, name, "not_a_day", _unreadable()) from None
    return local.replace(tzinfo=zone)


def _unreadable() -> str:
    return _("This is not a day. Write it like 2026-03-02, with or without a time.")


def _parts(line: Line, name: str, text: str, order: str) -> tuple[date, re.Match[str] | None]:
    """A day, and the time of day behind it where there is one. Anything else behind it is refused."""
    iso, last = _ISO.match(text), _LAST.match(text)
    if iso:
        year, month, number = (int(part) for part in iso.groups())
        rest = text[iso.end() :]
    elif last:
        first, second, year = (int(part) for part in last.groups())
        number, month = (first, second) if order == "dmy" else (second, first)
        rest = text[last.end() :]
    else:
        raise problem(line, name, "not_a_day", _unreadable())
    try:
        found = date(year, month, number)
    except ValueError:
        raise problem(line, name, "not_a_day", _("There is no such day.")) from None
    if not _FIRST_YEAR <= year <= 2100:
        raise problem(line, name, "not_a_day", _("The year must lie between 1900 and 2100."))
    clock = _TIME.fullmatch(rest)
    if clock is None and rest.strip():
        raise problem(line, name, "not_a_day", _unreadable())
    return found, clock


def whole(line: Line, name: str) -> int | None:
    """A whole number, with or without thousands' marks; None where nothing stands."""
    text = line.get(name).translate(_SPACES).replace("\u2212", "-")
    if not text:
        return None
    if _GROUPED.fullmatch(text):
        found = int(re.sub(r"[.,]", "", text))
    elif _WHOLE.fullmatch(text):
        found = int(re.split(r"[.,]", text)[0])
    else:
        raise problem(line, name, "not_a_number", _("This is not a whole number."))
    if abs(found) > MAX_POINTS:
        raise problem(line, name, "too_large", _("This number is too large."))
    return found


def money(line: Line, name: str, currency: str) -> int | None:
    """An amount in minor units, "184,50", "1.184,50 kr" or "€184.5"; None where nothing stands. Below zero is
    refused."""
    text = line.get(name)
    if not text:
        return None
    digits = exponent(currency)
    # Words and signs beside the number go, with the full stop of "kr."; between its digits they are no amount.
    bare = re.sub(r"[^\W\d_]+\.?|[^\w.,\-]", " ", text.translate(_SPACES).replace("\u2212", "-")).strip()
    plain = _decimal(bare.rstrip(".,"), digits)
    if re.search(r"[^\W\d_]{6,}", text) or not _AMOUNT.fullmatch(plain):
        raise problem(line, name, "not_an_amount", _("This is not an amount of money."))
    scaled = Decimal(plain).scaleb(digits)
    # "1.500" is one and a half or fifteen hundred: that it has too many decimals is what can be said of it.
    is_unclear = digits not in (0, 3) and _GROUPED.fullmatch(bare) and sum(map(bare.count, ".,")) == 1
    if is_unclear or scaled != scaled.to_integral_value():
        raise problem(
            line,
            name,
            "not_an_amount",
            _("This has more decimals than {currency} has.").format(currency=currency),
        )
    if not 0 <= scaled <= MAX_MINOR:
        raise problem(line, name, "out_of_range", _("An amount cannot be below zero or this large."))
    return int(scaled)


def _decimal(text: str, digits: int) -> str:
    """With a point as its decimal mark: the last point or comma, before which others part thousands. Where all of them
    do so there is none; a single one with three digits behind it does so in a currency without decimals. "" for what
    is no number."""
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text
    before, after = text[:last], text[last + 1 :]
    is_alone = not re.search(r"[.,]", before)
    if _GROUPED.fullmatch(text) and not (is_alone and digits):
        return re.sub(r"[.,]", "", text)
    if not is_alone and (text[last] in before or not _GROUPED.fullmatch(before)):
        return ""
    return f"{re.sub(r'[.,]', '', before) or '0'}.{after}"


def yes_or_no(line: Line, name: str) -> bool | None:
    """Yes or no in any of our languages; None where nothing stands."""
    text = line.get(name).strip().casefold()
    if not text:
        return None
    if text in YES:
        return True
    if text in NO:
        return False
    raise problem(line, name, "not_yes_or_no", _("Write yes or no."))


def guess_order(texts: list[str], country: str) -> str:
    """Which of day and month comes first, by what cannot be the other; where nothing tells, by the shop's country."""
    for text in texts:
        found = _LAST.match(text)
        if found and int(found[1]) > 12:
            return "dmy"
        if found and int(found[2]) > 12:
            return "mdy"
    return "mdy" if country in ("US", "PH", "BZ", "FM", "MH", "PW") else "dmy"
