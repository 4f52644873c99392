"""A product that nobody else may see, and thousands of them."""

from loyalty.core import ids
from members.operations.products import MOST_AT_ONCE, save_product, write_products
from members.rules.products import ProductChange
from tests.cast import AT


def shelved(secret: str) -> dict[str, str]:
    """A product full of words that outsiders must never read; its public id."""
    change = ProductChange(
        f"{secret}-sku", name=f"{secret} name", category=f"{secret} category", brand=f"{secret} brand",
        tags=(f"{secret} tag",), price_minor=10_00,
    )  # fmt: skip
    return {"product": ids.encode("prd", save_product(product=change, at=AT).pk)}


def crowded_shelf() -> None:
    """Three thousand products, of which a few are put away."""
    for start in range(0, 3 * MOST_AT_ONCE, MOST_AT_ONCE):
        write_products(
            products=[
                ProductChange(f"sku-{n}", name=f"Product {n}", category=f"c {n % 50}", archived=n % 500 == 0)
                for n in range(start, start + MOST_AT_ONCE)
            ],
            at=AT,
        )
