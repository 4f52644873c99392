"""Which programme counts, and what it says."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.programme import document
from loyalty.core.programme.models import Version
from loyalty.core.tenancy import scope


@dataclass(frozen=True, slots=True)
class Current:
    """A published version and its parsed programme. Versions are immutable, so a parsed one is kept."""

    id: UUID
    number: int
    programme: document.Programme


_kept: dict[UUID, Current] = {}


def version(version_id: UUID) -> Current:
    """A published version by id; read and parsed once per process."""
    found = _kept.get(version_id)
    if found is None:
        row = Version.objects.exclude(number=None).filter(pk=version_id).first()
        if row is None or row.number is None:
            raise NotFound("programme version")
        if len(_kept) > 2000:
            _kept.clear()
        found = _kept[version_id] = Current(row.pk, row.number, document.parse(row.document))
    return found


def in_force() -> Current | None:
    """The version that counts now; None before the first publication."""
    with (
        connection.cursor() as cursor
    ):  # asked on every redemption: the ORM takes longer to ask than to be answered
        cursor.execute(
            "SELECT version_id FROM programme_inforce WHERE merchant_id = %s", [scope.merchant_id()]
        )
        pointer = cursor.fetchone()
    return version(pointer[0]) if pointer else None


def in_force_at(instants: Sequence[datetime]) -> list[UUID | None]:
    """The version that counted at each instant; None before the first publication. Versions count from when they were
    published until the next is."""
    rows: Iterable[Any] = history().order_by("number").values_list("published_at", "id")
    since, keys = zip(*rows, strict=True) if (rows := list(rows)) else ((), ())
    return [keys[place - 1] if (place := bisect_right(since, at)) else None for at in instants]


def draft() -> Version | None:
    """The draft, if there is one."""
    return Version.objects.filter(number=None).first()


def history() -> QuerySet[Version]:
    """Published versions, newest first."""
    return Version.objects.exclude(number=None).order_by("-number")


def numbered(number: int) -> Version:
    """The published version with that number; `NotFound` otherwise."""
    found = Version.objects.filter(number=number).first()
    if found is None:
        raise NotFound("programme version")
    return found


def export(number: int) -> dict[str, Any]:
    """A published version as one file's content."""
    found = numbered(number)
    return {"programme": found.document, "number": found.number, "note": found.note}


def complete(version: Version) -> dict[str, Any]:
    """A version's document as this server would write it: one that was published before a section got a new field
    has the field's default, as it is decided by."""
    return document.parse(version.document).document()


def compare(before: Version | None, after: Version) -> list[document.Change]:
    """What `after` changes."""
    return document.diff(complete(before) if before else {}, complete(after))
