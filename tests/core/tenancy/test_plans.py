"""Statements that must use a partial index can, with one plan for all values; sums are planned for theirs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value

from loyalty.core.events.queries import log
from loyalty.core.ledger import queries as ledger
from loyalty.core.tenancy.plans import Fixed, planned_for_its_values
from members.queries import choosing, directory
from members.queries.choosing import Choice
from members.queries.orders import every, listed, standing_as
from rewards.operations.redemption import release_stale
from tests.cast import AT, buy

pytestmark = pytest.mark.usefixtures("as_made")


def plan_of(ask: Callable[[], Any]) -> str:
    """The plan for all values of the first rows that `ask` reads."""
    sent: list[tuple[str, int]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, len(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    sql, count = next(each for each in sent if each[0].startswith("SELECT"))
    numbered = sql.replace("%s", "{}").format(*(f"${n + 1}" for n in range(count)))
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    with connection.cursor() as cursor:
        # The tables are as good as empty: reading all of one would win without this.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE asked AS {numbered}")
        cursor.execute(f"EXPLAIN EXECUTE asked{values}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE asked")
    return plan


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("ledger_lot_open", lambda ana: list(ledger.lots(ana.pk))),
        ("ledger_lot_open", lambda ana: ledger.open_lots(ana.pk)),
        ("ledger_lot_expiring", lambda ana: ledger.expiring(ana.pk, until=AT)),
        ("ledger_lot_expiring", lambda ana: ledger.due_to_expire(at=AT, limit=9)),
        ("ledger_lot_ripening", lambda ana: ledger.due_to_activate(at=AT, limit=9)),
        ("rewards_redemption_stale", lambda ana: release_stale(at=AT)),
        ("members_member_inactive", lambda ana: list(directory.members(status="blocked")[:9])),
        ("members_member_inactive", lambda ana: choosing.members(Choice(status="erased"), at=AT, most=9)),
        ("members_order_refunded", lambda ana: list(listed(show="refunded")[:9])),
        ("members_order_cancelled", lambda ana: list(every().filter(standing_as("cancelled"))[:9])),
        ("members_order_cancelled", lambda ana: list(listed(show="cancelled")[:9])),
        ("events_event_rare", lambda ana: list(log(kinds=("member.joined", "member.erased"))[:9])),
    ],
)
def test_a_partial_index_serves_every_value(ana, index, ask):
    assert index in plan_of(lambda: ask(ana))


def test_only_constants_can_stand_in_a_statement():
    assert Fixed("order.recorded").value == "order.recorded"
    for other in ("it's", "", "Ab", "a b", True, 1.5):
        with pytest.raises(ValueError, match="not a constant"):
            Fixed(other)


def test_a_sent_constant_keeps_the_index_from_being_used(ana):
    """The twin: what `Fixed` is for."""
    lots = ledger.Lot.objects.filter(account=ana.pk)
    assert "ledger_lot_open" not in plan_of(lambda: list(lots.filter(remaining__gt=Value(0))))
    assert "ledger_lot_open" in plan_of(lambda: list(lots.filter(remaining__gt=Fixed(0))))


def test_the_list_of_members_is_planned_knowing_whom_it_leaves_out(ana):
    """Sent as values, merged and erased members are taken for most of a shop, and the whole of it is sorted."""
    sql, values = directory.members().query.sql_with_params()
    assert "NOT (\"members_member\".\"status\" IN ('merged', 'erased'))" in sql
    assert not {"merged", "erased"} & set(map(str, values))


def mode() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        return str(cursor.fetchone()[0])


def test_members_are_searched_by_a_plan_for_what_was_typed(ana):
    """A plan for any word cannot use the index of names: among a million members it took minutes."""
    list(directory.members()[:6])
    assert mode() == "force_generic_plan"
    assert [row.pk for row in directory.members(text="ana")[:6]] == [ana.pk]
    assert mode() == "force_custom_plan"


def test_plans_for_their_values_end_with_the_block(ana):
    outside = mode()
    with planned_for_its_values():
        assert mode() == "force_custom_plan"
    assert mode() == outside == "force_generic_plan"


def test_sums_of_several_stretches_are_those_of_each(ana):
    buy(ana, 100, external_id="before", at=AT - timedelta(days=3))
    buy(ana, 40, external_id="after")
    early, late = (
        (AT - timedelta(days=4), AT - timedelta(days=1)),
        (AT - timedelta(days=1), AT + timedelta(days=1)),
    )
    assert ledger.totals_within([late, early]) == [{"issued": 40}, {"issued": 100}]
    assert ledger.totals_within([(AT + timedelta(days=5), AT + timedelta(days=6))]) == [{}]
