"""Orders: record one or many, quote, read, release what was held."""

import json
from typing import Any
from uuid import UUID

import msgspec

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.errors import Problem, problem
from loyalty.core.api.pagination import keyset
from loyalty.core.api.spec import MAX_BATCH_BYTES, Rehearsal, endpoint, page_of, within
from loyalty.core.api.strict import said
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from members.api import inputs, shapes
from members.api.members import member_id
from members.operations.holds import activate_order
from members.operations.orders import MemberNotFound, Outcome, quote_order, record_order, record_orders
from members.queries import orders
from members.rules.shopping import NewOrder

EXAMPLE = {
    "external_id": "receipt-10025",
    "currency": "SEK",
    "placed_at": "2026-03-02T14:02:00+01:00",
    "member": {"external_id": "customer-1001"},
    "lines": [
        {"sku": "latte", "name": "Caffè latte", "category": "coffee", "quantity": "2", "amount_minor": 9800},
        {"sku": "gift-500", "kind": "gift_card", "amount_minor": 50000},
    ],
    "channel": "pos",
}


class BatchResult(msgspec.Struct):
    """One order's answer: 201 recorded, 200 known already or rehearsed, else `problem` says what is wrong
    with it."""

    index: int
    external_id: str | None
    status: int
    result: shapes.OrderResult | None
    problem: Problem | None


class BatchResults(msgspec.Struct):
    """One answer per order, in their order."""

    results: list[BatchResult]
    recorded: int
    replayed: int
    refused: int


def _quoted(call: Call, order: NewOrder) -> shapes.OrderResult:
    when = call.at if call.query.at is not None else None
    found = quote_order(order=order, at=call.now, when=when)
    return shapes.outcome(found, source=order.source, external_id=order.external_id, dry_run=True)


class Orders(Endpoint):
    @endpoint(
        summary="Record an order",
        step="order",
        scope="orders:write",
        body=NewOrder,
        query=Rehearsal,
        moves_value=True,
        example=EXAMPLE,
        answers={201: shapes.OrderResult, 200: shapes.OrderResult},
        refuses=(MemberNotFound,),
    )
    def post(self, call: Call) -> tuple[int, shapes.OrderResult]:
        """Records the order, gives its points and says why. The pair (`source`, `external_id`) names the
        order for good: sending it again answers the first decision with 200; another order under the same
        name is refused."""
        order = call.body
        if call.dry_run:
            return 200, _quoted(call, order)
        found = record_order(order=order, at=call.at)
        answer = shapes.outcome(found, source=order.source, external_id=order.external_id)
        return (200 if found.replayed else 201), answer

    @endpoint(
        summary="List orders",
        scope="orders:read",
        query=inputs.OrderSearch,
        answers={200: page_of(shapes.Order)},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> dict:
        """Last recorded first, with lines, refunds and the decision."""
        asked = call.query
        found = orders.of_member(member_id(asked.member)) if asked.member else orders.every()
        if asked.status:
            found = found.filter(orders.standing_as(asked.status))
        if asked.external_id:
            found = found.filter(source=asked.source, external_id=asked.external_id)
        if asked.placed_from is not None:
            found = found.filter(placed_at__gte=within("placed_from", asked.placed_from))
        if asked.placed_until is not None:
            found = found.filter(placed_at__lt=within("placed_until", asked.placed_until))
        window = keyset(found, asked, name="orders", by=[("id", UUID)])
        return call.page(window, [shapes.order(bought) for bought in orders.with_lines(window.rows)])


class OrderQuote(Endpoint):
    @endpoint(
        summary="Quote a basket",
        scope="orders:read",
        body=NewOrder,
        query=Rehearsal,
        example=EXAMPLE,
        answers={200: shapes.OrderResult},
        refuses=(MemberNotFound,),
    )
    def post(self, call: Call) -> shapes.OrderResult:
        """What an order would earn, and why; with `dry_run=true&at=…` what it would earn at another
        instant. Writes nothing and takes no locks."""
        return _quoted(call, call.body)


def _read(raws: tuple[msgspec.Raw, ...]) -> list[NewOrder | InvalidInput]:
    read: list[NewOrder | InvalidInput] = []
    decoder = msgspec.json.Decoder(NewOrder)
    for raw in raws:
        try:
            read.append(decoder.decode(raw))
        except msgspec.ValidationError as error:
            read.append(InvalidInput([said(error)]))
    return read


def _name_of(raw: msgspec.Raw) -> str | None:
    found = json.loads(bytes(raw))
    name = found.get("external_id") if isinstance(found, dict) else None
    return name[:100] if isinstance(name, str) else None


class OrderBatch(Endpoint):
    @endpoint(
        summary="Record many orders",
        scope="orders:write",
        body=inputs.OrderBatch,
        reads=inputs.RawBatch,
        query=Rehearsal,
        moves_value=True,
        key_required=False,
        max_bytes=MAX_BATCH_BYTES,
        example={"orders": [EXAMPLE]},
        answers={200: BatchResults},
        refuses=(MemberNotFound,),
    )
    def post(self, call: Call) -> BatchResults:
        """Up to 1,000 orders in one transaction, one answer each. A refused order does not stop the
        others. Every order's own name makes it safe to send a batch again, so the Idempotency-Key may be
        left out."""
        read = _read(call.body.orders)
        sane = [order for order in read if isinstance(order, NewOrder)]
        answers = iter(self._rehearse(call, sane) if call.dry_run else record_orders(orders=sane, at=call.at))
        results = []
        for index, order in enumerate(read):
            if isinstance(order, InvalidInput):
                results.append(_told(index, _name_of(call.body.orders[index]), order, None))
            else:
                results.append(_told(index, order.external_id, next(answers), order, call.dry_run))
        return BatchResults(
            results=results,
            recorded=sum(result.status == 201 for result in results),
            replayed=sum(bool(result.result and result.result.replayed) for result in results),
            refused=sum(result.problem is not None for result in results),
        )

    def _rehearse(self, call: Call, sane: list[NewOrder]) -> list[Outcome | DomainError]:
        when = call.at if call.query.at is not None else None
        answers: list[Outcome | DomainError] = []
        for order in sane:
            try:
                answers.append(quote_order(order=order, at=call.now, when=when))
            except DomainError as refusal:
                answers.append(refusal)
        return answers


def _told(
    index: int, name: str | None, answer: Outcome | DomainError, order: NewOrder | None, dry_run: bool = False
) -> BatchResult:
    if isinstance(answer, DomainError):
        return BatchResult(index, name, answer.status, None, problem(answer))
    result = shapes.outcome(
        answer, source=order.source if order else "", external_id=name or "", dry_run=dry_run
    )
    return BatchResult(index, name, 200 if answer.replayed or dry_run else 201, result, None)


class OneOrder(Endpoint):
    @endpoint(summary="Read an order", scope="orders:read", answers={200: shapes.Order})
    def get(self, call: Call, id: str) -> shapes.Order:  # noqa: A002 - the address's own word
        """With its lines, everything that came back of it, and the decision with every rule's reason."""
        return shapes.order(orders.order(ids.decode("ord", id)))


class OrderRelease(Endpoint):
    @endpoint(
        summary="Release an order's held points",
        scope="orders:write",
        query=Rehearsal,
        moves_value=True,
        answers={200: shapes.Activated},
    )
    def post(self, call: Call, id: str) -> shapes.Activated:  # noqa: A002
        """The event that pending points waited for has happened: shipped, attended, picked up. Their life
        starts now."""
        found: Any = orders.order(ids.decode("ord", id))
        return shapes.Activated(activate_order(order=found.order.pk, at=call.at), call.dry_run)
