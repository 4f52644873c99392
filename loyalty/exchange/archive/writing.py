"""A shop as an archive: a zip with one file of JSON lines for each table, and a manifest that says what is in them.

Written within one transaction that sees one instant: the figures of the manifest are those of the rows.
"""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

import msgspec

from loyalty.core.ledger.queries import outstanding, totals
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.exchange.archive.tables import fields, ordered, tables

FORMAT = 1
MANIFEST = "manifest.json"
_AT_ONCE = 1000


class TableFile(msgspec.Struct, frozen=True):
    """One table's file: how many rows, and the SHA-256 of its bytes."""

    table: str
    rows: int
    sha256: str


class Unit(msgspec.Struct, frozen=True):
    """What the books say of one unit: what members hold, and the shop's accounts, signed as members see them. The two
    sides are the same figure: `held` is the sum of the others."""

    held: int
    accounts: dict[str, int]


class Shop(msgspec.Struct, frozen=True):
    """The shop as it was."""

    name: str
    slug: str
    currency: str
    timezone: str
    country: str
    language: str
    brand_colour: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds. `units` are reconciled when it is written and again when it is read."""

    format: int
    made_at: datetime
    shop: Shop
    tables: list[TableFile]
    units: dict[str, Unit]


def _hook(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    raise TypeError(f"{type(value)} is in no archive")


_encode = msgspec.json.Encoder(enc_hook=_hook).encode


def file_name(label: str) -> str:
    """Where a table is in the archive."""
    return f"tables/{label}.jsonl"


def write_archive(into: IO[bytes], *, at: datetime) -> Manifest:
    """Write everything the shop in scope has; what the manifest says."""
    written: list[TableFile] = []
    units: set[str] = set()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as packed:
        for model in tables():
            label, count, digest = model._meta.label, 0, sha256()
            with packed.open(file_name(label), "w", force_zip64=True) as file:
                for row in _rows(model):
                    line = _encode(row) + b"\n"
                    digest.update(line)
                    file.write(line)
                    count += 1
                    if label == "ledger.Account":
                        units.add(row["unit"])
            written.append(TableFile(label, count, digest.hexdigest()))
        manifest = Manifest(FORMAT, at, _shop(), written, reconciled(units))
        packed.writestr(MANIFEST, msgspec.json.format(_encode(manifest), indent=2))
    return manifest


def _rows(model: Any) -> Iterator[dict[str, Any]]:
    names = [field.attname for field in fields(model)]
    for values in ordered(model).values_list(*names).iterator(chunk_size=_AT_ONCE):
        yield dict(zip(names, values, strict=True))


def _shop() -> Shop:
    shop = shop_of_scope()
    return Shop(
        shop.name, shop.slug, shop.currency, shop.timezone, shop.country, shop.language, shop.brand_colour
    )


def reconciled(units: set[str]) -> dict[str, Unit]:
    """What the books say of each unit, from both sides."""
    return {unit: Unit(outstanding(unit=unit), totals(unit=unit)) for unit in sorted(units)}
