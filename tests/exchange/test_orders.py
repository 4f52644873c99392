"""Orders of the past that come in by a file: through the operation the API uses, decided by what counted then."""

import io

import pytest
from django.utils import translation

from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange.kinds.base import Bad, Line
from loyalty.exchange.kinds.parsing import money
from loyalty.exchange.operations import NothingReady
from loyalty.exchange.writing import write_xlsx
from members.models import Member, Order, OrderLine, Refund
from members.operations.refunds import refund_order
from members.queries.orders import recorded
from members.rules.shopping import NewRefund
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, publish, shop
from tests.exchange.conftest import Send, csv_of

HEAD = "Order number;Date;Total;Kundnummer"


def test_an_order_earns_what_the_programme_of_its_day_gave(cafe: Merchant, ana: Member, send: Send):
    publish({**ONE_POINT_PER_KRONA, "points": 3}, at=AT + days(10))
    rows = (
        "A;2026-02-01;100,00 kr;ana",
        "B;2026-03-05 12:30;1.100,00;ana",
        "C;2026-03-20;10,50;ana",
        "D;2026-03-21;5;",
    )
    sent = send("orders", csv_of(HEAD, *rows))
    assert sent.checked["ready"] == 4 and not Order.objects.exists()
    assert sent.run().done["made"] == 4
    earned = dict(Order.objects.values_list("external_id", "points_earned"))
    assert earned == {
        "A": 0,
        "B": 1100,
        "C": 30,
        "D": 0,
    }  # before the first programme, under it, under the second
    assert balance(ana.pk).available == 1130
    assert Order.objects.get(external_id="B").total_minor == 110_000
    assert verify() == []


@pytest.mark.parametrize(("earn", "points"), [("none", 0), ("now", 300), ("then", 100)])
def test_or_nothing_or_what_todays_gives_if_that_is_chosen(
    cafe: Merchant, ana: Member, send: Send, earn: str, points: int
):
    publish({**ONE_POINT_PER_KRONA, "points": 3}, at=AT + days(10))
    send("orders", csv_of(HEAD, "B;2026-03-05;100;ana"), earn=earn).run()
    assert balance(ana.pk).available == points
    assert verify() == []


def test_the_same_file_twice_changes_nothing_and_the_api_knows_its_orders(
    cafe: Merchant, ana: Member, send: Send
):
    content = csv_of(HEAD, "A;2026-03-03;100;ana")
    send("orders", content).run()
    assert send("orders", content).checked == {"ready": 0, "known": 1, "bad": 0, "made": 0}
    other = send("orders", csv_of(HEAD, "A;2026-03-03;90;ana"))
    assert (
        other.bad()[0][2]
        == "An order with this number is here already, with other content. Orders are not overwritten."
    )
    assert set(recorded(["A", "B"], source="api")) == {"A"}
    assert balance(ana.pk).available == 100


def test_rows_with_one_number_are_the_lines_of_one_order(cafe: Merchant, ana: Member, send: Send):
    head = "Name,Email,Created at,Total,Lineitem name,Lineitem sku,Lineitem quantity,Lineitem price,Currency,External ID"
    rows = (
        "#1001,,2026-03-03 10:15:00 +0100,70.00,Coffee,c1,2,20.00,SEK,ana",
        "#1001,,,,Cake,k1,1,30.00,,",
        "#1002,,2026-03-04,5.00,Bun,b1,1,5.00,SEK,ana",
    )
    sent = send("orders", csv_of(head, *rows)).run()
    assert sent.done["made"] == 3
    order = Order.objects.get(external_id="#1001")
    lines = list(
        OrderLine.objects.filter(order=order)
        .order_by("number")
        .values_list("sku", "quantity", "amount_minor")
    )
    assert [(sku, int(quantity), amount) for sku, quantity, amount in lines] == [
        ("c1", 2, 4000),
        ("k1", 1, 3000),
    ]
    assert order.placed_at.isoformat() == "2026-03-03T09:15:00+00:00"
    assert balance(ana.pk).available == 75


