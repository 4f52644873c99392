"""The kinds of import there are, and which heading means what."""

import unicodedata
from collections.abc import Mapping, Sequence

from loyalty.core.errors import NotFound
from loyalty.exchange.kinds.base import Context, Kind, Line, Verdict
from loyalty.exchange.kinds.codes import CodesKind
from loyalty.exchange.kinds.lots import LotsKind
from loyalty.exchange.kinds.members import MembersKind
from loyalty.exchange.kinds.orders import OrdersKind
from loyalty.exchange.kinds.products import ProductsKind

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (MembersKind(), LotsKind(), OrdersKind(), ProductsKind(), CodesKind())
}

__all__ = ["KINDS", "Context", "Kind", "Line", "Verdict", "heading", "kind", "recognised"]


def kind(name: str) -> Kind:
    """A kind of import by its name; `NotFound` otherwise."""
    found = KINDS.get(name)
    if found is None:
        raise NotFound("import")
    return found


def heading(text: str) -> str:
    """A heading as it is compared: small letters and digits only, accents dropped."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae"))
    return "".join(letter for letter in plain if letter.isalnum() and letter.isascii())[:200]


def recognised(of: Kind, head: Sequence[str], remembered: Mapping[str, str] = {}) -> list[str]:
    """What each column is: as somebody said it was the last time, by its heading, or "" for nobody knows. No field
    twice: the first column that could be it is."""
    by_alias = {alias: field.name for field in of.fields for alias in (heading(field.name), *field.aliases)}
    names = {field.name for field in of.fields}
    found: list[str] = []
    for text in head:
        told = remembered.get(heading(text))
        name = told if told is not None else by_alias.get(heading(text), "")
        found.append(name if name in names and name not in found else "")
    return found
