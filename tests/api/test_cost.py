"""How many statements the busy requests cost. A number that grows here is a decision, not an accident."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.core.merchants import queries
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, an_order, key_for
from tests.cast import MARA, publish


@pytest.fixture(autouse=True)
def what_is_kept_stays_kept(monkeypatch):
    """On a busy machine the half second for which a key and a shop are remembered may pass between two
    requests."""
    monkeypatch.setattr(queries, "_KEEP_SECONDS", 600.0)
    queries._kept.clear()
    queries._shops.clear()


def statements(work):
    """The statements that `work` sends, BEGIN and COMMIT included, after a first run has warmed what is
    kept."""
    work()
    with CaptureQueriesContext(connection) as seen:
        answer = work()
    assert answer.status_code in (200, 201), answer.content
    return [query["sql"] for query in seen.captured_queries]


def short(statement):
    """The part of a statement that tells what it is for."""
    words = (
        "BEGIN",
        "COMMIT",
        "pg_try_advisory_xact_lock",
        "members_identity",
        "members_record_orders",
        "members_ruleuse",
        "INSERT INTO api_answer",
        "ledger_account",
    )
    return next((word for word in words if word in statement), statement[:120])


def test_an_order_costs_five_statements_in_one_transaction(luna_open):
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    call.post("orders", an_order("ana"))
    assert [short(one) for one in statements(lambda: call.post("orders", an_order("ana")))] == [
        "BEGIN",
        "pg_try_advisory_xact_lock",  # was it answered already?
        "members_identity",  # who is it, what do they have, which programme counts
        "members_record_orders",  # order, lines, lot, transfer, entries, balances, events
        "INSERT INTO api_answer",
        "COMMIT",
    ]


def test_rules_that_compare_more_cost_one_statement_more_however_many_they_are(luna_open):
    capped = {
        "type": "fixed",
        "amount": 1,
        "limits": {"per": [{"period": "day", "times": 9}], "budget": "pot"},
    }
    first = {"type": "fixed", "id": "first", "amount": 5, "when": [{"type": "order_number", "number": 1}]}
    with acting_for(luna_open, by=MARA):
        publish(
            capped | {"id": "a"},
            capped | {"id": "b"},
            first,
            earning={"budgets": [{"id": "pot", "units": 99}]},
        )
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    call.post("orders", an_order("ana"))
    assert [short(one) for one in statements(lambda: call.post("orders", an_order("ana")))] == [
        "BEGIN",
        "pg_try_advisory_xact_lock",
        "members_identity",
        "members_ruleuse",  # what was given before, what the budgets have left, how many orders there were
        "members_record_orders",  # all of it counted, too
        "INSERT INTO api_answer",
        "COMMIT",
    ]


def test_a_repetition_costs_one_look(luna_open):
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    body = an_order("ana")
    assert [short(one) for one in statements(lambda: call.post("orders", body, key="again"))] == [
        "BEGIN",
        "pg_try_advisory_xact_lock",
        "COMMIT",
    ]


def test_a_balance_costs_one_statement(luna_open):
    call = Caller(key_for(luna_open))
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    assert [short(one) for one in statements(lambda: call.get(f"members/{member}/balances"))] == [
        "BEGIN",
        "ledger_account",
        "COMMIT",
    ]


def test_a_batch_costs_the_same_however_long_it_is(luna_open):
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})

    def batch(count):
        return statements(
            lambda: call.post("orders/batch", {"orders": [an_order("ana") for _n in range(count)]})
        )

    assert len(batch(2)) == len(batch(60))


def test_pages_cost_the_same_however_long_they_are(luna_open):
    call = Caller(key_for(luna_open))
    for number in range(3):
        call.post("members", {"external_id": f"m{number}"})
        call.post("orders", an_order(f"m{number}"))
    for address in ("members", "orders", "rewards", "redemptions"):
        one = statements(lambda address=address: call.get(f"{address}?limit=1"))
        three = statements(lambda address=address: call.get(f"{address}?limit=3"))
        assert len(one) == len(three), address