BAD = [
    (";2026-03-03;10;ana", "Order number", "An order needs its number."),
    ("A;;10;ana", "Date", "An order needs its date."),
    ("A;2026-03-03;;ana", "Total", "An order needs a total, or a price for each line."),
    ("A;2026-03-03;ten;ana", "Total", "This is not an amount of money."),
    ("A;2026-03-03;-10;ana", "Total", "An amount cannot be below zero or this large."),
    ("A;2026-03-03;10.555;ana", "Total", "This has more decimals than SEK has."),
    ("A;2026-03-03;10;nobody", "Kundnummer", "No member is known by this. Import the members first."),
]


AMOUNTS = [
    ("184,50", "SEK", 184_50), ("1.184,50 kr", "SEK", 1184_50), ("€184.5", "SEK", 184_50), ("kr. 184", "SEK", 184_00),
    (".50", "SEK", 50), ("0,500", "SEK", 50), ("1.234.567", "SEK", 1_234_567_00), ("1,234.5", "SEK", 1234_50),
    ("1 184 kr.", "SEK", 1184_00), ("1.234", "JPY", 1234), ("1.234", "KWD", 1234), ("0.125", "KWD", 125),
]  # fmt: skip


@pytest.mark.parametrize(("text", "currency", "minor"), AMOUNTS)
def test_an_amount_is_read_as_it_was_meant(text: str, currency: str, minor: int):
    assert money(Line(2, {"total": text}), "total", currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("0.125", "SEK"), ("1.859", "SEK"), ("1,500", "SEK"), ("12.345 kr", "SEK"), ("1.2.3", "SEK"), ("1,2.3", "SEK"),
     ("1.23,4.5", "SEK"), ("0.125", "JPY"), ("0,500", "JPY"), ("12.3450", "JPY"), ("1e5", "SEK"), ("12 kr 50", "SEK"),
     ("1e+16", "SEK"), ("kr", "SEK"), (".", "SEK"), ("0.500.000", "SEK")],
)  # fmt: skip
def test_an_amount_that_could_be_another_is_refused(text: str, currency: str):
    with pytest.raises(Bad):
        money(Line(2, {"total": text}), "total", currency)


def test_a_number_of_a_spreadsheet_has_decimals_and_no_thousands(db: None, send: Send):
    book = io.BytesIO()
    write_xlsx(["Order number", "Date", "Total", "Quantity"],
               [["A", "2026-03-03", 12.345, 1], ["B", "2026-03-03", 0.5, 1], ["C", "2026-03-03", 1250, 1]],
               book, title="x")  # fmt: skip
    with acting_for(shop("yen", currency="JPY"), by=MARA):
        sent = send("orders", book.getvalue(), name="orders.xlsx")
        assert [row for row, _column, _text in sent.bad()] == [2, 3]
    lots = io.BytesIO()
    write_xlsx(["customer number", "points"], [["ana", 12.345], ["ana", 0.125]], lots, title="x")
    with acting_for(shop("kronor"), by=MARA):
        sent = send("lots", lots.getvalue(), name="points.xlsx")
        assert {text for _row, _column, text in sent.bad()} == {"This is not a whole number."}


@pytest.mark.parametrize(("row", "column", "sentence"), BAD, ids=[row[2][:24] for row in BAD])
def test_a_row_that_needs_a_fix_says_why(
    cafe: Merchant, ana: Member, send: Send, row: str, column: str, sentence: str
):
    sent = send("orders", csv_of(HEAD, row, "Z;2026-03-03;1;ana"))
    assert sent.bad() == [(2, column, sentence)]
    assert sent.run().done["made"] == 1


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [("NaN", "This is not a quantity."), ("1e30", "This is not a quantity."), ("Infinity", "This is not a quantity."),
     ("10000000000000", "This is not a quantity."), ("-1", "A quantity cannot be below zero."),
     ("9999999999", "An amount cannot be below zero or this large.")],
)  # fmt: skip
def test_a_quantity_that_is_none_is_said_on_its_row(
    cafe: Merchant, ana: Member, send: Send, quantity: str, reason: str
):
    head = "Order number,Date,Price,Quantity,Kundnummer"
    sent = send("orders", csv_of(head, f"A,2026-03-03,9000000,{quantity},ana", "B,2026-03-03,9,1.5000,ana"))
    assert [(row, text) for row, _column, text in sent.bad()] == [(2, reason)]
    assert sent.run().done["made"] == 1


