"""An archive into an empty shop: everything or nothing. It is checked before, and the books are checked afterwards."""

import zipfile
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations.automations.arriving import NotAFlow, hold_arrived
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.ledger import restoring
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.merchants.operations import wrong_settings
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import document
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from loyalty.exchange.archive.tables import fields, tables
from loyalty.exchange.archive.writing import FORMAT, MANIFEST, Manifest, file_name, reconciled
from members.operations.joining import open_all_accounts
from rewards.operations.vouchers import digest as digest_of_code

MOST_BYTES = 2 * 1024**3
MOST_UNPACKED = 20 * 1024**3
_LONGEST_LINE = 4 * 1024 * 1024
_AT_ONCE = 1000
_MOST_MANIFEST = 1024 * 1024
#: What an empty shop has already: its first place, the note that it was opened, its own accounts.
_FROM_THE_START = frozenset({"merchants.Location", "events.Event", "ledger.Account"})
_CODES = frozenset({"rewards.Voucher", "rewards.PoolCode"})

REASONS: dict[str, Any] = {
    "not_one": _("This is not an archive of a shop."),
    "format": _("This archive was written by a newer server. Update this one first."),
    "damaged": _("This archive is damaged or was changed: {table} is not what the manifest says."),
    "unknown": _("This archive has something that this server does not know: {table}."),
    "currency": _("The archive’s currency is {theirs}, this shop’s is {ours}. Open a shop in {theirs}."),
    "not_empty": _("An archive goes into an empty shop, and this one has {table}. Open a new one for it."),
    "does_not_hold": _("The books in this archive do not add up: {detail}. Nothing was imported."),
}


class ArchiveRefused(DomainError):
    """`reason` is one of `REASONS`."""

    code = "archive_refused"
    message = _("This archive cannot be read.")
    field = "file"

    def __init__(self, reason: str, **params: Any):
        super().__init__(reason=reason, **params)
        self.message = REASONS[reason]


