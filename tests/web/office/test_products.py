"""The catalogue's pages: found, filtered, page by page, made, changed, put away, and what a product sold."""

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from members.models import Product
from members.operations.products import archive_product, save_product, write_products
from members.rules.facts import LineKind
from members.rules.products import ProductChange
from members.rules.shopping import NewLine
from tests.cast import AT, MARA, OTTO, buy
from tests.web.office.conftest import Luna, browser_of
from tests.web.office.test_search import found

LATTE = ProductChange(
    "latte", name="Caffè latte", category="coffee", brand="Luna", tags=("hot", "milk"), price_minor=49_00
)
GOOD = {"sku": "bun", "name": "Cinnamon bun", "category": "buns", "brand": "", "tags": "sweet, fresh", "kind": "product",
        "price": "35,50", "cost": ""}  # fmt: skip


@pytest.fixture
def latte(lunas: Luna) -> Product:
    with acting_for(lunas.merchant, by=MARA):
        return save_product(product=LATTE, at=AT)


def address(lunas: Luna, row: Product, more: str = "") -> str:
    return lunas.url(f"products/{ids.encode('prd', row.pk)}/{more}")


def stored(lunas: Luna, sku: str) -> Product:
    with acting_for(lunas.merchant, by=MARA):
        return Product.objects.get(sku=sku)


def shown(client: Client, lunas: Luna, query: str = "") -> list[str]:
    page = client.get(lunas.url(f"products/{query}"))
    assert page.status_code == 200
    return [row["product"].sku for row in page.context["rows"]]


def test_a_shop_without_products_is_led_to_the_import(lunas: Luna, owner: Client):
    page = owner.get(lunas.url("products/")).content.decode()
    assert "No products yet" in page
    assert lunas.url("imports/new/?kind=products") in page
    assert browser_of(lunas, "analyst").get(lunas.url("products/")).status_code == 200


def test_a_product_is_made_and_stands_in_the_list(lunas: Luna, owner: Client):
    assert owner.post(lunas.url("products/new/"), GOOD).status_code == 303
    row = stored(lunas, "bun")
    assert (row.name, row.category, row.tags, row.price_minor, row.cost_minor, row.currency) == (
        "Cinnamon bun", "buns", ["sweet", "fresh"], 35_50, None, "SEK",
    )  # fmt: skip
    page = owner.get(lunas.url("products/")).content.decode()
    assert "Cinnamon bun" in page
    assert "35.50" in page


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"sku": ""}, "sku"), ({"sku": "x" * 101}, "sku"), ({"sku": "a\tb"}, "sku"), ({"price": "-1"}, "price"), ({"price": "dear"}, "price"),
     ({"cost": "0,001"}, "cost"), ({"kind": "food"}, "kind"), ({"tags": "x" * 61}, "tags"), ({"name": "x" * 201}, "name"),
     ({"sku": "latte"}, "sku")],
)  # fmt: skip
def test_what_makes_no_sense_comes_back_beside_its_field(lunas: Luna, owner: Client, latte, sent, field):
    answer = owner.post(lunas.url("products/new/"), {**GOOD, **sent})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    with acting_for(lunas.merchant, by=MARA):
        assert list(Product.objects.values_list("sku", "name")) == [("latte", "Caffè latte")]


def test_a_product_is_changed_and_its_number_stays(lunas: Luna, owner: Client, latte: Product):
    sent = {**GOOD, "sku": "another", "price": "", "cost": "12"}
    assert owner.post(address(lunas, latte), sent).status_code == 303
    row = stored(lunas, "latte")
    assert (row.pk, row.name, row.price_minor, row.cost_minor) == (latte.pk, "Cinnamon bun", None, 12_00)
    form = owner.get(address(lunas, latte)).context["form"]
    assert (form["sku"].value(), form["tags"].value(), form["cost"].value()) == (
        "latte",
        "sweet, fresh",
        "12",
    )


def test_saving_an_untouched_form_changes_nothing(lunas: Luna, owner: Client, latte: Product):
    form = owner.get(address(lunas, latte)).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert owner.post(address(lunas, latte), sent).status_code == 303
    assert stored(lunas, "latte").changed_at == AT


def test_putting_away_can_be_undone(lunas: Luna, owner: Client, latte: Product):
    assert owner.post(address(lunas, latte, "archive/")).status_code == 303
    assert (shown(owner, lunas), shown(owner, lunas, "?show=archived")) == ([], ["latte"])
    page = owner.get(address(lunas, latte)).content.decode()
    assert "Take out again" in page
    assert owner.post(address(lunas, latte, "restore/")).status_code == 303
    assert shown(owner, lunas) == ["latte"]


