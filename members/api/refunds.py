"""Refunds and cancellations, by our id or by the shop's names, in any order of arrival."""

from datetime import datetime

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import Rehearsal, endpoint
from loyalty.core.errors import InvalidInput
from members.api import inputs, shapes
from members.operations.refunds import Refunded, RefundTooLarge, cancel_order, refund_order
from members.queries import orders
from members.rules.shopping import NewRefund, time_problem

ANSWERS = {201: shapes.Refund, 200: shapes.Refund, 202: shapes.Refund}
EXAMPLE = {
    "external_id": "return-77",
    "refunded_at": "2026-03-03T10:15:00+01:00",
    "lines": [{"number": 1, "amount_minor": 4900}],
}
CANCELLED = {"cancelled_at": "2026-03-03T09:00:00+01:00"}


def _answer(call: Call, found: Refunded) -> tuple[int, shapes.Refund]:
    waits = found.refund.status == "parked"
    status = 200 if found.replayed or call.dry_run else 202 if waits else 201
    return status, shapes.refund(found.refund, dry_run=call.dry_run)


def _names(id: str) -> tuple[str, str]:  # noqa: A002 - the address's own word
    order = orders.order(ids.decode("ord", id)).order
    return order.source, order.external_id


class OrderRefunds(Endpoint):
    @endpoint(
        summary="Refund an order",
        scope="orders:write",
        body=NewRefund,
        query=Rehearsal,
        moves_value=True,
        example=EXAMPLE,
        answers={201: shapes.Refund, 200: shapes.Refund},
        refuses=(RefundTooLarge,),
    )
    def post(self, call: Call, id: str) -> tuple[int, shapes.Refund]:  # noqa: A002
        """Money back for lines, for an amount on the whole order, or both. Takes back the points exactly
        those lines earned, from the lots they made. The refund's `external_id` names it: once is once."""
        source, name = _names(id)
        return _answer(
            call, refund_order(source=source, order_external_id=name, refund=call.body, at=call.at)
        )


class RefundsByName(Endpoint):
    @endpoint(
        summary="Refund an order by its own name",
        scope="orders:write",
        body=inputs.RefundByName,
        query=Rehearsal,
        moves_value=True,
        example={"order_external_id": "receipt-10025", **EXAMPLE},
        answers=ANSWERS,
        refuses=(RefundTooLarge,),
    )
    def post(self, call: Call) -> tuple[int, shapes.Refund]:
        """As above. A refund that arrives before its order answers 202, waits, and is applied together
        with it."""
        body = call.body
        found = refund_order(
            source=body.source, order_external_id=body.order_external_id, refund=body.refund(), at=call.at
        )
        return _answer(call, found)


def _cancel(call: Call, source: str, name: str, cancelled_at: datetime) -> tuple[int, shapes.Refund]:
    wrong = time_problem("cancelled_at", cancelled_at, call.at)
    if wrong:
        raise InvalidInput.of(*wrong[0])
    found = cancel_order(source=source, order_external_id=name, cancelled_at=cancelled_at, at=call.at)
    return _answer(call, found)


class OrderCancellation(Endpoint):
    @endpoint(
        summary="Cancel an order",
        scope="orders:write",
        body=inputs.Cancellation,
        query=Rehearsal,
        moves_value=True,
        example=CANCELLED,
        answers={201: shapes.Refund, 200: shapes.Refund},
    )
    def post(self, call: Call, id: str) -> tuple[int, shapes.Refund]:  # noqa: A002
        """Undoes the whole order and takes its points back. Cancelling twice is once."""
        return _cancel(call, *_names(id), call.body.cancelled_at)


class CancellationsByName(Endpoint):
    @endpoint(
        summary="Cancel an order by its own name",
        scope="orders:write",
        body=inputs.CancellationByName,
        query=Rehearsal,
        moves_value=True,
        example={"order_external_id": "receipt-10025", **CANCELLED},
        answers=ANSWERS,
    )
    def post(self, call: Call) -> tuple[int, shapes.Refund]:
        """As above; before the order arrives it answers 202 and waits for it."""
        return _cancel(call, call.body.source, call.body.order_external_id, call.body.cancelled_at)
