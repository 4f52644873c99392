"""What orders and pages ask of the catalogue uses an index, in a shop with thousands of products."""

from collections.abc import Callable
from typing import Any

from members.models import Product
from members.queries import order_facts, products
from members.queries.products import Choice
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.shelving import crowded_shelf
from tests.isolation.test_plans import slow_steps


def test_the_catalogue_uses_an_index(crowded: Crowded) -> None:
    committed(crowded_shelf)
    last = Product.objects.get(sku="sku-1500")
    named = {0: ("external", "ana"), 1: None}
    hot: dict[str, Callable[[], Any]] = {
        "what orders take from it": lambda: order_facts.look_up(named, skus=["sku-7", "sku-2999", "none"]),
        "a product by its number": lambda: products.by_sku("sku-7"),
        "what is known of many": lambda: list(Product.objects.filter(sku__in=["sku-7", "sku-8"])),
    }
    pages: dict[str, Callable[[], Any]] = {
        "the list": lambda: list(products.by_name(products.products(Choice()))[:40]),
        "the next page": lambda: list(
            products.by_name(products.products(Choice()), after=(last.search, last.pk))[:40]
        ),
        "what was put away": lambda: list(products.by_name(products.products(Choice(archived=True)))[:40]),
        "what staff type": lambda: list(products.by_name(products.products(Choice("prod 29")))[:40]),
        "the list of the API": lambda: list(products.products(Choice()).order_by("sku")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
