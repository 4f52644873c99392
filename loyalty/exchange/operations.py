"""Bring a file in: take it, say what its columns are, check it, import it, undo it. And ask for exports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.jobs import operations as jobs
from loyalty.core.jobs import storing
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.exchange import archive, kinds, lists, queries
from loyalty.exchange.kinds.codes import reward_of
from loyalty.exchange.kinds.parsing import ORDERS, guess_order
from loyalty.exchange.models import Heading, Import
from loyalty.exchange.reading import NotReadable
from loyalty.exchange.writing import FORMS
from rewards.queries.catalogue import kind_terms
from rewards.queries.catalogue import reward as reward_named

CHOICES = {
    "dates": ORDERS,
    "ends": ("never", "earned", "today"),
    "earn": ("then", "none", "now"),
}
"""What can be chosen for a whole file, where one of a few is."""
TEXTS = {"consent": 300, "source": 40, "reward": 60}
"""What is written for a whole file, with its longest."""


class WrongStage(DomainError):
    code = "import_stage"
    status = 409
    message = _("This import has gone on meanwhile. Look at where it is now.")


class NotChecked(DomainError):
    code = "import_not_checked"
    status = 409
    message = _("Check the file first; then import what is ready.")


class NothingReady(DomainError):
    code = "nothing_ready"
    message = _("No row of this file is ready to be imported.")


@transaction.atomic
def begin_import(*, kind: str, name: str, chunks: Iterable[bytes], at: datetime) -> Import:
    """Take a file in, if it is a table; nothing is imported yet. Raises `NotReadable` and keeps nothing then."""
    of = kinds.kind(kind)
    file = storing.store(name=name, content_type="application/octet-stream", chunks=chunks, at=at)
    made = Import(kind=kind, file=file, head=[], begun_at=at, begun_by=str(scope.actor()))
    table = queries.table_of(made)
    first = [cells for _number, cells in _some(table.rows, 200)]
    if not first:
        raise NotReadable("no_rows")
    made.head = table.head
    made.fields = kinds.recognised(of, table.head, queries.remembered(kind))
    made.options = {"dates": _guessed(made, first)}
    made.save(force_insert=True)
    record("import.begun", subject=made.pk, at=at, data={"kind": kind, "rows": len(first)})
    return made


def _some(rows: Iterable[Any], most: int) -> list[Any]:
    return [row for row, _number in zip(rows, range(most), strict=False)]


def _guessed(made: Import, rows: Sequence[Sequence[str]]) -> str:
    """Which of day and month comes first in this file."""
    others = ("birthday", "available_from")
    dated = [place for place, name in enumerate(made.fields) if name.endswith("_at") or name in others]
    texts = [row[place] for row in rows for place in dated if place < len(row)]
    return guess_order(texts, shop_of_scope().country)


@transaction.atomic
def take_again(*, imported: UUID, kind: str, at: datetime) -> Import:
    """Bring in something else out of the same file: the points of those who have just joined."""
    before, of = queries.one(imported), kinds.kind(kind)
    made = Import(
        kind=kind, file=before.file, head=before.head, options={"dates": before.options.get("dates", "dmy")},
        fields=kinds.recognised(of, before.head, queries.remembered(kind)), begun_at=at,
        begun_by=str(scope.actor()),
    )  # fmt: skip
    made.save(force_insert=True)
    record("import.begun", subject=made.pk, at=at, data={"kind": kind})
    return made


@transaction.atomic
def check_import(*, imported: UUID, fields: Sequence[str], options: Mapping[str, Any], at: datetime) -> Job:
    """Say what the columns are, and have every row looked at in the background; nothing is written. Raises
    `InvalidInput` for what is missing, `WrongStage` once it has been imported."""
    row = _locked(imported)
    if queries.standing(row).stage not in ("columns", "checked"):
        raise WrongStage()
    of = kinds.kind(row.kind)
    row.fields = _fields(of, row, fields)
    row.options = _options(row, options)
    if row.rows_id is not None:
        storing.forget(row.rows_id, at=at)
        row.rows = None
    job = jobs.ask_for(kind="import.check", at=at, about=row.pk)
    row.checking = job.pk
    row.save(update_fields=["fields", "options", "rows", "checking"])
    _remember(row)
    return job


def _locked(imported: UUID) -> Import:
    queries.one(imported)
    return Import.objects.select_for_update(no_key=True).get(pk=imported)


def _fields(of: kinds.Kind, row: Import, fields: Sequence[str]) -> list[str]:
    known = {field.name for field in of.fields}
    chosen = [name for name in fields if name]
    if len(fields) != len(row.head) or not set(chosen) <= known:
        raise InvalidInput.of("fields", str(_("Say for each column what it is.")))
    twice = sorted({name for name in chosen if chosen.count(name) > 1})
    if twice:
        labels = ", ".join(str(field.label) for field in of.fields if field.name in twice)
        text = str(_("Two columns cannot be the same: {names}.")).format(names=labels)
        raise InvalidInput.of("fields", text, "duplicate")
    lacking = of.lacking(set(chosen))
    if lacking:
        raise InvalidInput([{"field": "fields", "code": "missing", "message": text} for text in lacking])
    return list(fields)


def _options(row: Import, options: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(row.options)
    for name, allowed in CHOICES.items():
        value = options.get(name, found.get(name))
        if value and value not in allowed:
            raise InvalidInput.of(name, str(_("Choose one of those offered.")))
        if value:
            found[name] = value
    for name, longest in TEXTS.items():
        value = str(options.get(name, found.get(name)) or "").strip()
        if len(value) > longest or not value.isprintable():
            raise InvalidInput.of(
                name, str(_("Write at most {most} visible characters.")).format(most=longest)
            )
        found[name] = value
    found["welcome"] = bool(options.get("welcome", found.get("welcome", False)))
    if row.kind == "codes":
        chosen = reward_of(kinds.Context(shop_of_scope(), row.begun_at, found))
        if kind_terms(reward_named(chosen)).codes != "pool":
            raise InvalidInput.of("reward", str(_("Choose the reward these codes are for.")))
    if row.kind == "orders" and not _is_source(found["source"] or "api"):
        raise InvalidInput.of("source", str(_("Use small letters, digits, dots and dashes.")))
    return found


def _is_source(text: str) -> bool:
    return all(
        letter.isascii() and (letter.islower() or letter.isdigit() or letter in "_.-") for letter in text
    )


def _remember(row: Import) -> None:
    """What somebody said a heading means is not asked again."""
    rows = {kinds.heading(text): name for text, name in zip(row.head, row.fields, strict=True)}
    Heading.objects.bulk_create(
        [Heading(kind=row.kind, heading=heading, field=name) for heading, name in sorted(rows.items()) if heading],
        update_conflicts=True, unique_fields=["merchant", "kind", "heading"], update_fields=["field"],
    )  # fmt: skip


@transaction.atomic
def run_import(*, imported: UUID, at: datetime) -> Job:
    """Import what is ready, in the background. Rows that need a fix are left out. Raises `NotChecked`, `NothingReady`,
    `WrongStage`."""
    row = _locked(imported)
    now = queries.standing(row)
    if now.stage in ("columns", "checking"):
        raise NotChecked()
    if now.stage != "checked" or row.rows_id is None:
        raise WrongStage()
    if not queries.counted(now.checking, "ready"):
        raise NothingReady()
    job = jobs.ask_for(
        kind="import.run", at=at, about=row.pk, total=now.checking.total if now.checking else None
    )
    row.running = job.pk
    row.save(update_fields=["running"])
    record("import.run", subject=row.pk, at=at, data={"kind": row.kind})
    return job


@transaction.atomic
def undo_import(*, imported: UUID, at: datetime) -> Job:
    """Undo what an import made, where nothing has happened to it since, in the background. Raises `WrongStage`."""
    row = _locked(imported)
    if queries.standing(row).stage != "done":
        raise WrongStage()
    total = queries.made(row.pk).count()
    job = jobs.ask_for(kind="import.undo", at=at, about=row.pk, total=total)
    row.undoing = job.pk
    row.save(update_fields=["undoing"])
    record("import.undone", subject=row.pk, at=at, data={"kind": row.kind})
    return job


@transaction.atomic
def ask_for_export(*, name: str, at: datetime, form: str = "csv") -> Job:
    """Have a list written into a file, in the background; "whole" is everything the shop has, as an archive. Raises
    `InvalidInput`."""
    if name == "whole":
        return jobs.ask_for(kind="export.whole", at=at)
    if name not in lists.LISTS:
        raise InvalidInput.of("list", str(_("There is no such list.")))
    if form not in FORMS:
        raise InvalidInput.of("format", str(_("Choose csv, xlsx or parquet.")))
    # How many rows there are is counted by the job: of millions, nobody should wait for that.
    return jobs.ask_for(kind="export.list", at=at, options={"list": name, "format": form})


@transaction.atomic
def begin_whole(*, name: str, chunks: Iterable[bytes], at: datetime) -> Job:
    """Have the archive of a whole shop read into this one, which is empty, in the background. Raises `ArchiveRefused`
    and keeps nothing then."""
    file = storing.store(name=name, content_type="application/zip", chunks=chunks, at=at)
    with queries.poured(file.pk) as content:
        manifest = archive.peek(content)
    total = sum(part.rows for part in manifest.tables)
    return jobs.ask_for(kind="shop.import", at=at, options={"file": str(file.pk)}, total=total)
