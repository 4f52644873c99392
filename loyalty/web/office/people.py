"""Who did it: actors as names. The books and events keep ids; names are looked up for a page."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from loyalty.core.merchants.queries import key_names, staff_names

_NAMED = {"staff": staff_names, "api_key": key_names}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _asked(kind: str, ask: Callable, pairs: Iterable[tuple[str, ...]]) -> dict[UUID, str]:
    ids = {found for has, key in pairs if has == kind and (found := _uuid(key))}
    return ask(ids) if ids else {}


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """`"staff:0192…"` → "Mara", `"api_key:…"` → "Key “Web shop”", for each given; in at most two queries."""
    asked = {actor for actor in actors if actor}
    pairs = {actor: actor.partition(":")[::2] for actor in asked}
    staff, keys = (_asked(kind, ask, pairs.values()) for kind, ask in _NAMED.items())
    said = {}
    for actor, (kind, key) in pairs.items():
        known = _uuid(key)
        match kind:
            case "staff":
                said[actor] = staff.get(known, _("A former colleague")) if known else _("Staff")
            case "api_key":
                name = keys.get(known) if known else None
                said[actor] = _("Key “{name}”").format(name=name) if name else _("A shop system")
            case "member":
                said[actor] = _("The member")
            case "operator":
                said[actor] = _("The server’s operator")
            case "partner":
                said[actor] = _("The partner “{shop}”").format(shop=key)
            case _:
                said[actor] = _("Automatic")
    return said
