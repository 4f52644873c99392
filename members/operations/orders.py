"""Record orders: ask the engine, write the order, its points and its events. One or many, the same way.

`POST /orders`, the batch endpoint, imports, connectors and the demo all come here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, KeyReused
from loyalty.core.events import operations as events
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, posted_as
from loyalty.core.ledger.queries import balance, lots_of_source
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Order
from members.operations import refunds
from members.queries.identifying import normal
from members.queries.order_facts import Known, look_up
from members.rules.decision import Decision
from members.rules.engine import decide, paid_by_line
from members.rules.facts import Facts, MemberFacts
from members.rules.points_life import Terms, terms
from members.rules.shopping import NewOrder, order_problems

_encode = msgspec.json.Encoder().encode
_NO_TERMS = Terms(False, None, None)


class MemberNotFound(DomainError):
    code = "member_not_found"
    message = _("No member is known by this. Join them first, or send the order without a member.")
    field = "member"


class TooManyPoints(DomainError):
    code = "too_many_points"
    message = _(
        "This order would earn {points} points, more than the books take at once. Check its amount"
        " and the rules."
    )
    field = "lines"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order led to. `balance` is spendable points after it; None where nothing was posted."""

    order: UUID | None
    member: UUID | None
    decision: Decision
    terms: Terms
    points: int
    replayed: bool = False
    balance: int | None = None
    version: UUID | None = None


def record_order(*, order: NewOrder, at: datetime) -> Outcome:
    """Record one order; `at` is now. The same order again answers again. Raises `DomainError`; nothing is
    written."""
    return _only(record_orders(orders=[order], at=at))


def _only(results: list[Outcome | DomainError]) -> Outcome:
    if isinstance(results[0], DomainError):
        raise results[0]
    return results[0]


def record_orders(*, orders: Sequence[NewOrder], at: datetime) -> list[Outcome | DomainError]:
    """Record many orders in a few round trips; one answer each, in their order. A refused one does not stop
    the rest."""
    results: dict[int, Outcome | DomainError] = {}
    shop = shop_of_scope()
    sane = _sane(orders, shop, at, results)
    planned = _plan(sane, orders, shop, at, results)
    answers = list(zip(planned, _record([plan.row for plan in planned]), strict=True))
    for plan, answer in answers:
        if answer["status"] == "exists":
            same = UUID(answer["fingerprint"]) == plan.fingerprint
            results[plan.index] = replay(UUID(answer["id"])) if same else KeyReused(field="external_id")
        elif answer["status"] == "moved":
            # Merged or erased since they were looked up: look again, for whoever they are now, or nobody.
            results[plan.index] = record_orders(orders=[orders[plan.index]], at=at)[0]
        else:
            results[plan.index] = _recorded(plan, answer, at)
    for index, found in results.items():
        if isinstance(found, MemberNotFound):
            results[index] = _recorded_earlier(orders[index]) or found
    if answers:
        events.ring_after_commit()
    return [results[index] for index in range(len(orders))]


def _recorded(plan: "_Plan", answer: dict[str, Any], at: datetime) -> Outcome:
    """The outcome of an order that was written, with the spendable points after it."""
    if answer["parked"]:
        refunds.apply_parked(order=plan.row["id"], at=at)
        return _with_balance(plan.outcome)
    # An order's key is the order's own id, which cannot have been used before: a refusal would be a bug, and raises.
    return (
        replace(plan.outcome, balance=posted_as(answer["posted"]).balance)
        if answer["posted"]
        else plan.outcome
    )


def _with_balance(outcome: Outcome) -> Outcome:
    """The outcome with the spendable points after the refunds that were waiting for the order."""
    return replace(outcome, balance=balance(outcome.member).available) if outcome.member else outcome


def _recorded_earlier(order: NewOrder) -> Outcome | None:
    """The outcome of an order that was recorded before its member's name changed or went."""
    row = Order.objects.filter(source=order.source, external_id=order.external_id).first()
    return replay(row.pk) if row and row.fingerprint == refunds.fingerprint(order) else None


def quote_order(*, order: NewOrder, at: datetime, when: datetime | None = None) -> Outcome:
    """What an order would earn, now or at another instant `when`, and why. Writes nothing."""
    results: dict[int, Outcome | DomainError] = {}
    shop = shop_of_scope()
    sane = _sane([order], shop, at, results)
    planned = _plan(sane, [order], shop, at, results, when=when)
    return planned[0].outcome if planned else _only([results[0]])


@dataclass(slots=True)
class _Plan:
    index: int
    fingerprint: UUID
    outcome: Outcome
    row: dict[str, Any]


def _sane(
    orders: Sequence[NewOrder], shop: Merchant, at: datetime, results: dict[int, Outcome | DomainError]
) -> dict[int, tuple[str, str] | None]:
    """Which orders make sense, with the normalised way their member is named; refusals go to `results`."""
    sane: dict[int, tuple[str, str] | None] = {}
    for index, order in enumerate(orders):
        problems = order_problems(order, currency=shop.currency, at=at)
        if problems:
            results[index] = InvalidInput(
                [{"field": f, "code": "invalid", "message": m} for f, m in problems]
            )
            continue
        try:
            sane[index] = _named(order)
        except DomainError as error:
            results[index] = error
    return sane


