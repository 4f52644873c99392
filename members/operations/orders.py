"""Record orders: ask the engine, write the order, its points and its events. One or many, the same way.

`POST /orders`, the batch endpoint, imports, connectors and the demo all come here.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.errors import DomainError, KeyReused
from loyalty.core.events import operations as events
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.operations import posted_as
from loyalty.core.ledger.queries import balance, lots_of_source
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Order
from members.operations import deciding, following, refunds
from members.operations.deciding import (
    IN_FORCE,
    Batch,
    DecidedBy,
    MemberNotFound,
    Outcome,
    Plan,
    Refusals,
    TooManyPoints,
)
from members.operations.granting import NO_TERMS
from members.rules.decision import Decision
from members.rules.points_life import Terms
from members.rules.shopping import NewOrder

_encode = msgspec.json.Encoder().encode
__all__ = [
    "MemberNotFound",
    "Outcome",
    "TooManyPoints",
    "quote_order",
    "record_order",
    "record_orders",
    "replay",
]


def record_order(*, order: NewOrder, at: datetime) -> Outcome:
    """Record one order; `at` is now. The same order again answers again. Raises `DomainError`; nothing is
    written."""
    return _only(record_orders(orders=[order], at=at))


def _only(results: list[Outcome | DomainError]) -> Outcome:
    if isinstance(results[0], DomainError):
        raise results[0]
    return results[0]


def record_orders(
    *, orders: Sequence[NewOrder], at: datetime, by: DecidedBy = IN_FORCE
) -> list[Outcome | DomainError]:
    """Record many orders in a few round trips; one answer each, in their order. A refused one does not stop
    the rest.

    `by` is for orders of the past that come late: the published programme version that decides them, or None for none,
    and then they earn nothing. Tiers follow the programme in force all the same.
    """
    results: dict[int, Outcome | DomainError] = {}
    batch, answers = _written(orders, at, results, by)
    fresh = [plan for plan, answer in zip(batch.plans, answers, strict=True) if answer["status"] == "written"]
    following.after_orders(fresh, at=at)
    for plan, answer in zip(batch.plans, answers, strict=True):
        if answer["status"] == "exists":
            same = UUID(answer["fingerprint"]) == plan.fingerprint
            results[plan.index] = replay(UUID(answer["id"])) if same else KeyReused(field="external_id")
        elif answer["status"] == "moved":
            # Merged or erased since they were looked up: look again, for whoever they are now, or nobody.
            results[plan.index] = record_orders(orders=[orders[plan.index]], at=at, by=by)[0]
        else:
            results[plan.index] = _recorded(plan, answer, at)
    for index in batch.again:
        results[index] = _recorded_earlier(orders[index]) or KeyReused(field="external_id")
    for index, found in results.items():
        if isinstance(found, MemberNotFound):
            results[index] = _recorded_earlier(orders[index]) or found
    if fresh:
        following.last({plan.row["member"] for plan in fresh}, version=_in_force(fresh[0], by), at=at)
    if answers:
        events.ring_after_commit("order.recorded", "points.earned")
    return [results[index] for index in range(len(orders))]


def _in_force(plan: Plan, by: DecidedBy) -> UUID | None:
    if by == IN_FORCE:
        return plan.outcome.version
    current = programmes.in_force()
    return current.id if current else None


def _written(
    orders: Sequence[NewOrder], at: datetime, results: dict[int, Outcome | DomainError], by: DecidedBy
) -> tuple[Batch, list[dict[str, Any]]]:
    """Decide orders and write them, with one answer for each plan.

    Where rules compare what others may be changing (caps, budgets, which order is the first), it is decided on what
    can be read and looked at again when the locks are held; if it has changed since, everything is decided once more
    under the locks that are held by then. Only a member who is merged meanwhile can make that happen twice.
    """
    shop = shop_of_scope()
    impossible: Refusals = {}
    named = deciding.sane(orders, shop=shop, at=at, refused=impossible)
    for _attempt in range(20):
        refused: Refusals = {}
        batch = deciding.plan(named, orders=orders, shop=shop, at=at, refused=refused, by=by)
        answers = _record(batch)
        if answers is not None:
            results |= impossible | refused
            return batch, answers
    raise RuntimeError("what these orders' rules compare changed each time it was about to be written")


def _recorded(plan: Plan, answer: dict[str, Any], at: datetime) -> Outcome:
    """The outcome of an order that was written, with the spendable points after it."""
    if answer["parked"]:
        refunds.apply_parked(order=plan.row["id"], at=at)
        return _with_balance(plan.outcome)
    # An order's key is the order's own id, which cannot have been used before: a refusal would be a bug, and raises.
    return (
        replace(plan.outcome, balance=posted_as(answer["posted"][plan.last_of_points]).balance)
        if plan.outcome.points
        else plan.outcome
    )


def _with_balance(outcome: Outcome) -> Outcome:
    """The outcome with the spendable points after the refunds that were waiting for the order."""
    return replace(outcome, balance=balance(outcome.member).available) if outcome.member else outcome


def _recorded_earlier(order: NewOrder) -> Outcome | None:
    """The outcome of an order that was recorded before its member's name changed or went."""
    row = Order.objects.filter(source=order.source, external_id=order.external_id).first()
    return replay(row.pk) if row and row.fingerprint == fingerprint(order) else None


def quote_order(*, order: NewOrder, at: datetime, when: datetime | None = None) -> Outcome:
    """What an order would earn, now or at another instant `when`, and why. Writes nothing."""
    refused: Refusals = {}
    shop = shop_of_scope()
    named = deciding.sane([order], shop=shop, at=at, refused=refused)
    batch = deciding.plan(
        named, orders=[order], shop=shop, at=at, refused=refused, when=when or order.placed_at
    )
    return batch.plans[0].outcome if batch.plans else _only([refused[0]])


def _record(batch: Batch) -> list[dict[str, Any]] | None:
    """Write orders and what they earned; one answer each, as `orders.sql` says. None: they must be decided again."""
    if not batch.plans:
        return []
    rows = _encode([plan.row for plan in batch.plans]).decode()
    expected = _encode(batch.expected).decode() if batch.expected is not None else None
    with connection.cursor() as cursor:
        cursor.execute("SELECT members_record_orders(%s::jsonb, %s::jsonb)", [rows, expected])
        answers = msgspec.json.decode(cursor.fetchone()[0])  # a raw cursor gives jsonb as text
    return None if answers == "stale" else answers


def replay(order: UUID) -> Outcome:
    """The outcome of an order that is already recorded, as it was decided then; the balance is today's."""
    row = Order.objects.get(pk=order)
    lots = lots_of_source(order)
    life = (
        Terms(lots[0].pending, lots[0].available_from, lots[0].expires_at, lots[0].slides_days)
        if lots
        else NO_TERMS
    )
    decision = msgspec.convert(row.decision, Decision, strict=False)
    now = balance(row.member_id).available if row.member_id else None
    return Outcome(order, row.member_id, decision, life, row.points_earned, True, now, row.programme_version)
