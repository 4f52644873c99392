"""The catalogue of products: find, read, write one or many, put away."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import MAX_BATCH_BYTES, endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from members import models
from members.operations.products import MOST_AT_ONCE, archive_product, save_product, write_products
from members.queries import products
from members.queries.products import Choice
from members.rules.products import ProductChange
from members.rules.shopping import Name, Text60, Text100

EXAMPLE = {
    "sku": "latte", "name": "Caffè latte", "category": "coffee", "brand": "Luna", "tags": ["hot"],
    "price_minor": 4900, "cost_minor": 1200, "external_updated_at": "2026-03-02T14:02:00+01:00",
}  # fmt: skip


class CatalogueProduct(Struct):
    """A product as the catalogue has it. Money is in minor units of `currency`, which is "" where there is none."""

    id: str
    sku: str
    name: str
    category: str
    brand: str
    tags: list[str]
    kind: str
    price_minor: int | None
    cost_minor: int | None
    currency: str
    archived: bool
    external_updated_at: datetime | None
    created_at: datetime
    changed_at: datetime


class ProductSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`search`: words of which each begins a word of the name, the number, the brand or the category. `archived=true`
    lists those alone that were put away."""

    search: Text100 = ""
    category: Text100 = ""
    brand: Text100 = ""
    tag: Text60 = ""
    kind: Literal["", "product", "gift_card", "shipping", "tax", "fee", "tip"] = ""
    archived: bool = False


class ProductLookup(Struct, forbid_unknown_fields=True, frozen=True):
    """The product's number, exactly as it was sent."""

    sku: Name


class ProductArchiving(Struct, forbid_unknown_fields=True, frozen=True):
    """Which product, and whether it is put away or taken out again."""

    sku: Name
    archived: bool = True


class ProductBatch(Struct, forbid_unknown_fields=True, frozen=True):
    """Products to write."""

    products: Annotated[tuple[ProductChange, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class ProductBatchResult(Struct):
    """How many products are new, how many were changed, and how many said what was known already, or less."""

    made: int
    changed: int
    same: int


def _product(row: models.Product) -> CatalogueProduct:
    return CatalogueProduct(
        id=ids.encode("prd", row.pk), sku=row.sku, name=row.name, category=row.category, brand=row.brand,
        tags=row.tags, kind=row.kind, price_minor=row.price_minor, cost_minor=row.cost_minor, currency=row.currency,
        archived=row.archived_at is not None, external_updated_at=row.external_updated_at, created_at=row.created_at,
        changed_at=row.changed_at,
    )  # fmt: skip


class Products(Endpoint):
    @endpoint(
        summary="List or search products",
        scope="products:read",
        query=ProductSearch,
        answers={200: page_of(CatalogueProduct)},
    )
    def get(self, call: Call) -> dict:
        """By their numbers."""
        asked = call.query
        choice = Choice(asked.search, asked.category, asked.brand, asked.tag, asked.kind, asked.archived)
        window = keyset(
            products.products(choice), asked, name="products", by=[("sku", str)], descending=False
        )
        return call.page(window, [_product(row) for row in window.rows])

    @endpoint(
        summary="Write a product",
        scope="products:write",
        body=ProductChange,
        example=EXAMPLE,
        answers={200: CatalogueProduct},
    )
    def put(self, call: Call) -> CatalogueProduct:
        """Makes the product or changes what is sent of it, and answers what is known then. Sending it again changes
        nothing. From then on an order's line with this `sku` takes from it the name, category, brand and tags it leaves
        out, and its kind where the line has said nothing else than `product`; a line that has all four is taken as it
        is."""
        return _product(save_product(product=call.body, at=call.at))


class OneProduct(Endpoint):
    @endpoint(
        summary="Read a product",
        scope="products:read",
        query=ProductLookup,
        answers={200: CatalogueProduct},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> CatalogueProduct:
        """By its number, also when it was put away."""
        return _product(products.by_sku(call.query.sku))


class ProductArchive(Endpoint):
    @endpoint(
        summary="Archive a product",
        scope="products:write",
        body=ProductArchiving,
        example={"sku": "latte", "archived": True},
        answers={200: CatalogueProduct},
        refuses=(NotFound,),
    )
    def post(self, call: Call) -> CatalogueProduct:
        """Out of the lists, or back into them. Orders that name it are still completed."""
        return _product(archive_product(sku=call.body.sku, at=call.at, archived=call.body.archived))


class ProductsAtOnce(Endpoint):
    @endpoint(
        summary="Write many products",
        scope="products:write",
        body=ProductBatch,
        example={"products": [EXAMPLE]},
        max_bytes=MAX_BATCH_BYTES,
        answers={200: ProductBatchResult},
    )
    def post(self, call: Call) -> ProductBatchResult:
        """Up to 1,000, all of them or none: each as if it were written alone. Sending them again changes nothing."""
        answers = write_products(products=call.body.products, at=call.at)
        wrong = [
            {**problem, "field": f"products[{index}].{problem['field']}"}
            for index, answer in enumerate(answers)
            if isinstance(answer, InvalidInput)
            for problem in answer.errors
        ]
        if wrong:
            raise InvalidInput(wrong)
        written = [answer for answer in answers if not isinstance(answer, InvalidInput)]
        made, changed = sum(one.made for one in written), sum(one.changed for one in written)
        return ProductBatchResult(made, changed, len(written) - made - changed)
