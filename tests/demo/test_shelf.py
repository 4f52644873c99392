import duckdb
import pytest

from loyalty.demo.history import data_folder
from loyalty.demo.shelf import Product, readable, shelve

#: A row of the published table, and what stands on the shelf.
PRODUCTS = [
    (
        (1, "GROCERY", "Private", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY", "1 GA"),
        Product(
            "1",
            "Fluid milk white only, 1 gal",
            "Fluid milk products",
            "Private",
            ("grocery", "own-brand"),
        ),
    ),
    (
        (2, "GROCERY", "National", "ICE CREAM/MILK/SHERBTS", "PREMIUM", "56 OZ"),
        Product(
            "2",
            "Ice cream/milk/sherbets, premium, 56 oz",
            "Ice cream/milk/sherbets",
            "National",
            ("grocery",),
        ),
    ),
    (  # the crate's size stays out
        (3, "PRODUCE", "National", "TROPICAL FRUIT", "BANANAS", "40 LB"),
        Product("3", "Bananas", "Tropical fruit", "National", ("produce",)),
    ),
    (  # fuel, wherever the till has put it
        (4, "MISCELLANEOUS", "Private", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None),
        Product("4", "Gasoline, regular unleaded", "Fuel", "Private", ("fuel",)),
    ),
    (
        (5, "MISCELLANEOUS", "National", "COUPON/MISC ITEMS", "ELECTRONIC GIFT CARDS ACTIVATI", None),
        Product("5", "Gift card", "Gift cards", "National", ("gift-card",)),
    ),
    (
        (6, "GROCERY", "National", "IMPORTED WINE", "FRENCH WINES", "750 ML"),
        Product("6", "French wines, 750 ml", "Imported wine", "National", ("grocery", "alcohol")),
    ),
    (
        (7, "DRUG GM", "National", "CIGARETTES", "CIGARETTES", "CTN"),
        Product("7", "Cigarettes, carton", "Cigarettes", "National", ("drugstore", "tobacco")),
    ),
    (  # neither category nor type: the department has to do
        (8, "CHEF SHOPPE", "National", None, None, None),
        Product("8", "Chef shoppe", "Chef shoppe", "National", ("chef-shoppe",)),
    ),
    (
        (9, None, None, None, None, None),
        Product("9", "Unlisted item", "Unlisted", "", ()),
    ),
]


@pytest.mark.parametrize(
    ("shouted", "expected"),
    [
        ("FRZN MEAT/MEAT DINNERS", "Frozen meat/meat dinners"),
        ("CANDY BARS (SINGLES)(INCLUDING", "Candy bars"),
        ("BREAD:ITALIAN/FRENCH", "Bread: italian/french"),
        ("SANDWICHES&HANDHELDS", "Sandwiches & handhelds"),
        ("CHRISTMAS  SEASONAL", "Christmas seasonal"),
        ("SEAFOOD - FROZEN - (", "Seafood - frozen"),
        ("SOFT DRINKS 20PK", "Soft drinks 20pk"),
        ("", ""),
    ],
)
def test_till_shouting_becomes_readable(shouted, expected):
    assert readable(shouted) == expected


@pytest.mark.parametrize(("row", "expected"), PRODUCTS)
def test_a_row_becomes_a_product(row, expected):
    assert shelve(*row) == expected


def test_every_published_product_is_presentable():
    with duckdb.connect(":memory:") as db:
        rows = db.execute(
            "SELECT product_id, department, brand, product_category, product_type, package_size "
            "FROM read_parquet($file)",
            {"file": str(data_folder() / "products.parquet")},
        ).fetchall()
    assert len(rows) == 92_331
    for product in (shelve(*row) for row in rows):
        assert 2 <= len(product.name) <= 120, product
        assert product.name == " ".join(product.name.split()), product
        assert product.name[0].isupper() or product.name[0].isdigit(), product
        assert product.category, product
        assert "(" not in product.name + product.category, product
        assert all(tag == tag.lower() and " " not in tag for tag in product.tags), product
        assert len(set(product.tags)) == len(product.tags), product
