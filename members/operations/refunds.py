"""Refunds and cancellations, in whatever order they arrive, each counted once.

Points to take back are worked out from everything that came back so far (`rules/clawback.py`), so any order
of arrival ends in the same state. A refund that arrives before its order waits, parked, and is applied with
it.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, KeyReused
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount, Shortfall
from loyalty.core.ledger.operations import NotEnoughPoints, NothingLeft, Posting, hold, post
from loyalty.core.ledger.queries import SourceLot, lots_of_source, settled
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member, Order, OrderLine, Refund, Stats
from members.operations import following
from members.operations.counting import give_back
from members.rules.clawback import LineState, points_to_take
from members.rules.shopping import NewRefund, refund_problems


class NoSuchLine(DomainError):
    code = "no_such_line"
    message = _("The order has no line {number}.")
    field = "lines"


class RefundTooLarge(DomainError):
    code = "refund_too_large"
    message = _("More is refunded than was paid: {left_minor} minor units are left to refund here.")


@dataclass(frozen=True, slots=True)
class Refunded:
    """The refund's row and whether this call was a repetition."""

    refund: Refund
    replayed: bool


@transaction.atomic
def refund_order(*, source: str, order_external_id: str, refund: NewRefund, at: datetime) -> Refunded:
    """Apply a refund, or park it until its order arrives. Raises `RefundTooLarge` and leaves everything as it
    was."""
    problems = refund_problems(refund, at=at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    content = {
        "lines": [{"number": line.number, "amount_minor": line.amount_minor} for line in refund.lines],
        "amount_minor": refund.amount_minor,
    }
    row = Refund(
        source=source, order_external_id=order_external_id, external_id=refund.external_id,
        fingerprint=fingerprint(refund), content=content, refunded_at=refund.refunded_at, recorded_at=at,
    )  # fmt: skip
    return _take(row, at)


@transaction.atomic
def cancel_order(*, source: str, order_external_id: str, cancelled_at: datetime, at: datetime) -> Refunded:
    """Undo a whole order. Cancelling twice, or before the order arrives, is fine."""
    row = Refund(
        source=source, order_external_id=order_external_id, external_id="cancellation", cancels=True,
        fingerprint=fingerprint("cancellation"), refunded_at=cancelled_at, recorded_at=at,
    )  # fmt: skip
    return _take(row, at)


def lock_name(*, source: str, external_id: str) -> None:
    """Lock an order's name until the transaction ends, as recording it does: neither misses the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock("
            "hashtextextended(concat_ws('|', %s::bigint, %s::text, %s::text), 7))",
            [scope.merchant_id(), source, external_id],
        )


def _take(row: Refund, at: datetime) -> Refunded:
    lock_name(source=row.source, external_id=row.order_external_id)
    earlier = _one(
        Refund.objects.filter(
            source=row.source, order_external_id=row.order_external_id, external_id=row.external_id
        )
    )
    if earlier is not None:
        if earlier.fingerprint != row.fingerprint:
            raise KeyReused(field="external_id")
        return Refunded(earlier, True)
    order = _one(
        Order.objects.select_for_update(no_key=True).filter(
            source=row.source, external_id=row.order_external_id
        )
    )
    if order is None:
        row.status = Refund.Status.PARKED
        row.save(force_insert=True)
        record("refund.parked", subject=None, at=row.refunded_at, data={"refund": str(row.pk)})
    else:
        _apply(row, order, at)
        row.save(force_insert=True)
    return Refunded(row, False)


def _one[Row: models.Model](rows: models.QuerySet[Row]) -> Row | None:
    """The row a unique key names, if it is there. `first()` would ask for an order by id besides, for which
    PostgreSQL may read the shop's rows by their primary key."""
    return next(iter(rows[:1]), None)


def apply_parked(*, order: UUID, at: datetime) -> None:
    """Apply the refunds that were waiting for an order. One that does not fit is refused, and says so."""
    found = Order.objects.select_for_update(no_key=True).get(pk=order)
    waiting = Refund.objects.filter(
        source=found.source, order_external_id=found.external_id, status=Refund.Status.PARKED
    ).order_by("recorded_at", "id")
    for row in list(waiting):
        try:
            with transaction.atomic():
                _apply(row, found, at)
        except DomainError as refusal:
            # The order stands all the same: a refund nobody can apply must not keep it out.
            found.refresh_from_db()
            row.order, row.status, row.note = found, Refund.Status.REFUSED, str(refusal)[:300]
            record(
                "refund.refused", subject=found.member_id, at=row.refunded_at, data={"refund": str(row.pk)}
            )
        row.save(update_fields=["order", "status", "note", "amount_minor", "points_taken", "shortfall"])


def lock_owner(order: Order) -> tuple[UUID | None, Stats | None]:
    """Who has the order's points today, with their counts, locked: nobody can merge or erase them meanwhile.

    `(None, None)` for a guest's order; no counts for an erased member, whose books take nothing any more.
    """
    owner = order.member_id
    while owner is not None:
        counts = _one(Stats.objects.select_for_update(no_key=True).filter(member_id=owner))
        if counts is not None:
            return owner, counts
        into = Member.objects.values_list("merged_into_id", flat=True).get(pk=owner)
        if into is None:
            return owner, None
        owner = into
    return None, None


def _apply(row: Refund, order: Order, at: datetime) -> None:
    """Change lines, order, counts and points to what is true after this refund."""
    owner, counts = lock_owner(order)
    lines = {line.number: line for line in OrderLine.objects.filter(order=order).order_by("number")}
    before = contribution(order)
    if row.cancels:
        row.amount_minor = order.total_minor - order.refunded_minor
        order.status = Order.Status.CANCELLED
    else:
        row.amount_minor = _add(row.content, order, lines)
    row.order, row.status = order, Refund.Status.APPLIED
    back = [lines[part["number"]] for part in row.content.get("lines", ())]
    _write(order, back, before=before, counted=counts.member_id if counts else None)
    count_less(order, lines=list(lines.values()))
    if owner is not None:
        claw_back(row=row, order=order, lines=list(lines.values()), owner=owner, at=at)
        following.after_refund(order, owner=owner, at=row.refunded_at)
    record(
        "order.cancelled" if row.cancels else "order.refunded", subject=owner, at=row.refunded_at,
        data={"order": str(order.pk), "refund": str(row.pk), "amount_minor": row.amount_minor,
              "points": row.points_taken, "shortfall": row.shortfall},
    )  # fmt: skip


def _add(content: dict[str, Any], order: Order, lines: dict[int, OrderLine]) -> int:
    """Add a refund's amounts to the lines and the order, in memory; the amount in all, in minor units."""
    asked = Counter({part["number"]: part["amount_minor"] for part in content["lines"]})
    for number, amount_minor in asked.items():
        line = lines.get(number)
        if line is None:
            raise NoSuchLine(number=number)
        left = line.paid_minor - line.refunded_minor
        if amount_minor > left:
            raise RefundTooLarge(left_minor=left, field="lines")
        line.refunded_minor += amount_minor
    amount_minor = asked.total() + content["amount_minor"]
    left = order.total_minor - order.refunded_minor
    if amount_minor > left:
        raise RefundTooLarge(left_minor=left, field="amount_minor")
    order.refunded_minor += amount_minor
    order.unassigned_refund_minor += content["amount_minor"]
    return int(amount_minor)


def contribution(order: Order) -> tuple[int, int]:
    """What the order counts for in its member's figures: (orders, net spend in minor units)."""
    if order.status == Order.Status.CANCELLED:
        return 0, 0
    return 1, order.total_minor - order.refunded_minor


_WRITE = """
WITH line AS (
    UPDATE members_orderline l SET refunded_minor = n.refunded_minor
      FROM unnest(%(numbers)s::int[], %(refunded)s::bigint[]) AS n(number, refunded_minor)
     WHERE l.merchant_id = %(merchant)s AND l.order_id = %(order)s AND l.number = n.number
), counted AS (
    UPDATE members_stats SET orders_count = orders_count + %(orders)s::int,
           spend_minor = spend_minor + %(net_minor)s::bigint
     WHERE merchant_id = %(merchant)s AND member_id = %(counted)s::uuid
)
UPDATE members_order SET status = %(status)s, refunded_minor = %(back)s::bigint,
       unassigned_refund_minor = %(unassigned)s::bigint
 WHERE merchant_id = %(merchant)s AND id = %(order)s
"""


def _write(order: Order, lines: list[OrderLine], *, before: tuple[int, int], counted: UUID | None) -> None:
    """Write what came back: the order, those of its lines, and what it now counts for less in the figures of
    `counted`. One statement; all rows are locked already."""
    orders, net_minor = (now - then for now, then in zip(contribution(order), before, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {
            "merchant": scope.merchant_id(), "order": order.pk, "status": order.status,
            "back": order.refunded_minor, "unassigned": order.unassigned_refund_minor,
            "numbers": [line.number for line in lines], "refunded": [line.refunded_minor for line in lines],
            "counted": counted if orders or net_minor else None, "orders": orders, "net_minor": net_minor,
        })  # fmt: skip


def count_less(order: Order, *, lines: list[OrderLine]) -> None:
    """Caps and budgets get back what the order's refunds undo in all. Before the books, by the order of locks."""
    if order.decision.get("counted"):
        give_back(source=order.pk, undone={POINTS: (_undone(order, lines), order.points_earned)})


def _undone(order: Order, lines: list[OrderLine]) -> int:
    """Points that the order's refunds undo in all."""
    return points_to_take(
        [LineState(line.paid_minor, line.refunded_minor, line.points) for line in lines],
        unassigned_minor=order.unassigned_refund_minor,
        cancelled=order.status == Order.Status.CANCELLED,
    )


def claw_back(*, row: Refund, order: Order, lines: list[OrderLine], owner: UUID, at: datetime) -> None:
    """Take back what the order's refunds undo in all, less what earlier ones took: from the lots the order
    made, at the terms it was made under. `owner` has those lots today; `row` is told what was taken."""
    if not order.points_earned or order.programme_version is None:
        return
    target = _undone(order, lines)
    earlier = Refund.objects.filter(order=order).exclude(pk=row.pk).values_list("points_taken", "shortfall")
    owed = target - sum(taken + short for taken, short in earlier)
    if owed <= 0:
        return
    policy = programmes.version(order.programme_version).programme["points_life"].on_shortfall
    hold([owner])
    common: dict[str, Any] = {
        "kind": "refund", "event": "points.taken_back", "owner": owner, "actor": str(scope.actor()),
        "at": row.refunded_at, "now": at, "counter": MerchantAccount.ISSUED, "source_kind": "order",
        "source": order.pk, "version": order.programme_version, "data": {"refund": str(row.pk)},
    }  # fmt: skip
    lots = sorted(lots_of_source(order.pk), key=lambda lot: not lot.pending)  # what still waits goes first
    for lot in [found for found in lots if found.owner == owner]:
        if owed > 0:
            owed -= _take_from(lot, min(owed, lot.granted), row, policy, common)
    left_behind = [lot for lot in lots if lot.owner != owner]
    if owed > 0:
        spent = sum(lot.granted for lot in left_behind) - settled(lot.transfer for lot in left_behind)
        _take_rest(min(owed, spent), row, policy, common)
        row.shortfall += owed - min(owed, spent)  # expired unused: not taken a second time


def _take_from(lot: SourceLot, amount: int, row: Refund, policy: Shortfall, common: dict[str, Any]) -> int:
    try:
        answer = post(
            Posting(
                do=Do.TAKE_BACK,
                key=f"refund:{row.pk}:{lot.id}",
                amount=amount,
                lot=lot.id,
                shortfall=policy,
                **common,
            )
        )
    except NothingLeft as nothing:
        left = nothing.params.get("available", 0)
        if left and "shortfall" not in nothing.params:
            # A part of the lot was set free by itself, as a lot of its own.
            return _take_from(lot, left, row, policy, common)
        row.shortfall += nothing.params.get("shortfall", 0)
        return int(nothing.params.get("shortfall", 0))
    row.points_taken += answer.amount
    row.shortfall += answer.shortfall
    return answer.amount + answer.shortfall


def _take_rest(owed: int, row: Refund, policy: Shortfall, common: dict[str, Any]) -> None:
    """What no lot of the order is left for: points spent before their member was merged into another.
    Taken from what there is, unless the policy spares it; what is missing is recorded, never dropped."""
    left = owed
    if owed > 0 and policy is not Shortfall.ONLY_PENDING:
        posting = Posting(do=Do.SPEND, key=f"refund:{row.pk}:rest", amount=left, **common)
        try:
            left -= post(posting).amount
        except NotEnoughPoints as short:
            if short.params["available"] > 0:
                left -= post(replace(posting, amount=short.params["available"])).amount
    row.points_taken += owed - left
    row.shortfall += left