def test_a_line_without_a_price_beside_others_is_not_dropped(cafe: Merchant, ana: Member, send: Send):
    head = "Order number,Date,SKU,Price,Kundnummer"
    rows = ("A,2026-03-03,c1,20,ana", "A,,k1,,", "B,2026-03-03,,,ana", "B,,k1,30,")
    sent = send("orders", csv_of(head, *rows))
    assert {(row, text) for row, _column, text in sent.bad()} == {
        (2, "An order needs a total, or a price for each line."),
        (3, "An order needs a total, or a price for each line."),
    }
    assert sent.run().done["made"] == 2  # a row that is no line says what the whole order has


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [("A;1999-12-31;100;ana", "Date", "Tiden måste ligga mellan år 2000 och i morgon."),
     ("A;2026-03-02;9000000000000;ana", "Total", "Ett belopp kan inte vara under noll eller så här stort."),
     ('"A\x07";2026-03-02;100;ana', "Order number", "Skriv bara synliga tecken, utan radbrytningar."),
     (f"{'A' * 101};2026-03-02;100;ana", "Order number", "Skriv högst 100 synliga tecken."),
     (f"A;2026-03-02;100;{'x' * 101}", "Kundnummer", "Skriv 1 till 100 synliga tecken.")],
)  # fmt: skip
def test_what_no_order_can_have_is_said_in_the_readers_language(
    cafe: Merchant, ana: Member, send: Send, row: str, column: str, sentence: str
):
    with translation.override("sv"):
        sent = send("orders", csv_of(HEAD, row, "Z;2026-03-03;1;ana"))
    assert sent.bad() == [(2, column, sentence)]
    assert sent.run().done["made"] == 1


def test_an_order_of_endless_lines_says_how_many_there_may_be(cafe: Merchant, ana: Member, send: Send):
    rows = [f"A,2026-03-03,c{n},20,ana" for n in range(501)]
    sent = send("orders", csv_of("Order number,Date,SKU,Price,Kundnummer", *rows))
    assert {text for _row, _column, text in sent.bad()} == {"One order has at most 500 lines."}


BACK = f"{HEAD};Financial Status;Refunded Amount;Refund date"


def test_what_was_called_off_or_given_back_without_saying_how_much_is_left_out(
    cafe: Merchant, ana: Member, send: Send
):
    rows = ("A;2026-03-03;10;ana;cancelled;5;", "B;2026-03-03;10;ana;refunded;0.00;", "C;2026-03-03;10;ana;paid;0.00;",
            "D;2026-03-03;10;ana;Partially refunded;;")  # fmt: skip
    sent = send("orders", csv_of(BACK, *rows))
    assert [(row, column) for row, column, _text in sent.bad()] == [
        (2, "Financial Status"), (3, "Financial Status"), (5, "Financial Status")
    ]  # fmt: skip
    sent.run()
    assert balance(ana.pk).available == 10


def test_what_was_given_back_of_an_order_comes_with_it(cafe: Merchant, ana: Member, send: Send):
    rows = ("A;2026-03-03;100;ana;partially refunded;40;2026-03-05", "B;2026-03-03 12:00;30;ana;Refunded;30;2026-03-03",
            "C;2026-03-04;20;ana;paid;;")  # fmt: skip
    content = csv_of(BACK, *rows)
    sent = send("orders", content)
    assert sent.checked["ready"] == 3 and not Order.objects.exists()
    assert sent.run().done["made"] == 3
    left = {row.external_id: (row.points_earned, row.refunded_minor) for row in Order.objects.all()}
    assert left == {"A": (100, 4_000), "B": (30, 3_000), "C": (20, 0)}
    assert balance(ana.pk).available == 60 + 20
    days_of = {row.order_external_id: row.refunded_at.date().isoformat() for row in Refund.objects.all()}
    assert days_of == {
        "A": "2026-03-04",
        "B": "2026-03-03",
    }  # midnight in Stockholm; not before it was bought
    again = send("orders", content)
    assert again.checked["known"] == 3
    with pytest.raises(NothingReady):
        again.run()
    assert balance(ana.pk).available == 80 and Refund.objects.count() == 2
    assert verify() == []


