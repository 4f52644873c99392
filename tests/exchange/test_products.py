"""Products by a file: from our own export and those of shop systems, checked row by row, the same twice for nothing."""

import pytest

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange.kinds import kind, recognised
from members.models import Member, OrderLine, Product
from members.operations.products import save_product, write_products
from members.rules.facts import LineKind
from members.rules.products import ProductChange
from members.rules.shopping import NewLine
from tests.cast import AT, MARA, buy, shop
from tests.exchange.conftest import Send, csv_of
from tests.exchange.test_exports import exported, rows_of

SHOPIFY = csv_of(
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Value,Variant SKU,Variant Price,"
    "Image Src,Gift Card,Cost per item,Status",
    'shirt,Shirt,<p>x</p>,Luna,Apparel > Clothing > Shirts,Top,"summer, cotton",true,S,SH-S,199.00,a.jpg,false,80.50,active',
    "shirt,,,,,,,,M,SH-M,209.00,,,80.50,",
    "shirt,,,,,,,,,,,b.jpg,,,",
    "voucher,Gift voucher,,Luna,Gift Cards,,,true,,GV,500.00,,true,,active",
    "mug,Mug,,Luna,Kitchen,,,false,,MUG,89.00,,false,,draft",
)
WOO = csv_of(
    "ID,Type,SKU,Name,Published,Categories,Tags,Regular price,Brands",
    r'1,simple,HOOD,Hoodie,1,"Clothing > Hoodies, Sale",warm,45,Acme',
    r'2,simple,CAP,Cap,1,"Hats\, caps",,18.5,',
)


def catalogue() -> dict[str, tuple]:
    columns = ("name", "category", "brand", "tags", "kind", "price_minor", "cost_minor")
    return {row[0]: row[1:] for row in Product.objects.values_list("sku", *columns)}


def test_a_file_of_shopify_is_understood_as_it_comes(cafe: Merchant, send: Send):
    sent = send("products", SHOPIFY)
    assert sent.checked == {"ready": 4, "known": 1, "bad": 0, "made": 0}
    assert not Product.objects.exists()
    assert sent.run().done == {"ready": 0, "known": 1, "bad": 0, "made": 4}
    shirt = ("Shirt", "Shirts", "Luna", ["summer", "cotton"], "product")
    assert catalogue() == {
        "SH-S": (*shirt, 199_00, 80_50),
        "SH-M": (*shirt, 209_00, 80_50),
        "GV": ("Gift voucher", "Gift Cards", "Luna", [], "gift_card", 500_00, None),
        "MUG": ("Mug", "Kitchen", "Luna", [], "product", 89_00, None),
    }
    assert list(Product.objects.exclude(archived_at=None).values_list("sku", flat=True)) == ["MUG"]


def test_a_file_of_woocommerce_is_understood_as_it_comes(cafe: Merchant, send: Send):
    assert send("products", WOO).run().done["made"] == 2
    assert catalogue() == {
        "HOOD": ("Hoodie", "Hoodies", "Acme", ["warm"], "product", 45_00, None),
        "CAP": ("Cap", "Hats, caps", "", [], "product", 18_50, None),
    }


def test_columns_are_recognised_and_structure_is_not_taken_for_a_category():
    head = ["Handle", "Title", "Vendor", "Product Category", "Type", "Tags", "Variant SKU", "Variant Price"]
    assert recognised(kind("products"), head) == [
        "handle", "name", "brand", "categories", "", "tags", "sku", "price",
    ]  # fmt: skip
    head = ["ID", "Type", "SKU", "Name", "Categories", "Brands", "Tags", "Regular price"]
    assert recognised(kind("products"), head) == [
        "", "", "sku", "name", "categories", "brand", "tags", "price",
    ]  # fmt: skip


def test_the_same_file_twice_changes_nothing(cafe: Merchant, send: Send):
    send("products", SHOPIFY).run()
    before = list(Product.objects.order_by("sku").values())
    sent = send("products", SHOPIFY)
    assert sent.checked == {"ready": 0, "known": 5, "bad": 0, "made": 0}
    assert list(Product.objects.order_by("sku").values()) == before


