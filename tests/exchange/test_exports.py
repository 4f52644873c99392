"""Every list as a file: all its rows, safe to open, and as good as new when it comes back."""

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pyarrow import parquet

from campaigns.operations.planning import New, plan
from loyalty.core import clock
from loyalty.core.errors import InvalidInput
from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs import tasks
from loyalty.core.ledger.queries import balance, outstanding
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange import operations
from loyalty.exchange.lists import LISTS, base
from loyalty.exchange.reading import open_table
from members.models import Member, Order, OrderLine
from members.operations.activities import record_activity
from members.operations.bulk import put_into_segment
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from members.operations.products import write_products
from members.operations.refunds import refund_order
from members.queries.directory import by_identity
from members.rules.doing import NewActivity
from members.rules.products import ProductChange
from members.rules.shopping import MemberRef, NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.pools import import_codes
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, buy, days, person, publish, shop
from tests.exchange.conftest import Send

BOTH = {"on": True, "referrer": {"units": [{"amount": 100}]}, "friend": {"units": [{"amount": 50}]}}


def exported(name: str, form: str = "csv") -> bytes:
    """A list as a file, by the job that writes it."""
    job = operations.ask_for_export(name=name, form=form, at=clock.now())
    tasks.run_waiting()
    job = jobs.job(job.pk)
    assert job.state == "done", job.error
    assert job.file is not None
    into = io.BytesIO()
    assert jobs.pour(job.file_id, into).name.endswith(form)
    assert job.result["rows"] == len(rows_of(into.getvalue()))
    return into.getvalue()


def rows_of(content: bytes) -> list[dict[str, str]]:
    found = open_table(io.BytesIO(content))
    return [dict(zip(found.head, cells, strict=True)) for _number, cells in found.rows]


@pytest.fixture
def busy(cafe: Merchant, ana: Member, ben: Member) -> Merchant:
    publish(points_life={"expiry": "rolling", "months": 12}, referrals=BOTH, at=AT)
    person("evil", given_name="=cmd|' /C calc'!A0", family_name="+1")
    for number in range(7):
        buy(ana, 100 + number, 5, at=AT + days(number), external_id=f"o-{number}")
    buy(None, 10)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100})
    redeem_reward(member=ana.pk, reward=cup.pk, key="a", at=AT + days(8))
    back = NewRefund("back", AT + days(9), (), 50_00)
    refund_order(source="api", order_external_id="o-3", refund=back, at=AT + days(9))
    record_activity(activity=NewActivity("a-1", "review", AT, MemberRef(external_id="ana")), at=AT)
    friend = join(
        at=AT, identities={"external": "friend"}, invitation=Invitation(code_of(member=ana.pk, at=AT))
    ).member
    put_into_segment(members=[ana.pk, friend.pk], segment="regulars", at=AT)
    plan(
        messages=[
            New(member=one, kind="welcome", occasion="joined", due_at=AT) for one in (ana.pk, friend.pk)
        ],
        at=AT,
    )
    pool = create_reward(at=AT, details={"kind": "coupon", "name": {"en": "Film"}, "cost_points": 10})
    import_codes(reward=pool.pk, codes=["FILM-1", "FILM-2"], at=AT)
    names = ("+Plus", "-Minus", "@Home")
    write_products(products=[ProductChange(f"p{name}", name=name) for name in names], at=AT)
    return cafe


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_list_is_written_whole_in_any_number_of_stretches(
    busy: Merchant, monkeypatch: pytest.MonkeyPatch, name: str, form: str
):
    whole = rows_of(exported(name, form))
    assert whole
    monkeypatch.setattr(base, "STRETCH", 2)
    in_parts = rows_of(exported(name, form))
    if name == "events":  # exporting is itself something that happened
        in_parts = in_parts[: len(whole)]
    assert in_parts == whole
    assert set(whole[0]) == set(LISTS[name].head)


def test_lists_add_up_to_what_the_shop_has(busy: Merchant):
    assert sum(int(row["points"]) for row in rows_of(exported("lots"))) == outstanding()
    assert len(rows_of(exported("orders"))) == OrderLine.objects.count()
    assert len(rows_of(exported("members"))) == Member.objects.count()
    spendable = [int(row["amount"]) for row in rows_of(exported("entries")) if row["account"] == "available"]
    assert sum(spendable) == outstanding()


def test_no_cell_is_a_formula(busy: Merchant):
    for name in LISTS:
        for row in csv.reader(io.StringIO(exported(name).decode("utf-8-sig"))):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
                assert not cell.startswith("-") or cell[1:].isdigit(), cell
    (evil,) = (row for row in rows_of(exported("members")) if row["customer_number"] == "evil")
    assert (evil["given_name"], evil["family_name"]) == ("=cmd|' /C calc'!A0", "+1")


