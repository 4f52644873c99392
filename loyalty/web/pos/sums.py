"""Money as it is typed at a counter: with a comma or a point, with or without spaces and the currency's name."""

import re

from loyalty.core import money

MOST_MINOR = 10**10
"""More than anybody sells at once: a product's number that was scanned into the wrong field is no sum."""

_BESIDE = re.compile(r"^[^\d,.:-]*|[^\d,.:-]*$")  # "kr", "SEK", "€" before or after
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f'’]")
_GROUPED = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*", re.ASCII)


def read_sum(text: str, currency: str) -> int:
    """`"1 234,50 kr"`, `"1,234.50"`, `"1234.5"` and `"1234:50"` are all 123450 minor units. `ValueError` for what is no
    sum, has more decimals than the currency, or is nothing at all."""
    kept = _BESIDE.sub("", _SPACES.sub("", text.strip()[:40])).removesuffix(":-").removesuffix(",-")
    kept = kept.replace(":", ",")
    marks = [letter for letter in kept if letter in ",."]
    digits = money.exponent(currency)
    if len(set(marks)) == 2:
        if marks.count(marks[-1]) != 1:
            raise ValueError(text)
        whole, _mark, part = kept.rpartition(marks[-1])
        if not _GROUPED.fullmatch(whole):
            raise ValueError(text)
        kept = f"{re.sub('[.,]', '', whole)}.{part}"
    elif _GROUPED.fullmatch(kept) and (len(marks) > 1 or (digits < 3 and not kept.startswith("0"))):
        kept = re.sub("[.,]", "", kept)
    kept = kept.replace(",", ".")
    found = money.minor(kept, currency)
    if not 0 < found <= MOST_MINOR:
        raise ValueError(text)
    return found