def peek(file: IO[bytes]) -> Manifest:
    """What an archive says it holds, if it may come into the shop in scope. Raises `ArchiveRefused`."""
    with _opened(file) as packed:
        manifest = _manifest(packed)
    ours = shop_of_scope().currency
    if manifest.shop.currency != ours:
        raise ArchiveRefused("currency", theirs=manifest.shop.currency, ours=ours)
    _refuse_unless_empty()
    return manifest


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    file.seek(0)
    try:
        packed = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise ArchiveRefused("not_one") from None
    if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
        raise ArchiveRefused("not_one")
    return packed


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    try:
        with packed.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(_MOST_MANIFEST), type=Manifest)
    except (KeyError, msgspec.MsgspecError, zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        raise ArchiveRefused("not_one") from None
    if manifest.format != FORMAT:
        raise ArchiveRefused("format")
    known = {model._meta.label for model in tables()}
    for part in manifest.tables:
        if part.table not in known:
            raise ArchiveRefused("unknown", table=part.table)
    for wrong in wrong_settings(**_settings(manifest)):
        said = f"{wrong['field']} {getattr(manifest.shop, wrong['field'])[:60]}"
        raise ArchiveRefused("unknown", table=said)
    return manifest


def _refuse_unless_empty() -> None:
    for model in tables():
        label = model._meta.label
        if label not in _FROM_THE_START and model._default_manager.exists():
            raise ArchiveRefused("not_empty", table=str(model._meta.verbose_name_plural))


@transaction.atomic
def read_archive(file: IO[bytes]) -> Manifest:
    """Bring everything in, in one transaction. Raises `ArchiveRefused`; nothing has changed then."""
    peek(file)
    Merchant.objects.select_for_update(no_key=True).get(
        pk=scope.merchant_id()
    )  # two at once: one after the other
    _refuse_unless_empty()
    with _opened(file) as packed:
        manifest = _manifest(packed)
        counts = {part.table: part for part in manifest.tables}
        Location.objects.all().delete()
        try:
            with transaction.atomic():
                _read_all(packed, counts)
        except (DatabaseError, ValidationError, TypeError, ValueError, KeyError) as trouble:
            first = next(iter(str(trouble).splitlines()), type(trouble).__name__)
            raise ArchiveRefused("does_not_hold", detail=first[:200]) from trouble
    _take_settings(manifest)
    _hold_to_account(manifest)
    open_all_accounts()
    try:
        hold_arrived()
    except NotAFlow as wrong:
        raise ArchiveRefused("does_not_hold", detail=str(wrong)[:200]) from None
    return manifest


def _read_all(packed: zipfile.ZipFile, counts: dict[str, Any]) -> None:
    restored = False
    for model in tables():
        label = model._meta.label
        if label in counts:
            _read_table(packed, model, counts[label])
        # What refers to the books by way of the database comes after them, if there ever is any.
        if label == "ledger.Entry":
            restoring.restore()
            restored = True
    if not restored:
        restoring.restore()


def _read_table(packed: zipfile.ZipFile, model: Any, said: Any) -> None:
    label = model._meta.label
    part, made, count, batch = restoring.PARTS.get(label), sha256(), 0, []
    for line in _lines(packed, label):
        made.update(line)
        count += 1
        batch.append(_decode(line, label))
        if len(batch) == _AT_ONCE:
            _keep(model, part, batch)
            batch = []
    if batch:
        _keep(model, part, batch)
    if (count, made.hexdigest()) != (said.rows, said.sha256):
        raise ArchiveRefused("damaged", table=label)


def _lines(packed: zipfile.ZipFile, label: str) -> Iterator[bytes]:
    try:
        with packed.open(file_name(label)) as file:
            while line := file.readline(_LONGEST_LINE):
                yield line
    except (KeyError, zipfile.BadZipFile, RuntimeError, OSError):
        raise ArchiveRefused("damaged", table=label) from None


def _decode(line: bytes, label: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ArchiveRefused("damaged", table=label) from None
    return row


def _keep(model: Any, part: str | None, batch: list[dict[str, Any]]) -> None:
    if part is not None:
        restoring.stage(part, batch)
        return
    label = model._meta.label
    known = fields(model)
    rows = [model(**{field.attname: _value(field, row[field.attname]) for field in known}) for row in batch]
    if label == "events.Event":
        for row in rows:  # nobody is to act upon what happened elsewhere
            row.dispatched_at = row.dispatched_at or row.recorded_at
    if label in _CODES:
        for row in rows:  # found by a digest that is keyed with the shop and its server
            row.digest = digest_of_code(code=row.code) if row.code else row.digest
    model._default_manager.bulk_create(rows)


def _value(field: Any, value: Any) -> Any:
    return None if value is None else field.to_python(value)


def _settings(manifest: Manifest) -> dict[str, str]:
    """What belongs to the programme and not to the address: zone, country, language and colour."""
    return {
        name: getattr(manifest.shop, name) for name in ("timezone", "country", "language", "brand_colour")
    }


def _take_settings(manifest: Manifest) -> None:
    Merchant.objects.filter(pk=scope.merchant_id()).update(**_settings(manifest))


def _hold_to_account(manifest: Manifest) -> None:
    """The books must add up, and to what the manifest says; and every programme must be one."""
    breaches = verify()
    if breaches:
        raise ArchiveRefused("does_not_hold", detail=f"{breaches[0].check}: {breaches[0].detail}")
    for version in programmes.history():
        try:
            document.parse(version.document)
        except InvalidInput as wrong:
            raise ArchiveRefused("does_not_hold", detail=str(wrong.errors[0]["field"])) from None
    now = reconciled(set(manifest.units))
    for unit, said in manifest.units.items():
        accounts = {name: total for name, total in said.accounts.items() if total}
        here = {name: total for name, total in now[unit].accounts.items() if total}
        if (now[unit].held, here) != (said.held, accounts):
            raise ArchiveRefused("does_not_hold", detail=unit)