def test_what_a_file_does_not_say_stays(cafe: Merchant, send: Send):
    send("products", WOO).run()
    sent = send("products", csv_of("sku,cost,tags", "HOOD,20,", "NEW,5,fresh")).run()
    assert sent.done == {"ready": 0, "known": 0, "bad": 0, "made": 2}
    assert catalogue()["HOOD"] == ("Hoodie", "Hoodies", "Acme", ["warm"], "product", 45_00, 20_00)
    assert catalogue()["NEW"] == ("", "", "", ["fresh"], "product", None, 5_00)


def test_bad_rows_say_why_and_stop_no_other(cafe: Merchant, send: Send):
    content = csv_of(
        "SKU,Name,Price,Currency,Kind,Status,Tags,Last modified",
        "A,Apple,12.50,,,,,",
        ",Nameless,1,,,,,",
        "B,Bun,cheap,,,,,",
        "C,Cake,1.234567,,,,,",
        "D,Drink,1,Euro,,,,",
        "E,Egg,1,,food,,,",
        "F,Fig,1,,,sleeping,,",
        f"G,{'x' * 201},1,,,,,",
        f"H,Ham,1,,,,{'y' * 61},",
        "I,Ice,1,,,,,2099-01-01",
        "A,Another apple,12.50,,,,,",
    )
    sent = send("products", content)
    assert sent.checked == {"ready": 1, "known": 0, "bad": 10, "made": 0}
    assert [(row, column) for row, column, _text in sent.bad()] == [
        (3, "SKU"), (4, "Price"), (5, "Price"), (6, "Currency"), (7, "Kind"), (8, "Status"), (9, "Name"), (10, "Tags"),
        (11, "Last modified"), (12, ""),
    ]  # fmt: skip
    said = {row: text for row, _column, text in sent.bad()}
    assert said[3] == "A product needs its number."
    assert said[12] == "Row 2 is about the same. Keep one of the two."
    assert sent.run().done["made"] == 1
    assert list(catalogue()) == ["A"]


def test_one_number_twice_among_the_variants_of_one_product_is_seen(cafe: Merchant, send: Send):
    content = csv_of("Handle,Title,Variant SKU", "tea,Tea,T-1", "tea,,T-1", "tea,,T-2")
    sent = send("products", content)
    assert (sent.checked["ready"], sent.checked["bad"]) == (2, 1)


def test_undoing_takes_out_what_nobody_touched(cafe: Merchant, send: Send):
    save_product(product=ProductChange("OLD", name="Old"), at=AT)
    sent = send("products", csv_of("sku,name", "OLD,Newer", "A,Apple", "B,Bun")).run()
    assert sent.done["made"] == 3
    save_product(product=ProductChange("B", name="Big bun"), at=AT)
    assert sent.undo() == {"undone": 1, "kept": 1}
    assert sent.bad("undoing")[0][2] == "This product has been changed since."
    assert {sku: row[0] for sku, row in catalogue().items()} == {"OLD": "Newer", "B": "Big bun"}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_exported_comes_back_the_same(cafe: Merchant, send: Send, form: str):
    write_products(
        products=[
            ProductChange("A-1", name="=Apple, red", category="Fruit > fresh, local", brand="Ö", tags=("a b", "c"),
                          price_minor=12_50, cost_minor=0, external_updated_at=AT),
            ProductChange("a-1", kind=LineKind.GIFT_CARD, price_minor=10_00, currency="EUR", archived=True),
        ],
        at=AT,
    )  # fmt: skip
    content = exported("products", form)
    assert [row["sku"] for row in rows_of(content)] == ["A-1", "a-1"]
    same = ("sku", "name", "category", "brand", "tags", "kind", "price_minor", "currency", "cost_minor",
            "external_updated_at", "search")  # fmt: skip
    before = list(Product.objects.order_by("sku").values(*same))
    assert send("products", content, name=f"products.{form}").checked["known"] == 2
    with acting_for(shop("second"), by=MARA):
        assert send("products", content, name=f"products.{form}").run().done["made"] == 2
        assert list(Product.objects.order_by("sku").values(*same)) == before
        assert Product.objects.exclude(archived_at=None).get().sku == "a-1"


def test_imported_orders_are_completed_from_imported_products(cafe: Merchant, send: Send, ana: Member):
    send("products", WOO).run()
    orders = csv_of("Order number,Date,SKU,Line total", "o-1,2026-03-01,HOOD,45.00")
    assert send("orders", orders).run().done["made"] == 1
    assert OrderLine.objects.get().category == "Hoodies"
    buy(ana, lines=(NewLine("CAP", 18_50),))
    assert OrderLine.objects.filter(name="Cap").exists()