def _named(order: NewOrder) -> tuple[str, str] | None:
    if order.member is None:
        return None
    kind, value = order.member.given()[0]
    if kind == "id":
        try:
            return kind, str(ids.decode("mbr", value))
        except DomainError:
            raise MemberNotFound() from None
    try:
        return kind, normal(kind, value)
    except InvalidInput as error:
        raise InvalidInput([{**found, "field": f"member.{kind}"} for found in error.errors]) from None


def _plan(
    sane: dict[int, tuple[str, str] | None],
    orders: Sequence[NewOrder],
    shop: Merchant,
    at: datetime,
    results: dict[int, Outcome | DomainError],
    when: datetime | None = None,
) -> list[_Plan]:
    """Ask the engine about each sane order. In the order of their names, so that batches lock alike."""
    known, version = look_up(sane)
    current = programmes.version(version) if version else None
    zone = ZoneInfo(shop.timezone)
    plans = []
    for index in sorted(sane, key=lambda index: (orders[index].source, orders[index].external_id)):
        order, who = orders[index], known.get(index)
        if sane[index] is not None and who is None:
            results[index] = MemberNotFound()
            continue
        instant = when or order.placed_at
        facts = Facts(order.facts(), _facts(who), shop.timezone)
        decision, life = Decision(), _NO_TERMS
        if current is not None:
            decision = decide(current.programme["earning"], facts, instant)
            life = terms(current.programme["points_life"], instant, zone)
        if decision.earned() > MAX_POINTS:
            results[index] = TooManyPoints(points=decision.earned())
            continue
        plans.append(_planned(index, order, who, decision, life, version, at))
    return plans


def _facts(who: Known | None) -> MemberFacts:
    if who is None:
        return MemberFacts()
    return MemberFacts(
        who.joined_at, who.orders_count, who.spend_minor, who.last_order_at, who.status == "blocked"
    )


def _planned(
    index: int,
    order: NewOrder,
    who: Known | None,
    decision: Decision,
    life: Terms,
    version: UUID | None,
    at: datetime,
) -> _Plan:
    order_id, mark, actor = ids.new(), refunds.fingerprint(order), str(scope.actor())
    paid = paid_by_line(order.facts())
    points = decision.earned() if who else 0
    row = {
        "id": order_id,
        "source": order.source,
        "external_id": order.external_id,
        "fingerprint": mark,
        "member": who.id if who else None,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "discount_minor": order.discount_minor,
        "points_minor": order.points_minor,
        "eligible_minor": decision.eligible_minor,
        "points_earned": points,
        "channel": order.channel,
        "location": order.location,
        "payment_method": order.payment_method,
        "version": version,
        "decision": decision,
        "at": order.placed_at,
        "now": at,
        "actor": actor,
        "lines": [
            {
                "number": number,
                "kind": line.kind,
                "sku": line.sku,
                "name": line.name,
                "category": line.category,
                "brand": line.brand,
                "tags": line.tags,
                "quantity": line.quantity,
                "amount_minor": line.amount_minor,
                "discount_minor": line.discount_minor,
                "paid_minor": paid[number],
                "points": decision.lines.get(number, 0) if who else 0,
            }
            for number, line in enumerate(order.lines, start=1)
        ],
    }
    if who is not None and points:
        row["posting"] = Posting(
            do=Do.GRANT,
            key=f"order:{order_id}",
            kind="earn",
            event="points.earned",
            owner=who.id,
            actor=actor,
            at=order.placed_at,
            now=at,
            amount=points,
            counter=MerchantAccount.ISSUED,
            pending=life.pending,
            available_from=life.available_from,
            expires_at=life.expires_at,
            slides_days=life.slides_days,
            # A purchase is activity: the member's other points on sliding terms start again with these.
            slide_to=life.expires_at if life.slides_days else None,
            source_kind="order",
            source=order_id,
            version=version,
            rule=",".join(decision.rules())[:80],
        ).wire()
    outcome = Outcome(order_id, who.id if who else None, decision, life, points, version=version)
    return _Plan(index, mark, outcome, row)


def _record(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write orders and what they earned; one answer each, as `orders.sql` says."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT members_record_orders(%s::jsonb)", [_encode(rows).decode()])
        return msgspec.json.decode(cursor.fetchone()[0])  # a raw cursor gives jsonb as text


def replay(order: UUID) -> Outcome:
    """The outcome of an order that is already recorded, as it was decided then; the balance is today's."""
    row = Order.objects.get(pk=order)
    lots = lots_of_source(order)
    life = (
        Terms(lots[0].pending, lots[0].available_from, lots[0].expires_at, lots[0].slides_days)
        if lots
        else _NO_TERMS
    )
    decision = msgspec.convert(row.decision, Decision, strict=False)
    now = balance(row.member_id).available if row.member_id else None
    return Outcome(order, row.member_id, decision, life, row.points_earned, True, now, row.programme_version)
