"""Reading the catalogue: one product, the list and its filters, and what a product sold lately."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.tenancy import scope
from members.models import Product
from members.queries.identifying import folded

MOST_ORDERS = 10_000
"""So many of the last orders are looked through for what a product sold: order lines have no index by product, which
each line of each order would have to keep up."""
MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list is narrowed to; "" does not narrow. `archived` True: those alone that were put away; None: all."""

    text: str = ""
    category: str = ""
    brand: str = ""
    tag: str = ""
    kind: str = ""
    archived: bool | None = False

    @property
    def narrows(self) -> bool:
        """Whether anything that is sold is left out."""
        return any((self.text, self.category, self.brand, self.tag, self.kind, self.archived))


def product(key: UUID) -> Product:
    """One product; `NotFound` otherwise."""
    found = Product.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("product")
    return found


def by_sku(sku: str) -> Product:
    """The product of that number, exactly as it is written; `NotFound` otherwise."""
    found = Product.objects.filter(sku=sku).first() if "\x00" not in sku else None
    if found is None:
        raise NotFound("product")
    return found


def unsold(named: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Of what rules call goods by (`filters.GOODS`) what no product has that is sold, each in order. A shop without
    a catalogue says with each purchase what it is: nothing is missing there."""
    shelf = Product.objects.filter(archived_at=None)
    if not any(named.values()) or not shelf.exists():
        return {}
    known = {name: _known(shelf, name, words) for name, words in named.items() if words}
    return {name: sorted(missing) for name, words in known.items() if (missing := set(named[name]) - words)}


def _known(shelf: QuerySet[Product], name: str, words: Collection[str]) -> set[str]:
    if name == "tags":
        return {word for word in words if shelf.filter(tags__contains=[word]).exists()}
    column = {"skus": "sku", "categories": "category", "brands": "brand"}[name]
    return set(shelf.filter(**{f"{column}__in": words}).values_list(column, flat=True).distinct())


def is_known(sku: str) -> bool:
    """Whether there is a product of that number, put away or not."""
    return Product.objects.filter(sku=sku).exists()


def by_ids(keys: Iterable[UUID]) -> dict[UUID, Product]:
    """Products by their ids; unknown ones are missing."""
    return {row.pk: row for row in Product.objects.filter(pk__in=list(keys))}


def any_products() -> bool:
    """Whether the shop has a catalogue at all."""
    return Product.objects.exists()


def products(choice: Choice) -> QuerySet[Product]:
    """The products a choice leaves, in no order; the caller sorts and slices.

    Each word that is looked for begins a word of the name, the number, the brand or the category. Row-level security
    lets no index answer that, so the shop's entries in the index by name are read until a page is full.
    """
    found = Product.objects.all()
    if choice.archived is not None:
        found = found.filter(archived_at__isnull=not choice.archived)
    for name in ("category", "brand", "kind"):
        if getattr(choice, name):
            found = found.filter(**{name: getattr(choice, name)})
    if choice.tag:
        found = found.filter(tags__contains=[choice.tag])
    for word in folded(choice.text[:100].replace("\x00", " ")).split():
        found = found.filter(Q(search__begins=word) | Q(search__contains=f" {word}"))
    return found


def by_name(found: QuerySet[Product], *, after: tuple[str, UUID] | None = None) -> QuerySet[Product]:
    """Products sorted by name; `after` is the last row's (search, id) for the next page."""
    if after is not None:
        past = Q(search__gt=after[0]) | Q(search=after[0], pk__gt=after[1])
        # The second bound lets the index begin there; the first leaves out what the page before has shown.
        found = found.filter(past, search__gte=after[0])
    return found.order_by("search", "id")


@dataclass(frozen=True, slots=True)
class Names:
    """What products are called by: categories, brands and tags, the commonest `MOST_NAMES` of each by the alphabet."""

    categories: list[str]
    brands: list[str]
    tags: list[str]


_NAMES = """
SELECT what, name FROM (
  SELECT what, name, row_number() OVER (PARTITION BY what ORDER BY count(*) DESC, name) AS place
    FROM (SELECT 'category' AS what, category::text AS name FROM members_product
           WHERE merchant_id = %(merchant)s AND archived_at IS NULL
          UNION ALL
          SELECT 'brand', brand FROM members_product WHERE merchant_id = %(merchant)s AND archived_at IS NULL
          UNION ALL
          SELECT 'tag', unnest(tags) FROM members_product WHERE merchant_id = %(merchant)s AND archived_at IS NULL) n
   WHERE name <> '' GROUP BY what, name) ranked
 WHERE place <= %(most)s ORDER BY what, name
"""


def names_in_use() -> Names:
    """The categories, brands and tags of what is sold, to choose from."""
    found: dict[str, list[str]] = {"category": [], "brand": [], "tag": []}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"merchant": scope.merchant_id(), "most": MOST_NAMES})
        for what, name in cursor.fetchall():
            found[what].append(name)
    return Names(found["category"], found["brand"], found["tag"])


@dataclass(frozen=True, slots=True)
class Sold:
    """What a product sold since an instant, within the last `MOST_ORDERS` orders: in how many of them, how many pieces,
    what was paid for them less what went back (minor units), the points their lines earned, and the last few orders.
    `looked_at` is how many orders there were; where it is `MOST_ORDERS` there may be older ones."""

    looked_at: int
    orders: int
    quantity: Decimal
    net_minor: int
    points: int
    last: list[UUID]


# The lines are looked up order by order, by their key; OFFSET 0 keeps the planner from reading all lines of the shop.
_SOLD = """
WITH recent AS MATERIALIZED (
  SELECT id, placed_at FROM members_order
   WHERE merchant_id = %(merchant)s AND placed_at >= %(since)s AND status = 'recorded'
   ORDER BY placed_at DESC LIMIT %(most)s)
SELECT (SELECT count(*) FROM recent), count(DISTINCT s.id), coalesce(sum(s.quantity), 0),
       coalesce(sum(s.net), 0)::bigint, coalesce(sum(s.points), 0)::bigint,
       (array_agg(s.id ORDER BY s.placed_at DESC, s.id DESC) FILTER (WHERE s.first))[1:5]
  FROM (SELECT r.id, r.placed_at, l.quantity, l.paid_minor - l.refunded_minor AS net, l.points,
               row_number() OVER (PARTITION BY r.id ORDER BY l.number) = 1 AS first
          FROM recent r CROSS JOIN LATERAL (
               SELECT number, quantity, paid_minor, refunded_minor, points FROM members_orderline
                WHERE merchant_id = %(merchant)s AND order_id = r.id AND sku = %(sku)s OFFSET 0) l) s
"""


def sold(sku: str, *, since: datetime) -> Sold:
    """What a product sold lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SOLD, {"merchant": scope.merchant_id(), "since": since, "most": MOST_ORDERS, "sku": sku}
        )
        looked_at, orders, quantity, net, points, last = cursor.fetchone()
    return Sold(looked_at, orders, Decimal(quantity), net, points, list(last or ()))
