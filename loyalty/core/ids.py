"""Identifiers: time-ordered UUIDs (version 7, RFC 9562) inside, short prefixed strings outside.

A `mbr_01jd…` string says what it names, sorts by age, survives JavaScript (no number above 2^53) and cannot
be guessed from its neighbours.
"""

import os
import threading
import time
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import msgspec

from loyalty.core.errors import NotFound

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26
_WORDS = {
    "mbr": "member",
    "ord": "order",
    "rfd": "refund",
    "act": "activity",
    "rfl": "referral",
    "rwd": "reward",
    "rdm": "redemption",
    "ptr": "transfer",
    "hhd": "household",
    "pmb": "paid membership",
    "prt": "partnership",
    "stl": "settlement entry",
    "pgv": "programme version",
    "clm": "claim",
    "ssn": "session",
    "bkg": "booking",
    "ful": "fulfilment",
    "whe": "webhook endpoint",
    "dlv": "delivery",
    "adr": "request",
    "job": "job",
    "imp": "import",
    "msg": "message",
    "nws": "newsletter",
    "seg": "segment",
    "spr": "suppressed address",
    "rhs": "rehearsal",
    "drw": "draw",
    "xpt": "experiment",
    "gol": "goal",
    "adv": "advice",
    "srv": "survey",
    "ans": "answer",
    "fup": "follow-up",
    "atm": "automation",
    "atr": "run",
    "chl": "challenge",
    "iwn": "instant win",
    "bdg": "badge",
    "cmp": "campaign",
    "prd": "product",
}
_last_ns = 0
_lock = threading.Lock()


def new() -> UUID:
    """A fresh UUIDv7. Within one process each is greater than the one before it."""
    global _last_ns
    with _lock:
        stamp = max(time.time_ns(), _last_ns + 250)
        _last_ns = stamp
    milliseconds, rest = divmod(stamp, 1_000_000)
    # RFC 9562 §6.2 method 3: the 12 bits after the milliseconds carry the sub-millisecond fraction.
    fraction = rest * 4096 // 1_000_000
    tail = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | tail)


def first_of(instant: datetime) -> UUID:
    """The smallest id there can be of what was written a day before `instant` or later: for reading the newest rows by
    their ids alone. A day, because clocks differ and what is written may have happened a little earlier."""
    milliseconds = max(0, int((instant - timedelta(days=1)).timestamp() * 1000))
    return UUID(int=milliseconds << 80)


def encode(prefix: str, value: UUID) -> str:
    """`encode("mbr", uuid)` → `mbr_` and 26 lower-case letters and digits."""
    number = value.int
    letters = [""] * _LENGTH
    for index in range(_LENGTH - 1, -1, -1):
        letters[index] = _ALPHABET[number & 31]
        number >>= 5
    return f"{prefix}_{''.join(letters)}"


def decode(prefix: str, text: str) -> UUID:
    """The UUID behind a public id; `NotFound` when it is not one of ours or of another kind."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH:
        raise NotFound(_WORDS.get(prefix, prefix))
    number = 0
    for letter in tail:
        value = _VALUES.get(letter)
        if value is None:
            raise NotFound(_WORDS.get(prefix, prefix))
        number = (number << 5) | value
    if number >> 128:
        raise NotFound(_WORDS.get(prefix, prefix))
    return UUID(int=number)


def fingerprint(content: Any) -> UUID:
    """Tells whether two requests say the same: a digest of `content` as JSON."""
    return UUID(bytes=md5(msgspec.json.encode(content), usedforsecurity=False).digest())
