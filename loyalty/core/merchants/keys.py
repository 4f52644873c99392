"""The form of an API key's secret: `lk_live_<8 letters>_<43 letters and a 6-letter checksum>`.

The prefix lets secret scanners find leaked keys, the checksum lets a typing mistake be told from a wrong key
without asking the database. 43 letters of 62 are 256 random bits, so one SHA-256 is all the protection a
stored digest needs.
"""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"lk_(?:live|test)_([0-9A-Za-z]{8})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Secret:
    """`text` is shown once; `lookup` finds its row; `digest` is what is stored to recognise it."""

    text: str
    lookup: str
    digest: bytes


def new_secret(*, test: bool) -> Secret:
    """A fresh secret for a live or a test shop."""
    lookup = "".join(secrets.choice(_LETTERS) for _unused in range(8))
    body = "".join(secrets.choice(_LETTERS) for _unused in range(43))
    stem = f"lk_{'test' if test else 'live'}_{lookup}_{body}"
    return _secret(stem + _checksum(stem), lookup)


def read_secret(text: str) -> Secret | None:
    """A secret somebody sent, taken apart; None when it cannot be one of ours."""
    found = _FORM.fullmatch(text)
    if found is None or _checksum(text[:-6]) != found[2]:
        return None
    return _secret(text, found[1])


def _secret(text: str, lookup: str) -> Secret:
    return Secret(text, lookup, hashlib.sha256(text.encode("ascii")).digest())


def _checksum(stem: str) -> str:
    """CRC-32 in six letters of base 62."""
    number, letters = zlib.crc32(stem.encode("ascii")), []
    for _unused in range(6):
        number, index = divmod(number, 62)
        letters.append(_LETTERS[index])
    return "".join(letters)
