"""What held points wait for: tell that it has happened, or let them go before."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import Instant, Rehearsal, endpoint
from members import models
from members.api import shapes
from members.api.inputs import Source
from members.operations.holds import Reported, activate_order, report_event
from members.queries import activities, orders
from members.rules.shopping import Name

EventName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Lines = Annotated[tuple[Annotated[int, Meta(ge=1, le=100_000)], ...], Meta(max_length=500)]
SHIPPED = {"event": "order.shipped", "happened_at": "2026-03-03T10:15:00+01:00", "lines": [1]}


class OrderEvent(Struct, forbid_unknown_fields=True, frozen=True):
    """What happened to an order, and when. With `lines` it happened to those only, as in a shipment of a part."""

    event: EventName
    happened_at: Instant
    lines: Lines = ()


class OrderEventByName(OrderEvent, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The order is named the shop's way, and may not have arrived yet."""

    order_external_id: Name
    source: Source = "api"


class ActivityEventByName(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What happened to an activity, named the shop's way; it may not have arrived yet."""

    activity_external_id: Name
    event: EventName
    happened_at: Instant
    source: Source = "api"


class HoldEvent(Struct):
    """An event and what it set free. `status` is parked (what it is about has not arrived), waiting (for the day
    `due_at` that is named besides) or applied; `points` of nothing held are 0."""

    about: str
    source: str
    external_id: str
    event: str
    lines: list[int]
    status: str
    due_at: datetime | None
    points: int
    happened_at: datetime
    replayed: bool
    dry_run: bool


_ANSWERS = {201: HoldEvent, 200: HoldEvent, 202: HoldEvent}


def _answer(call: Call, found: Reported) -> tuple[int, HoldEvent]:
    row: models.HoldEvent = found.event
    status = 200 if found.replayed or call.dry_run else 202 if row.status == "parked" else 201
    return status, HoldEvent(
        about=row.about,
        source=row.source,
        external_id=row.external_id,
        event=row.event,
        lines=list(row.lines),
        status=row.status,
        due_at=row.due_at,
        points=row.points,
        happened_at=row.happened_at,
        replayed=found.replayed,
        dry_run=call.dry_run,
    )


class OrderEvents(Endpoint):
    @endpoint(
        summary="Tell what happened to an order",
        scope="orders:write",
        body=OrderEvent,
        query=Rehearsal,
        moves_value=True,
        example=SHIPPED,
        answers=_ANSWERS,
    )
    def post(self, call: Call, id: str) -> tuple[int, HoldEvent]:  # noqa: A002 - the address's own word
        """Points that wait for this event become spendable, of the lines named or of all; where the programme names a
        day besides, on that day. The same event of the same lines is once."""
        row, body = orders.order(ids.decode("ord", id)).order, call.body
        return _answer(
            call,
            report_event(
                about="order", source=row.source, external_id=row.external_id, event=body.event,
                happened_at=body.happened_at, lines=body.lines, at=call.at,
            ),
        )  # fmt: skip


class OrderEventsByName(Endpoint):
    @endpoint(
        summary="Tell what happened to an order by its own name",
        scope="orders:write",
        body=OrderEventByName,
        query=Rehearsal,
        moves_value=True,
        example={"order_external_id": "receipt-10025", **SHIPPED},
        answers=_ANSWERS,
    )
    def post(self, call: Call) -> tuple[int, HoldEvent]:
        """As above. An event that arrives before its order answers 202, waits, and counts when it is there."""
        body = call.body
        return _answer(
            call,
            report_event(
                about="order", source=body.source, external_id=body.order_external_id, event=body.event,
                happened_at=body.happened_at, lines=body.lines, at=call.at,
            ),
        )  # fmt: skip


class ActivityEventsByName(Endpoint):
    @endpoint(
        summary="Tell what happened to an activity by its own name",
        scope="orders:write",
        body=ActivityEventByName,
        query=Rehearsal,
        moves_value=True,
        example={"activity_external_id": "review-5521", "event": "review.approved",
                 "happened_at": "2026-03-03T10:15:00+01:00"},
        answers=_ANSWERS,
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, HoldEvent]:
        """For points of an activity that wait for something, like a review's approval. That somebody attended is itself
        an activity: recording it sets free what waits for its kind."""
        body = call.body
        return _answer(
            call,
            report_event(
                about="activity", source=body.source, external_id=body.activity_external_id, event=body.event,
                happened_at=body.happened_at, at=call.at,
            ),
        )  # fmt: skip


class ActivityRelease(Endpoint):
    @endpoint(
        summary="Release an activity's held points",
        scope="orders:write",
        query=Rehearsal,
        moves_value=True,
        answers={200: shapes.Activated},
    )
    def post(self, call: Call, id: str) -> shapes.Activated:  # noqa: A002
        """Before what they wait for. Their life starts now."""
        found = activities.activity(ids.decode("act", id))
        return shapes.Activated(activate_order(order=found.pk, at=call.at), call.dry_run)