def test_lists_are_searched_filtered_and_paged(lunas: Luna, owner: Client, latte: Product):
    with acting_for(lunas.merchant, by=MARA):
        tea = [
            ProductChange(f"tea-{n:02}", name=f"Tea {n:02}", category="tea", brand="Acme") for n in range(45)
        ]
        gift = ProductChange("gift", name="Gift card", kind=LineKind.GIFT_CARD)
        write_products(products=[*tea, gift], at=AT)
    assert shown(owner, lunas, "?q=LATTE") == ["latte"]
    assert shown(owner, lunas, "?category=coffee") == shown(owner, lunas, "?tag=milk") == ["latte"]
    assert shown(owner, lunas, "?kind=gift_card") == ["gift"]
    assert shown(owner, lunas, "?q=nothing") == []
    first = owner.get(lunas.url("products/?brand=Acme"))
    assert len(first.context["rows"]) == 40
    assert [chip["label"] for chip in first.context["chips"]] == ["Acme"]
    rest = owner.get(first.context["next_url"])
    assert [row["product"].sku for row in rest.context["rows"]] == [f"tea-{n:02}" for n in range(40, 45)]
    assert rest.context["next_url"] == ""
    for odd in ("?after=x", "?after=WyJhIiwgImIiXQ", "?q=%00", "?kind=moon", "?category=%00"):
        assert shown(owner, lunas, odd), odd


def test_the_number_of_queries_does_not_grow_with_the_catalogue(lunas: Luna, owner: Client, latte: Product):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            owner.get(lunas.url("products/"))
        return len(asked)

    queries()
    before = queries()
    with acting_for(lunas.merchant, by=MARA):
        write_products(
            products=[ProductChange(f"p-{n}", name=f"P {n}", category=f"c {n}") for n in range(60)], at=AT
        )
    assert queries() == before


def test_what_a_product_sold_stands_beside_it_with_the_last_orders(
    lunas: Luna, owner: Client, latte: Product
):
    now = clock.now()
    with acting_for(lunas.merchant, by=MARA):
        for number in range(7):
            lines = (NewLine("latte", 100_00, "2"), NewLine("other", 5_00))
            buy(lunas.ana, lines=lines, at=now - timedelta(days=number), external_id=f"sold-{number}")
        buy(lunas.ana, lines=(NewLine("latte", 100_00),), at=now - timedelta(days=60), external_id="long ago")
    page = owner.get(address(lunas, latte))
    sold = page.context["sold"]
    assert (sold.orders, sold.quantity, sold.net_minor, sold.points) == (7, 14, 700_00, 700)
    assert [row["order"].external_id for row in page.context["rows"]] == [f"sold-{n}" for n in range(5)]
    text = page.content.decode()
    assert "700.00" in text
    assert "sold-0" in text


def test_who_may_only_look_changes_nothing(lunas: Luna, latte: Product):
    analyst, cashier = browser_of(lunas, "analyst"), browser_of(lunas, "cashier")
    page = analyst.get(address(lunas, latte))
    assert page.status_code == 200
    assert all(field.disabled for field in page.context["form"].fields.values())
    for where in (address(lunas, latte), address(lunas, latte, "archive/"), lunas.url("products/new/")):
        assert analyst.post(where, GOOD).status_code == 403
    assert cashier.get(lunas.url("products/")).status_code == 403
    assert stored(lunas, "latte").archived_at is None


def test_another_shops_products_do_not_exist(lunas: Luna, ottos: Luna, owner: Client):
    with acting_for(ottos.merchant, by=OTTO):
        theirs = save_product(product=ProductChange("secret", name="Otto’s secret"), at=AT)
    for more in ("", "archive/", "restore/"):
        where = address(lunas, theirs, more)
        assert (owner.post(where, GOOD) if more else owner.get(where)).status_code == 404
    assert shown(owner, lunas) == []
    assert found(owner, lunas, "secret") == {}


def test_search_everywhere_finds_products_also_those_put_away(lunas: Luna, owner: Client, latte: Product):
    assert found(owner, lunas, "caffe lat")["Products"] == ["Caffè latte"]
    with acting_for(lunas.merchant, by=MARA):
        archive_product(sku="latte", at=AT)
    assert found(owner, lunas, "latte")["Products"] == ["Caffè latte"]
    assert "Products" in found(owner, lunas, "prod")["Pages"]


def test_the_menu_and_the_import_lead_to_the_catalogue(lunas: Luna, owner: Client):
    assert lunas.url("products/") in owner.get(lunas.url()).content.decode()
    assert "Products" in owner.get(lunas.url("imports/")).content.decode()
    file = io.BytesIO(b"Handle,Title,Variant SKU\nmug,Mug,MUG\n")
    file.name = "products.csv"
    begun = owner.post(lunas.url("imports/new/"), {"kind": "products", "file": file})
    assert begun.status_code == 303
    assert "Variant SKU" in owner.get(begun["Location"]).content.decode()
