"""Who did it: actors as names. The books and events keep ids; names are looked up for a page."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from loyalty.core.merchants.models import ApiKey, Staff


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """`"staff:0192…"` → "Mara", `"api_key:…"` → "Key “Web shop”", for each given; in at most two queries."""
    asked = {actor for actor in actors if actor}
    pairs = {actor: actor.partition(":")[::2] for actor in asked}
    staff_ids = {_uuid(key) for kind, key in pairs.values() if kind == "staff"} - {None}
    key_ids = {_uuid(key) for kind, key in pairs.values() if kind == "api_key"} - {None}
    staff = (
        {
            row.pk: row.name or row.user.email
            for row in Staff.objects.filter(pk__in=staff_ids).select_related("user")
        }
        if staff_ids
        else {}
    )
    keys = {row.pk: row.name for row in ApiKey.objects.filter(pk__in=key_ids)} if key_ids else {}
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
            case _:
                said[actor] = _("Automatic")
    return said