def test_undoing_takes_what_was_left_of_them(cafe: Merchant, ana: Member, send: Send):
    sent = send("orders", csv_of(BACK, "A;2026-03-03;100;ana;partially refunded;40;")).run()
    assert balance(ana.pk).available == 60
    assert sent.undo() == {"undone": 1, "kept": 0}
    assert balance(ana.pk).available == 0
    assert verify() == []


def test_a_refund_that_had_waited_for_its_order_is_not_taken_twice(cafe: Merchant, ana: Member, send: Send):
    early = NewRefund("r1", AT + days(3), amount_minor=2_500)
    refund_order(source="api", order_external_id="A", refund=early, at=AT + days(3))
    send("orders", csv_of(BACK, "A;2026-03-03;100;ana;partially refunded;40;")).run()
    assert Order.objects.get(external_id="A").refunded_minor == 4_000
    assert balance(ana.pk).available == 60
    assert verify() == []


def test_a_refund_of_an_order_that_is_here_is_not_slipped_in(cafe: Merchant, ana: Member, send: Send):
    send("orders", csv_of(BACK, "A;2026-03-03;100;ana;paid;;")).run()
    sent = send("orders", csv_of(BACK, "A;2026-03-03;100;ana;partially refunded;40;"))
    text = "This order is here already, and this refund is not. Send the refund through the API."
    assert sent.bad() == [(2, "Refunded Amount", text)]
    with pytest.raises(NothingReady):
        sent.run()
    assert balance(ana.pk).available == 100


@pytest.mark.parametrize(
    ("rows", "column", "text"),
    [
        (["A;2026-03-03;10;ana;refunded;10.01;"], "Refunded Amount", "More was given back than the order cost."),
        (["A;2026-03-03;10;ana;refunded;5;2026-03-02"], "Refund date", "It was given back before it was bought."),
        (["A;2026-03-03;10;ana;refunded;5;2099-03-02"], "Refund date",
         "The time must lie between the year 2000 and tomorrow."),
        (["A;2026-03-03;10;ana;refunded;a lot;"], "Refunded Amount", None),
        (["A;2026-03-03;10;ana;refunded;2;", "A;;;;;3;"], "Refunded Amount",
         "The rows of this order say different amounts. Write what was given back of the whole order."),
    ],
)  # fmt: skip
def test_what_cannot_have_been_given_back_is_refused_in_plain_words(
    cafe: Merchant, ana: Member, send: Send, rows: list[str], column: str, text: str | None
):
    sent = send("orders", csv_of(BACK, *rows))
    assert {(named, told if text else None) for _row, named, told in sent.bad()} == {(column, text)}
    with pytest.raises(NothingReady):
        sent.run()
    assert not Order.objects.exists() and not Refund.objects.exists()


def test_an_order_whose_rows_are_torn_apart_is_not_guessed(cafe: Merchant, ana: Member, send: Send):
    sent = send("orders", csv_of(HEAD, "A;2026-03-03;1;ana", "B;2026-03-03;1;ana", "A;2026-03-03;1;ana"))
    assert sent.bad()[0] == (
        4,
        "Order number",
        "The rows of one order have to stand together; the others begin at row 2.",
    )


def test_undoing_cancels_them_with_what_they_earned(cafe: Merchant, ana: Member, send: Send):
    sent = send("orders", csv_of(HEAD, "A;2026-03-03;100;ana")).run()
    buy(ana, 10, at=clock.now())
    assert sent.undo() == {"undone": 1, "kept": 0}
    assert balance(ana.pk).available == 10
    assert Order.objects.get(external_id="A").status == "cancelled"
    assert verify() == []
