"""The catalogue by API: written one by one or together, found, put away, and used by orders at once."""

from datetime import datetime, timedelta

import pytest

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.models import Product
from tests.api.caller import Caller, an_order
from tests.cast import MARA, ONE_POINT_PER_KRONA, publish

LATTE = {
    "sku": "Latte/1 é", "name": "Caffè latte", "category": "coffee", "brand": "Luna", "tags": ["hot"],
    "price_minor": 4900,
}  # fmt: skip


def listed(call: Caller, query: str = "") -> list[str]:
    return [row["sku"] for row in call.get(f"products{query}").json()["data"]]


def test_a_product_is_written_read_changed_and_written_again_for_nothing(call: Caller):
    made = call("PUT", "products", LATTE)
    assert made.status_code == 200
    said = made.json()
    assert {name: said[name] for name in LATTE} == LATTE
    assert (said["kind"], said["currency"], said["cost_minor"], said["archived"]) == (
        "product",
        "SEK",
        None,
        False,
    )
    assert said["id"].startswith("prd_")
    assert call("PUT", "products", LATTE).json() == said
    assert call.get("products/lookup?sku=Latte/1%20%C3%A9").json() == said
    changed = call("PUT", "products", {"sku": "Latte/1 é", "cost_minor": 1200, "price_minor": None}).json()
    assert (changed["id"], changed["name"], changed["price_minor"], changed["cost_minor"]) == (
        said["id"], "Caffè latte", None, 1200,
    )  # fmt: skip
    assert call.get("products/lookup?sku=latte/1%20%C3%A9").status_code == 404


def test_lists_go_page_by_page_both_ways_and_are_narrowed(call: Caller):
    many = [{"sku": f"p-{number}", "name": f"Tea {number}", "tags": ["hot"]} for number in range(5)]
    answer = call.post("products/batch", {"products": [*many, {**LATTE, "kind": "gift_card"}]})
    assert answer.json() == {"made": 6, "changed": 0, "same": 0}
    first = call.get("products?limit=3&search=tea").json()
    assert [row["sku"] for row in first["data"]] == ["p-0", "p-1", "p-2"]
    second = call.get(first["next"]).json()
    assert [row["sku"] for row in second["data"]] == ["p-3", "p-4"]
    assert second["next"] is None
    assert [row["sku"] for row in call.get(second["prev"]).json()["data"]] == ["p-0", "p-1", "p-2"]
    assert listed(call, "?category=coffee") == listed(call, "?kind=gift_card") == ["Latte/1 é"]
    assert listed(call, "?brand=Luna&tag=hot") == ["Latte/1 é"]
    assert listed(call, "?search=caffe%20lu") == ["Latte/1 é"]


def test_what_is_archived_is_listed_apart_and_can_be_taken_out_again(call: Caller):
    call("PUT", "products", LATTE)
    assert call.post("products/archive", {"sku": LATTE["sku"]}).json()["archived"] is True
    assert (listed(call), listed(call, "?archived=true")) == ([], [LATTE["sku"]])
    back = call.post("products/archive", {"sku": LATTE["sku"], "archived": False}).json()
    assert back["archived"] is False
    assert listed(call) == [LATTE["sku"]]
    assert call.post("products/archive", {"sku": "nothing"}).status_code == 404


def test_many_are_written_together_or_not_at_all(call: Caller, shopfront):
    far = (clock.now() + timedelta(days=30)).isoformat()
    wrong = call.post("products/batch", {"products": [LATTE, {"sku": "B", "external_updated_at": far}]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["field"] == "products[1].external_updated_at"
    with acting_for(shopfront, by=MARA):
        assert not Product.objects.exists()
    both = {"products": [LATTE, {"sku": "B"}]}
    assert call.post("products/batch", both).json() == {"made": 2, "changed": 0, "same": 0}
    assert call.post("products/batch", both).json() == {"made": 0, "changed": 0, "same": 2}
    assert call.post("products/batch", {"products": []}).status_code == 400


def test_a_late_message_does_not_undo_a_newer_one(call: Caller):
    new, old = "2026-03-02T10:00:00+01:00", "2026-03-02T08:59:59Z"
    call("PUT", "products", {**LATTE, "external_updated_at": new})
    late = call("PUT", "products", {"sku": LATTE["sku"], "name": "Old", "external_updated_at": old}).json()
    assert late["name"] == "Caffè latte"
    assert datetime.fromisoformat(late["external_updated_at"]) == datetime.fromisoformat(new)


def test_orders_quotes_and_batches_know_what_was_bought(call: Caller, shopfront):
    double = {"type": "multiplier", "id": "coffee", "factor": "2", "only": {"categories": ["coffee"]}}
    with acting_for(shopfront, by=MARA):
        publish(ONE_POINT_PER_KRONA, double)
    call.post("members", {"external_id": "ana"})
    call("PUT", "products", LATTE)
    bought = {"lines": [{"sku": LATTE["sku"], "amount_minor": 10_000}]}
    assert call.post("orders/quote", an_order("ana", **bought)).json()["points"] == 200
    made = call.post("orders", an_order("ana", **bought)).json()
    assert made["points"] == 200
    (line,) = call.get(f"orders/{made['id']}").json()["lines"]
    assert (line["name"], line["category"], line["brand"], line["tags"]) == (
        "Caffè latte",
        "coffee",
        "Luna",
        ["hot"],
    )
    batch = call.post("orders/batch", {"orders": [an_order("ana", **bought), an_order("ana")]}).json()
    assert [one["result"]["points"] for one in batch["results"]] == [200, 100]


def test_another_shop_has_a_catalogue_of_its_own(call: Caller, ottos_call: Caller):
    call("PUT", "products", LATTE)
    assert listed(ottos_call) == []
    assert ottos_call.get("products/lookup?sku=Latte/1%20%C3%A9").status_code == 404
    assert ottos_call.post("products/archive", {"sku": LATTE["sku"]}).status_code == 404
    ottos_call("PUT", "products", {"sku": LATTE["sku"], "name": "Otto’s"})
    assert call.get("products/lookup?sku=Latte/1%20%C3%A9").json()["name"] == "Caffè latte"


@pytest.mark.parametrize(
    "wrong",
    [{"sku": ""}, {"sku": "x" * 101}, {"sku": "a\n"}, {"tags": [""]}, {"tags": ["x"] * 21}, {"price_minor": -1},
     {"currency": "kr"}, {"kind": "food"}, {"colour": "red"}, {"external_updated_at": "2026-03-02"}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_named(call: Caller, wrong: dict):
    answer = call("PUT", "products", {**LATTE, **wrong})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(next(iter(wrong)))
    assert listed(call) == []
