"""Write the catalogue: one product or many, always the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection, transaction

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.models import Product
from members.queries import products
from members.queries.identifying import folded
from members.rules.facts import LineKind
from members.rules.products import ProductChange, Said, product_problems

MOST_AT_ONCE = 1000
_LONGEST_SEARCH = Product._meta.get_field("search").max_length
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a product: `made`, `changed`, or neither where it says what was known, or is older."""

    product: UUID
    sku: str
    made: bool = False
    changed: bool = False


# One statement for any number of products. Who writes the catalogue waits for whoever does so already (`_locked`), so
# nothing can come between what was read and what is written.
_WRITE = """
INSERT INTO members_product (id, merchant_id, sku, name, category, brand, tags, kind, price_minor, currency, cost_minor,
                             archived_at, external_updated_at, search, created_at, changed_at)
SELECT x.id, %(merchant)s, x.sku, x.name, x.category, x.brand, x.tags, x.kind, x.price_minor, x.currency, x.cost_minor,
       x.archived_at, x.external_updated_at, x.search, %(at)s, %(at)s
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, sku text, name text, category text, brand text, tags text[],
       kind text, price_minor bigint, currency text, cost_minor bigint, archived_at timestamptz,
       external_updated_at timestamptz, search text)
    ON CONFLICT (merchant_id, sku) DO UPDATE
   SET name = excluded.name, category = excluded.category, brand = excluded.brand, tags = excluded.tags,
       kind = excluded.kind, price_minor = excluded.price_minor, currency = excluded.currency,
       cost_minor = excluded.cost_minor, archived_at = excluded.archived_at,
       external_updated_at = excluded.external_updated_at, search = excluded.search, changed_at = excluded.changed_at
"""


def save_product(*, product: ProductChange, at: datetime) -> Product:
    """Make a product, or change what is said of one. Raises `InvalidInput`."""
    found = write_products(products=[product], at=at)[0]
    if isinstance(found, DomainError):
        raise found
    return products.product(found.product)


def archive_product(*, sku: str, at: datetime, archived: bool = True) -> Product:
    """Put a product away, or take it out again. It still tells lines what they are. Raises `NotFound`."""
    row = products.by_sku(sku)
    return save_product(product=ProductChange(row.sku, archived=archived), at=at)


@transaction.atomic
def write_products(*, products: Sequence[ProductChange], at: datetime) -> list[Written | InvalidInput]:
    """Make or change up to `MOST_AT_ONCE` products, one answer each in their order; a refused one does not stop the
    rest. The same again changes nothing and is no event. Of two about one product the later counts on top."""
    if len(products) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} products at once")
    _lock_catalogue()
    shop = shop_of_scope()
    known = _known({one.sku for one in products})
    fresh: dict[str, _Row] = {}
    answers: list[Written | InvalidInput] = []
    for one in products:
        problems = product_problems(one, at=at)
        if problems:
            answers.append(InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems]))
            continue
        before = known.get(one.sku)
        row = _changed(before, one, currency=shop.currency, at=at)
        if row is not before:
            known[one.sku] = fresh[one.sku] = row
        answers.append(Written(row.id, one.sku, made=before is None, changed=before not in (None, row)))
    if fresh:
        _write(list(fresh.values()), at)
        _tell([one for one in answers if isinstance(one, Written)], at)
    return answers


def would_change(*, products: Sequence[ProductChange]) -> list[bool]:
    """Whether writing each of these would make or change something; writes nothing."""
    currency = shop_of_scope().currency
    known = _known({one.sku for one in products})
    found = []
    for one in products:
        before = known.get(one.sku)
        said = before.said if before else Said(one.sku)
        found.append(
            before is None or (not said.outdates(one) and said.changed(one, currency=currency) != said)
        )
    return found


@transaction.atomic
def remove_untouched(*, made: Sequence[UUID]) -> set[UUID]:
    """Take products out that nobody has changed since they were made; which of them are gone now. For undoing an
    import: orders keep what their lines took."""
    _lock_catalogue()
    rows = Product.objects.filter(pk__in=list(made))
    kept = {row.pk for row in rows if row.changed_at != row.created_at}
    rows.exclude(pk__in=kept).delete()
    return set(made) - kept


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    said: Said
    archived_at: datetime | None


def _lock_catalogue() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, 'products'), 14))",
            [scope.merchant_id()],
        )


def said_of(row: Product) -> Said:
    """What the catalogue says of a product."""
    return Said(
        row.sku, row.name, row.category, row.brand, tuple(row.tags), LineKind(row.kind), row.price_minor, row.currency,
        row.cost_minor, row.archived_at is not None, row.external_updated_at,
    )  # fmt: skip


def _known(skus: set[str]) -> dict[str, _Row]:
    rows = Product.objects.filter(sku__in=sorted(skus))
    return {row.sku: _Row(row.pk, said_of(row), row.archived_at) for row in rows}


def _changed(before: _Row | None, change: ProductChange, *, currency: str, at: datetime) -> _Row:
    """A product after a change; `before` itself where nothing changes."""
    said = before.said if before else Said(change.sku)
    if said.outdates(change):
        after = said
    else:
        after = said.changed(change, currency=currency)
    if before is not None and after == said:
        return before
    archived_at = (before.archived_at if before else None) or at
    return _Row(before.id if before else ids.new(), after, archived_at if after.archived else None)


def _write(rows: list[_Row], at: datetime) -> None:
    encoded = [
        {
            "id": row.id, "sku": row.said.sku, "name": row.said.name, "category": row.said.category,
            "brand": row.said.brand, "tags": row.said.tags, "kind": row.said.kind,
            "price_minor": row.said.price_minor, "currency": row.said.currency, "cost_minor": row.said.cost_minor,
            "archived_at": row.archived_at, "external_updated_at": row.said.external_updated_at,
            "search": _searched(row.said),
        }
        for row in rows
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"merchant": scope.merchant_id(), "at": at, "rows": _encode(encoded).decode()})


def _searched(said: Said) -> str:
    return folded(f"{said.name} {said.sku} {said.brand} {said.category}")[:_LONGEST_SEARCH]


def _tell(answers: list[Written], at: datetime) -> None:
    """One event for all of it: a catalogue of a hundred thousand comes in hundreds of events, not in as many."""
    touched = {one.product for one in answers if one.made or one.changed}
    made = {one.product for one in answers if one.made}
    data = {"made": len(made), "changed": len(touched - made)}
    record("products.written", subject=touched.pop() if len(touched) == 1 else None, at=at, data=data)
