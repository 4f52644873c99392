"""Grants written together leave the same books, to the last hash, as the same grants posted one by one."""

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.core import ids
from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import Do, MerchantAccount, Shortfall
from loyalty.core.ledger.invariants import CHECKS
from loyalty.core.ledger.operations import Posting, _to_json, post
from tests.cast import AT, days
from tests.ledger.hand import by_hand

PEOPLE = [ids.new() for _person in range(3)]
UNITS = ["points", "stamps"]


def granted(number: int, owner: Any, unit: str, amount: int, pending: bool, ends: int | None) -> Posting:
    return Posting(do=Do.GRANT, key=f"bulk-{number}", kind="earn", event="points.earned", owner=owner, actor="test",
                   at=AT + days(number), now=AT + days(40), amount=amount, unit=unit, pending=pending,
                   expires_at=AT + days(ends) if ends else None, source_kind="order", source=ids.new(),
                   data={"n": number})  # fmt: skip


grants = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(UNITS), st.integers(1, 10**12), st.booleans(),
              st.none() | st.integers(1, 90)),
    min_size=2, max_size=12,
)  # fmt: skip


def begun() -> None:
    """Every account is there, so that both ways find the same ones."""
    for person in PEOPLE:
        for unit in UNITS:
            for pending in (False, True):
                post(Posting(do=Do.GRANT, key=f"first-{person}-{unit}-{pending}", kind="earn", event="points.earned",
                             owner=person, actor="test", at=AT, now=AT, amount=7, unit=unit, pending=pending))  # fmt: skip


def state() -> dict[str, list[tuple]]:
    """All rows of the books, and what was announced."""
    found = {}
    with connection.cursor() as cursor:
        for table in ("ledger_account", "ledger_transfer", "ledger_lot", "ledger_entry"):
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
        cursor.execute("SELECT kind, subject, actor, data::text, happened_at FROM events_event ORDER BY id")
        found["events"] = cursor.fetchall()
    return found


def played(statement: str, wires: list[dict[str, Any]]) -> tuple[list[Any], dict[str, list[tuple]]]:
    """The answers, and the rows before everything is undone again."""
    undo = transaction.savepoint_create()
    with connection.cursor() as cursor:
        cursor.execute(statement, [_to_json(wires).decode()])
        answers = [row[0] for row in cursor.fetchall()]
    after = state()
    assert not any(result.breaches for result in checks.run(CHECKS))
    transaction.savepoint_rollback(undo)
    return answers, after


ONE_BY_ONE = "SELECT ledger_post(x) FROM jsonb_array_elements(%s::jsonb) x"
TOGETHER = "SELECT ledger_post_many(%s::jsonb)"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=grants)
def test_together_is_the_same_as_one_by_one(cafe, asked):
    undo = transaction.savepoint_create()
    try:
        begun()
        wires = [granted(number, *one).wire() for number, one in enumerate(asked)]
        wires.append({**wires[0], "id": ids.new(), "lot_id": ids.new()})  # the first one again
        wires.append(
            {**wires[1], "id": ids.new(), "lot_id": ids.new(), "kind": "gift"}
        )  # another under its key
        assert played(TOGETHER, wires) == played(ONE_BY_ONE, wires)
    finally:
        transaction.savepoint_rollback(undo)


def test_who_owes_settles_first_in_a_batch_too(cafe):
    begun()
    lot = post(Posting(do=Do.GRANT, key="bought", kind="earn", event="points.earned", owner=PEOPLE[0], actor="test",
                       at=AT, now=AT, amount=100))  # fmt: skip
    post(Posting(do=Do.SPEND, key="spent", kind="spend", event="points.spent", owner=PEOPLE[0], actor="test", at=AT,
                 now=AT, amount=107, counter=MerchantAccount.REDEEMED))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_lot WHERE transfer_id = %s", [lot.transfer])
        granted_lot = cursor.fetchone()[0]
    post(Posting(do=Do.TAKE_BACK, key="returned", kind="refund", event="points.taken_back", owner=PEOPLE[0],
                 actor="test", at=AT, now=AT, amount=60, lot=granted_lot, shortfall=Shortfall.DEBT))  # fmt: skip
    wires = [granted(n, PEOPLE[0], "points", 40, False, None).wire() for n in range(2)]
    together, alone = played(TOGETHER, wires), played(ONE_BY_ONE, wires)
    assert together == alone
    assert '"balance": 20' in together[0][1]


def test_a_chain_begun_anew_would_be_seen(cafe, hand):
    """The twin: had the bulk forgotten the hash before its first line, the books would not be the same."""
    begun()
    wires = [granted(n, PEOPLE[0], "points", 5, False, None).wire() for n in range(3)]
    _answers, right = played(ONE_BY_ONE, wires)
    by_hand("UPDATE ledger_account SET head = NULL WHERE owner = %s AND kind = 'available'", PEOPLE[0])
    with connection.cursor() as cursor:
        cursor.execute(TOGETHER, [_to_json(wires).decode()])
    assert state()["ledger_entry"] != right["ledger_entry"]
    assert any(result.breaches for result in checks.run(CHECKS))


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
def test_an_amount_out_of_range_stops_the_whole_batch(cafe, amount):
    wires = [granted(n, PEOPLE[0], "points", 5, False, None).wire() for n in range(2)]
    wires[1]["amount"] = amount
    before = state()
    with pytest.raises(Exception, match="out of range"), transaction.atomic():
        played(TOGETHER, wires)
    assert state() == before
