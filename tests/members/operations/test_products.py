"""The catalogue: written one by one or by the thousand, and what orders take from it before they are decided."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from loyalty.core.errors import InvalidInput, KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, Order, OrderLine, Product
from members.operations.orders import quote_order, record_order, record_orders
from members.operations.products import (
    MOST_AT_ONCE,
    archive_product,
    remove_untouched,
    save_product,
    write_products,
)
from members.operations.refunds import cancel_order
from members.queries.products import Choice, by_name, names_in_use, products, sold, unsold
from members.rules.earning import Rule
from members.rules.facts import LineKind
from members.rules.filters import Filter, goods_named
from members.rules.products import ProductChange
from members.rules.shopping import NewLine
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, order, publish

LATTE = ProductChange(
    "Latte-1", name="Caffè latte", category="coffee", brand="Luna", tags=("hot", "milk"), price_minor=49_00,
    cost_minor=12_00,
)  # fmt: skip
DOUBLE_COFFEE = {
    "type": "multiplier", "id": "coffee", "factor": "2", "only": {"categories": ["coffee"]},
}  # fmt: skip


def line(**said):
    return NewLine(**{"sku": "Latte-1", "amount_minor": 100_00, **said})


def kept() -> list[tuple]:
    columns = ("name", "category", "brand", "tags", "kind")
    return list(OrderLine.objects.order_by("order_id", "number").values_list(*columns))


def found(text: str = "", **choice) -> list[str]:
    return [row.sku for row in by_name(products(Choice(text=text, **choice)))]


def written() -> list[dict]:
    return list(Event.objects.filter(kind="products.written").order_by("pk").values_list("data", flat=True))


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_product_is_made_changed_in_part_and_told_once(cafe):
    made = save_product(product=LATTE, at=AT)
    assert (made.sku, made.name, made.tags, made.kind) == (
        "Latte-1",
        "Caffè latte",
        ["hot", "milk"],
        "product",
    )
    assert (made.price_minor, made.cost_minor, made.currency) == (49_00, 12_00, "SEK")
    later = AT + days(1)
    changed = save_product(product=ProductChange("Latte-1", price_minor=52_00), at=later)
    assert (changed.pk, changed.name, changed.price_minor, changed.cost_minor) == (
        made.pk,
        "Caffè latte",
        52_00,
        12_00,
    )
    assert (changed.created_at, changed.changed_at) == (AT, later)
    assert written() == [{"made": 1, "changed": 0}, {"made": 0, "changed": 1}]
    assert (
        list(Event.objects.filter(kind="products.written").values_list("subject", flat=True)) == [made.pk] * 2
    )


def test_the_same_again_changes_nothing_and_is_no_event(cafe):
    first = save_product(product=LATTE, at=AT)
    again = save_product(product=LATTE, at=AT + days(1))
    assert (again.pk, again.changed_at) == (first.pk, AT)
    assert len(written()) == 1


def test_a_number_is_one_shops_and_exactly_as_it_is_written(cafe, other_shop):
    save_product(product=LATTE, at=AT)
    save_product(product=ProductChange("latte-1", name="Another"), at=AT)
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["Latte-1", "latte-1"]
    with acting_for(other_shop, by=MARA):
        assert not Product.objects.exists()
        save_product(product=ProductChange("Latte-1", name="Otto’s"), at=AT)
    assert Product.objects.get(sku="Latte-1").name == "Caffè latte"


def test_what_is_older_than_what_is_known_changes_nothing(cafe):
    newer = ProductChange("A", name="New", external_updated_at=AT)
    save_product(product=newer, at=AT)
    older = ProductChange("A", name="Old", external_updated_at=AT - timedelta(seconds=1))
    assert save_product(product=older, at=AT).name == "New"
    by_hand = ProductChange("A", name="By hand")
    assert save_product(product=by_hand, at=AT).name == "By hand"


def test_money_can_be_taken_away_and_the_currency_goes_with_it(cafe):
    save_product(product=LATTE, at=AT)
    bare = save_product(product=ProductChange("Latte-1", price_minor=None, cost_minor=None), at=AT)
    assert (bare.price_minor, bare.cost_minor, bare.currency) == (None, None, "")
    euro = save_product(product=ProductChange("Latte-1", price_minor=5_00, currency="EUR"), at=AT)
    assert euro.currency == "EUR"


def test_many_are_written_together_and_a_bad_one_stops_no_other(cafe):
    save_product(product=LATTE, at=AT)
    far = ProductChange("far", external_updated_at=AT + days(400))
    answers = write_products(
        products=[LATTE, ProductChange("B"), far, ProductChange("B", name="Bun"), ProductChange("Latte-1", brand="")],
        at=AT,
    )  # fmt: skip
    states = [
        "refused" if isinstance(one, InvalidInput) else "made" if one.made else "changed" if one.changed else "same"
        for one in answers
    ]  # fmt: skip
    assert states == ["same", "made", "refused", "changed", "changed"]
    assert dict(Product.objects.values_list("sku", "name")) == {"Latte-1": "Caffè latte", "B": "Bun"}
    assert written()[-1] == {"made": 1, "changed": 1}


def test_a_thousand_cost_as_many_statements_as_one(cafe, django_assert_num_queries):
    save_product(product=LATTE, at=AT)  # the shop is known now
    many = [ProductChange(f"p-{number}", name=f"Product {number}") for number in range(MOST_AT_ONCE)]
    for some in (many[:1], many):
        with django_assert_num_queries(6):  # savepoint, lock, read, write, event, release
            write_products(products=some, at=AT)
    assert Product.objects.count() == MOST_AT_ONCE + 1
    with pytest.raises(ValueError, match="at most"):
        write_products(products=[*many, LATTE], at=AT)


def test_what_is_archived_is_out_of_the_list_and_can_come_back(cafe):
    save_product(product=LATTE, at=AT)
    gone = archive_product(sku="Latte-1", at=AT + days(1))
    assert gone.archived_at == AT + days(1)
    assert (found(), found(archived=True), found(archived=None)) == ([], ["Latte-1"], ["Latte-1"])
    save_product(product=ProductChange("Latte-1", name="Latte"), at=AT + days(2))
    assert Product.objects.get().archived_at == AT + days(1)
    assert archive_product(sku="Latte-1", at=AT + days(3), archived=False).archived_at is None
    with pytest.raises(NotFound):
        archive_product(sku="latte-1", at=AT)


def test_only_what_nobody_touched_since_is_taken_out_again(cafe):
    one, two = (save_product(product=ProductChange(sku), at=AT) for sku in "AB")
    save_product(product=ProductChange("B", name="Bun"), at=AT + days(1))
    assert remove_untouched(made=[one.pk, two.pk]) == {one.pk}
    assert found() == ["B"]


# --- finding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("latt", ["Latte-1"]), ("CAFFE", ["Latte-1"]), ("luna latte", ["Latte-1"]), ("atte", []), ("latte-1", ["Latte-1"]),
     ("100%", ["juice"]), ("%", []), ("\x00", ["juice", "Latte-1"]), ("fresh_juice", []), ("mjolk", ["milk"])],
)  # fmt: skip
def test_products_are_found_by_how_words_begin(cafe, text, wanted):
    write_products(
        products=[
            LATTE,
            ProductChange("juice", name="Apple juice 100%"),
            ProductChange("milk", name="Mjölk"),
        ],
        at=AT,
    )
    shown = [sku for sku in found(text) if sku != "milk" or "\x00" not in text]
    assert shown == wanted


def test_lists_are_narrowed_and_go_on_where_they_ended(cafe):
    write_products(
        products=[
            LATTE, ProductChange("tea", name="Tea", category="tea", brand="Luna", tags=("hot",)),
            ProductChange("gift", name="Gift card", kind=LineKind.GIFT_CARD),
        ],
        at=AT,
    )  # fmt: skip
    assert found() == ["Latte-1", "gift", "tea"]
    assert found(category="tea") == ["tea"]
    assert found(brand="Luna") == ["Latte-1", "tea"]
    assert found(tag="milk") == ["Latte-1"]
    assert found(kind="gift_card") == ["gift"]
    first = by_name(products(Choice()))[0]
    assert [row.sku for row in by_name(products(Choice()), after=(first.search, first.pk))] == ["gift", "tea"]
    names = names_in_use()
    assert (names.categories, names.brands, names.tags) == (["coffee", "tea"], ["Luna"], ["hot", "milk"])


def test_goods_that_rules_name_and_nobody_sells_are_found(cafe):
    """By all four names; what was put away is not sold. Without a catalogue each purchase says what it is."""
    rule = msgspec.convert(
        {"type": "fixed", "id": "a", "amount": 5,
         "only": {"skus": ["Latte-1", "latte-1"], "categories": ["coffee"], "not_tags": ["cold", "hot"]},
         "when": [{"type": "quantity", "at_least": 1, "of": {"brands": ["Luna", "Lunar"], "categories": ["Coffee"]}}]},
        Rule,
    )  # fmt: skip
    assert unsold(goods_named((rule,))) == {}
    save_product(product=LATTE, at=AT)
    save_product(product=ProductChange("old", category="Coffee", brand="Lunar", archived=True), at=AT)
    wrong = {"skus": ["latte-1"], "categories": ["Coffee"], "brands": ["Lunar"], "tags": ["cold"]}
    assert unsold(goods_named((rule,))) == wrong
    assert unsold(goods_named(msgspec.structs.replace(rule, only=Filter(), when=()))) == {}


def test_what_a_product_sold_is_what_was_kept_of_it(ana: Member):
    first = buy(
        ana, lines=(line(quantity="2"), line(amount_minor=50_00), NewLine("other", 999_00)), external_id="a"
    )
    buy(None, lines=(line(amount_minor=30_00),), at=AT + days(1), external_id="b")
    buy(ana, lines=(line(),), at=AT + days(2), external_id="c")
    buy(ana, lines=(line(),), at=AT - days(60), external_id="old")
    cancel_order(source="api", order_external_id="c", cancelled_at=AT + days(3), at=AT + days(3))
    shown = sold("Latte-1", since=AT - days(30))
    assert (shown.orders, shown.quantity, shown.net_minor, shown.points) == (2, Decimal(4), 180_00, 150)
    assert (shown.looked_at, len(shown.last), shown.last[1]) == (2, 2, first.order)
    nothing = sold("latte-1", since=AT - days(30))
    assert (nothing.orders, nothing.net_minor, nothing.last) == (0, 0, [])


# --- what orders take from it ---------------------------------------------------------------------------------------


def test_a_line_that_names_only_its_number_is_completed_before_it_is_decided(ana: Member):
    publish(ONE_POINT_PER_KRONA, DOUBLE_COFFEE)
    assert buy(ana, lines=(line(),)).points == 100
    save_product(product=LATTE, at=AT)
    assert buy(ana, lines=(line(),)).points == 200
    assert kept() == [
        ("", "", "", [], "product"),
        ("Caffè latte", "coffee", "Luna", ["hot", "milk"], "product"),
    ]


def test_what_a_line_says_itself_wins(ana: Member):
    publish(ONE_POINT_PER_KRONA, DOUBLE_COFFEE)
    save_product(product=LATTE, at=AT)
    own = line(name="Latte to go", category="drinks")
    assert buy(ana, lines=(own,)).points == 100
    assert kept() == [("Latte to go", "drinks", "Luna", ["hot", "milk"], "product")]


def test_a_gift_card_of_the_catalogue_earns_nothing_unless_the_line_says_what_it_is(ana: Member):
    save_product(product=ProductChange("gift", name="Gift card", kind=LineKind.GIFT_CARD), at=AT)
    assert buy(ana, lines=(line(sku="gift"),)).points == 0
    assert buy(ana, lines=(line(sku="gift", kind=LineKind.FEE),)).order
    said = line(sku="gift", name="Box", category="boxes", brand="Luna", tags=("card",))
    assert buy(ana, lines=(said,)).points == 100
    assert [row[4] for row in kept()] == ["gift_card", "fee", "product"]


def test_archived_products_still_tell_what_they_are(ana: Member):
    save_product(product=LATTE, at=AT)
    archive_product(sku="Latte-1", at=AT)
    buy(ana, lines=(line(),))
    assert kept()[0][1] == "coffee"


def test_a_quote_sees_what_the_order_will(ana: Member):
    publish(ONE_POINT_PER_KRONA, DOUBLE_COFFEE)
    save_product(product=LATTE, at=AT)
    asked = order(ana, lines=(line(),))
    assert quote_order(order=asked, at=AT).points == record_order(order=asked, at=AT).points == 200


def test_each_order_of_a_batch_is_completed(ana: Member, ben: Member):
    publish(ONE_POINT_PER_KRONA, DOUBLE_COFFEE)
    save_product(product=LATTE, at=AT)
    batch = [order(who, lines=lines) for who in (ana, None, ben) for lines in ((line(),), (line(sku="x"),))]
    outcomes = record_orders(orders=batch, at=AT)
    assert [outcome.points for outcome in outcomes] == [
        200,
        100,
        0,
        0,
        200,
        100,
    ]  # the guest's earn nobody anything
    assert OrderLine.objects.filter(category="coffee").count() == 3


def test_an_order_is_known_again_by_what_was_sent_whatever_the_catalogue_says_by_then(ana: Member):
    save_product(product=LATTE, at=AT)
    sent = order(ana, lines=(line(),), external_id="A")
    first = record_order(order=sent, at=AT)
    save_product(product=ProductChange("Latte-1", category="milk drinks"), at=AT)
    again = record_order(order=sent, at=AT)
    assert (again.order, again.replayed) == (first.order, True)
    assert kept()[0][1] == "coffee"
    with pytest.raises(KeyReused):
        record_order(order=order(ana, lines=(line(name="Said now"),), external_id="A"), at=AT)
    assert Order.objects.count() == 1


def test_another_shops_catalogue_tells_nothing(ana: Member, other_shop):
    with acting_for(other_shop, by=MARA):
        save_product(product=LATTE, at=AT)
    buy(ana, lines=(line(),))
    assert kept() == [("", "", "", [], "product")]


def test_the_catalogue_is_read_on_the_way_and_not_at_all_where_lines_say_everything(
    ana: Member, django_assert_num_queries
):
    save_product(product=LATTE, at=AT)
    buy(ana, 1)
    full = line(name="Latte", category="coffee", brand="Luna", tags=("hot",))
    with django_assert_num_queries(2) as asked:
        buy(ana, lines=(full, full))
    assert not any("members_product" in query["sql"] for query in asked.captured_queries)
    with django_assert_num_queries(2) as asked:
        buy(ana, lines=(line(), full, line(sku="unknown")))
    assert sum("members_product" in query["sql"] for query in asked.captured_queries) == 1
    with django_assert_num_queries(2):
        record_orders(orders=[order(ana, lines=(line(),)) for _number in range(50)], at=AT)
    assert OrderLine.objects.filter(name="Caffè latte").count() == 51