def test_what_was_exported_comes_back_in_another_shop(busy: Merchant, ana: Member, send: Send):
    members, lots, orders = exported("members"), exported("lots"), exported("orders")
    had = {row["lot_id"]: (row["points"], row["earned_at"], row["expires_at"]) for row in rows_of(lots)}
    sold = sorted(Order.objects.values_list("external_id", "total_minor", "refunded_minor"))
    assert any(refunded for _number, _total, refunded in sold)
    with acting_for(shop("second"), by=MARA):
        publish()
        assert send("members", members).run().done["made"] == 4
        assert send("lots", lots).run().done["made"] == len(had)
        sent = send("orders", orders, earn="none").run()
        assert sent.bad() == []
        again = by_identity("external", "ana")
        assert balance(again.pk).available == outstanding()
        assert {row["note"] for row in rows_of(exported("lots"))} == {""}
        back = sorted(
            (row["points"], row["earned_at"], row["expires_at"]) for row in rows_of(exported("lots"))
        )
        assert back == sorted(had.values())
        assert sorted(Order.objects.values_list("external_id", "total_minor", "refunded_minor")) == sold
        assert send("lots", lots).checked["known"] == len(had)


@pytest.mark.parametrize("name", LISTS)
def test_a_parquet_file_has_the_same_rows_with_types(
    busy: Merchant, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(base, "STRETCH", 2)
    file = io.BytesIO()
    job = operations.ask_for_export(name=name, form="parquet", at=clock.now())
    tasks.run_waiting()
    jobs.pour(jobs.job(job.pk).file_id, file)
    found = parquet.read_table(file)
    assert tuple(found.column_names) == LISTS[name].head
    told = [[said(row[column]) for column in found.column_names] for row in found.to_pylist()]
    written = [[written_as(row[column]) for column in found.column_names] for row in rows_of(exported(name))]
    assert told == (written[: len(told)] if name == "events" else written)
    assert len(told) == jobs.job(job.pk).result["rows"]


def test_a_product_in_a_currency_with_more_decimals_than_the_shops_has_room(db: None) -> None:
    with acting_for(shop("yen", currency="JPY"), by=MARA):
        prices = [("A", 1250, None), ("B", 12_50, "EUR"), ("C", 12_505, "KWD"), ("D", None, None)]
        products = [ProductChange(sku, price_minor=price, currency=of) for sku, price, of in prices]
        write_products(products=products, at=AT)
        job = operations.ask_for_export(name="products", form="parquet", at=clock.now())
        tasks.run_waiting()
        assert jobs.job(job.pk).state == "done", jobs.job(job.pk).error
        file = io.BytesIO()
        jobs.pour(jobs.job(job.pk).file_id, file)
    found = parquet.read_table(file).column("price").to_pylist()
    assert found == [Decimal(1250), Decimal("12.5"), Decimal("12.505"), None]


def said(value: Any) -> Any:
    """A cell of a Parquet file as its twin in CSV is read."""
    if value is None or value == "never":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def written_as(cell: str) -> str:
    return "" if cell == "never" else cell


def test_columns_of_a_parquet_file_are_numbers_money_days_and_instants(busy: Merchant) -> None:
    types = {}
    for name in ("members", "orders", "lots", "events"):
        file = io.BytesIO()
        job = operations.ask_for_export(name=name, form="parquet", at=clock.now())
        tasks.run_waiting()
        jobs.pour(jobs.job(job.pk).file_id, file)
        types[name] = {field.name: str(field.type) for field in parquet.read_schema(file)}
    assert types["members"]["joined_at"] == "timestamp[us, tz=UTC]"
    assert types["members"]["birthday"] == "date32[day]"  # though nobody has said theirs
    assert types["members"]["spent"] == "decimal128(38, 2)"
    assert types["members"]["news_by_email"] == "bool"
    assert types["orders"]["quantity"] == "double"
    assert types["orders"]["number"] == "string"
    assert types["lots"]["expires_at"] == "timestamp[us, tz=UTC]"
    assert types["lots"]["points"] == types["events"]["number"] == "int64"


def test_only_lists_and_forms_there_are_can_be_asked_for(busy: Merchant):
    for name, form in (("secrets", "csv"), ("members", "pdf")):
        with pytest.raises(InvalidInput):
            operations.ask_for_export(name=name, form=form, at=AT)
