"""Products of the catalogue: what may be said of one, and what an order's line takes from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from loyalty.core.money import MAX_MINOR
from members.rules.facts import LineKind
from members.rules.shopping import (
    Instant,
    Name,
    NewLine,
    NewOrder,
    Text100,
    Text200,
    time_problem,
)

# Without commas: wherever people write tags, and in every file, they stand between them.
Tag = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f,]+$(?!\n)")]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=20)]
Amount = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class ProductChange(Struct, forbid_unknown_fields=True, frozen=True):
    """A product by its `sku`, exactly as order lines write it. What is left out stays as it is, or empty for a new one.
    `kind` is what a line of it is. `price_minor` and `cost_minor` are of one, null for nobody knows; `currency` is the
    shop's where nothing is said. With `external_updated_at`, what is older than what is known changes nothing."""

    sku: Name
    name: Text200 | UnsetType = UNSET
    category: Text100 | UnsetType = UNSET
    brand: Text100 | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    kind: LineKind | UnsetType = UNSET
    price_minor: Amount | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    cost_minor: Amount | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET
    external_updated_at: Instant | UnsetType | None = UNSET


class Said(Struct, frozen=True):
    """Everything the catalogue says of a product; two that are equal say the same."""

    sku: str
    name: str = ""
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    kind: LineKind = LineKind.PRODUCT
    price_minor: int | None = None
    currency: str = ""
    cost_minor: int | None = None
    archived: bool = False
    external_updated_at: datetime | None = None

    def changed(self, change: ProductChange, *, currency: str) -> "Said":
        """The same product after a change; `currency` is the shop's."""
        sent = {name: value for name, value in structs.asdict(change).items() if value is not UNSET}
        if "tags" in sent:
            sent["tags"] = tuple(dict.fromkeys(sent["tags"]))
        made = structs.replace(self, **sent)
        priced = made.price_minor is not None or made.cost_minor is not None
        return structs.replace(made, currency=(made.currency or currency) if priced else "")

    def outdates(self, change: ProductChange) -> bool:
        """True when a change is older than what is known."""
        told, known = change.external_updated_at, self.external_updated_at
        return isinstance(told, datetime) and known is not None and told < known


def product_problems(change: ProductChange, *, at: datetime) -> list[tuple[str, str]]:
    """What is wrong with a product beyond its types, as (field, sentence)."""
    if change.external_updated_at in (UNSET, None):
        return []
    return time_problem("external_updated_at", change.external_updated_at, at)


class Shelved(Struct, frozen=True, array_like=True):
    """What a line can take from the catalogue."""

    name: str
    category: str
    brand: str
    tags: tuple[str, ...]
    kind: LineKind


def lacking(orders: Iterable[NewOrder]) -> list[str]:
    """The products about which some line leaves something out, each once."""
    return list(dict.fromkeys(line.sku for order in orders for line in order.lines if not _says_all(line)))


def completed(order: NewOrder, shelf: Mapping[str, Shelved]) -> NewOrder:
    """The order with its lines' gaps filled; what a line says itself stays."""
    if not any(line.sku in shelf and not _says_all(line) for line in order.lines):
        return order
    return structs.replace(order, lines=tuple(_completed(line, shelf.get(line.sku)) for line in order.lines))


def _says_all(line: NewLine) -> bool:
    return bool(line.name and line.category and line.brand and line.tags)


def _completed(line: NewLine, found: Shelved | None) -> NewLine:
    if found is None or _says_all(line):
        return line
    # A line that says nothing of its kind comes in as a product: only then does the catalogue know better.
    kind = found.kind if line.kind is LineKind.PRODUCT else line.kind
    return structs.replace(
        line, name=line.name or found.name, category=line.category or found.category,
        brand=line.brand or found.brand, tags=line.tags or found.tags, kind=kind,
    )  # fmt: skip
