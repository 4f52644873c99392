"""The grocery's catalogue: what its receipts have sold, under its last name and at its last price."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import batched

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.shops import DEMO
from members.models import OrderLine
from members.operations.products import MOST_AT_ONCE, write_products
from members.rules.facts import LineKind
from members.rules.products import ProductChange


def fill_catalogue(merchant: int) -> int:
    """Write a product for everything the merchant with that id has sold; how many there are. Again changes nothing."""
    with acting_for(merchant, by=DEMO):
        lines = OrderLine.objects.order_by("sku", "-order__placed_at", "number").distinct("sku")
        products = [_product(line) for line in lines]
        for some in batched(products, MOST_AT_ONCE):
            write_products(products=some, at=clock.now())
    return len(products)


def _product(line: OrderLine) -> ProductChange:
    one = (Decimal(line.amount_minor + line.discount_minor) / line.quantity) if line.quantity else Decimal(0)
    return ProductChange(
        line.sku, name=line.name, category=line.category, brand=line.brand, tags=tuple(line.tags),
        kind=LineKind(line.kind), price_minor=int(one.quantize(Decimal(1), rounding=ROUND_HALF_UP)),
    )  # fmt: skip
