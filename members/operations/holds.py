"""Points that wait for an event, and what sets them free: it happened, its day has come, or staff let them go.

Where the programme names a day besides, both must have come: points wait for the later. Of an order of which some lines
are shipped, the points of those lines become free, less what their refunds undo; the last shipment frees the rest. An
event may arrive before its order, and before a guest's order has found its member: it is kept, and counts then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Sum

from loyalty.core.errors import InvalidInput
from loyalty.core.events import operations as events
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.chart import Do, MerchantAccount, Shortfall
from loyalty.core.ledger.operations import Posting, hold, post
from loyalty.core.ledger.queries import SourceLot, lots_of_source, open_lots
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed
from members.models import Activity, HoldEvent, Order, OrderLine
from members.rules.clawback import LineState, points_to_release
from members.rules.points_life import PointsLife, expires_at, held_until
from members.rules.shopping import time_problem

_NAMESPACE = {HoldEvent.About.ORDER: 7, HoldEvent.About.ACTIVITY: 8}


@dataclass(frozen=True, slots=True)
class Reported:
    """The event as it is kept, and whether this call was a repetition."""

    event: HoldEvent
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """What points wait on: an order or an activity, with the terms they were earned under."""

    id: UUID
    earned_at: datetime
    life: PointsLife
    zone: ZoneInfo


@transaction.atomic
def report_event(
    *, about: str, source: str, external_id: str, event: str, happened_at: datetime, at: datetime,
    lines: Sequence[int] = (),
) -> Reported:  # fmt: skip
    """An event has happened to an order or an activity, by the shop's name for it. The same event of the same lines
    again is once. Points that wait for another event, or for none, stay as they are.

    Raises `InvalidInput`, also for lines that the order has not.
    """
    problems = time_problem("happened_at", happened_at, at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    numbers = sorted(set(lines))
    mark = fingerprint([about, source, external_id, event, numbers])
    _lock_name(about, source, external_id)
    earlier = HoldEvent.objects.filter(fingerprint=mark).first()
    if earlier is not None:
        return Reported(earlier, True)
    row = HoldEvent(
        about=about, source=source, external_id=external_id, event=event, lines=numbers, fingerprint=mark,
        status=HoldEvent.Status.PARKED, happened_at=happened_at, recorded_at=at,
    )  # fmt: skip
    held = _held(about, source, external_id)
    if held is not None:
        _refuse_unknown_lines(held.id, numbers)
    row.save(force_insert=True)
    if held is not None:
        _apply(row, held, at)
    return Reported(row, False)


def _lock_name(about: str, source: str, external_id: str) -> None:
    """Lock the name as recording it does: neither misses the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, %s::text, %s::text), %s))",
            [scope.merchant_id(), source, external_id, _NAMESPACE[HoldEvent.About(about)]],
        )


def _refuse_unknown_lines(order: UUID, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    known = set(OrderLine.objects.filter(order=order).values_list("number", flat=True))
    for number in numbers:
        if number not in known:
            raise InvalidInput.of("lines", f"The order has no line {number}.", "no_such_line")


def _held(about: str, source: str, external_id: str) -> _Held | None:
    found: Order | Activity | None
    if about == HoldEvent.About.ORDER:
        found = Order.objects.filter(source=source, external_id=external_id).first()
    else:
        found = Activity.objects.filter(source=source, external_id=external_id).first()
    if found is None:
        return None
    earned_at = found.placed_at if isinstance(found, Order) else found.happened_at
    version = found.programme_version
    life = programmes.version(version).programme["points_life"] if version else PointsLife()
    return _Held(found.pk, earned_at, life, ZoneInfo(shop_of_scope().timezone))


def _apply(row: HoldEvent, held: _Held, at: datetime) -> None:
    """Set free what the event sets free, or wait for the day that is named besides."""
    row.status = HoldEvent.Status.APPLIED
    if held.life.hold_event == row.event:
        until = held_until(held.life, held.earned_at, held.zone)
        if until is not None and until > at:
            row.status, row.due_at = HoldEvent.Status.WAITING, until
        else:
            row.points += _set_free(row, held, max(row.happened_at, until or row.happened_at), at)
    row.save(update_fields=["status", "due_at", "points"])


def _set_free(row: HoldEvent, held: _Held, starts: datetime, at: datetime) -> int:
    """Make points spendable that wait on an order or activity; how many. Their life starts at `starts`."""
    waiting = _waiting(held.id)
    if not waiting:
        return 0
    until = expires_at(held.life, starts, held.zone)
    part = _part(row, held.id, sum(lot.remaining for lot in waiting))
    freed = 0
    for lot in waiting:
        take = lot.remaining if part is None else min(part - freed, lot.remaining)
        if take == lot.remaining:
            freed += _activate(lot, until, at)
        elif take > 0:
            freed += _split(lot, take, until, row, held.id, at)
    events.ring_after_commit()
    return freed


def _waiting(source: UUID) -> list[SourceLot]:
    """What of an order or activity still waits, its owners' accounts held."""
    hold(sorted({lot.owner for lot in lots_of_source(source) if lot.pending and lot.remaining}))
    return [lot for lot in lots_of_source(source) if lot.pending and lot.remaining]


def _part(row: HoldEvent, order: UUID, waiting: int) -> int | None:
    """How much the lines that are through by now set free, less what they have; None for everything that waits."""
    of_order = HoldEvent.objects.filter(
        about=row.about, source=row.source, external_id=row.external_id, event=row.event
    ).exclude(status=HoldEvent.Status.PARKED)
    through = {number for numbers in of_order.values_list("lines", flat=True) for number in numbers} | set(
        row.lines
    )
    if not row.lines:
        return None
    lines = list(OrderLine.objects.filter(order=order))
    open_ones = [line for line in lines if line.points and line.refunded_minor < line.paid_minor]
    if all(line.number in through for line in open_ones):
        return None
    done = of_order.exclude(pk=row.pk).aggregate(total=Sum("points", default=0))["total"] + row.points
    states = [
        LineState(line.paid_minor, line.refunded_minor, line.points)
        for line in lines
        if line.number in through
    ]
    return min(max(0, points_to_release(states) - done), waiting)


def _activate(lot: SourceLot, until: datetime | None, at: datetime) -> int:
    posting = Posting(
        do=Do.ACTIVATE, key=f"activate:{lot.id}", kind="activation", event="points.activated", owner=lot.owner,
        actor=str(scope.actor()), at=at, now=at, unit=lot.unit, lot=lot.id, expires_at=until,
    )  # fmt: skip
    return post(posting).amount


def _split(
    lot: SourceLot, points: int, until: datetime | None, row: HoldEvent, source: UUID, at: datetime
) -> int:
    """Take a part out of a lot that waits, and give it as a lot of its own that can be spent. It stays the order's: a
    refund finds both."""
    common: dict[str, Any] = {
        "kind": "hold", "owner": lot.owner, "actor": str(scope.actor()), "at": at, "now": at, "unit": lot.unit,
        "amount": points, "counter": MerchantAccount.ADJUSTED, "source_kind": row.about, "source": source,
        "version": lot.programme_version,
    }  # fmt: skip
    post(
        Posting(do=Do.TAKE_BACK, key=f"hold:{row.pk}:{lot.id}:out", event="points.set_free", lot=lot.id,
                shortfall=Shortfall.ONLY_PENDING, **common)
    )  # fmt: skip
    post(
        Posting(do=Do.GRANT, key=f"hold:{row.pk}:{lot.id}:in", event="points.activated", expires_at=until,
                slides_days=lot.slides_days, **common)
    )  # fmt: skip
    return points


def catch_up(*, about: str, source: str, external_id: str, at: datetime) -> None:
    """Apply what happened to an order or activity before it arrived, or before it found its member. The caller has just
    written it, under its name's lock."""
    rows = list(
        HoldEvent.objects.filter(about=about, source=source, external_id=external_id).order_by(
            "recorded_at", "id"
        )
    )
    held = _held(about, source, external_id) if rows else None
    for row in rows:
        if held is not None:
            _apply(row, held, at)


def attended(activity: Activity, *, at: datetime) -> int:
    """What a member did may be what their points wait for, like coming to the event they bought a ticket to: sets those
    free and says how many. About a product, it is about the lines of their orders that have it, and nothing else."""
    freed = 0
    waiting = [
        lot for lot in open_lots(activity.member_id)
        if lot.pending and lot.available_from is None and lot.transfer.source != activity.pk
    ]  # fmt: skip
    for source in dict.fromkeys(lot.transfer.source for lot in waiting):
        freed += _attended_for(activity, source, at) if source is not None else 0
    return freed


def _attended_for(activity: Activity, source: UUID, at: datetime) -> int:
    order = Order.objects.filter(pk=source).first()
    found = order or Activity.objects.filter(pk=source).first()
    if found is None:
        return 0
    about = HoldEvent.About.ORDER if order else HoldEvent.About.ACTIVITY
    held = _held(about, found.source, found.external_id)
    if held is None or held.life.hold_event != activity.kind:
        return 0
    numbers: list[int] = []
    if activity.sku:
        lines = OrderLine.objects.filter(order=source, sku=activity.sku).order_by("number")
        numbers = list(lines.values_list("number", flat=True))
        if not numbers:
            return 0
    # Of this very activity: no other call makes this row.
    row = HoldEvent.objects.create(
        about=about, source=found.source, external_id=found.external_id, event=activity.kind, lines=numbers,
        fingerprint=fingerprint([str(activity.pk), str(source)]), status=HoldEvent.Status.PARKED,
        happened_at=activity.happened_at, recorded_at=at,
    )  # fmt: skip
    _apply(row, held, at)
    return row.points


@transaction.atomic
def release_due(*, at: datetime, most: int) -> int:
    """Set free what waited for its day after its event had happened: at most so many events; how many. Safe to stop and
    to repeat."""
    rows = list(
        HoldEvent.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(status=Fixed("waiting"), due_at__lte=at)
        .order_by("due_at")[:most]
    )
    found = [(row, _held(row.about, row.source, row.external_id)) for row in rows]
    lots = [lot for _row, held in found if held for lot in lots_of_source(held.id)]
    hold(sorted({lot.owner for lot in lots if lot.pending and lot.remaining}))
    for row, held in found:
        if held is not None:
            _apply(row, held, at)
    return len(rows)


@transaction.atomic
def activate_order(*, order: UUID, at: datetime) -> int:
    """Make everything that an order, or an activity, still holds spendable, whatever it waits for; how many points.

    Their life starts now, by the terms they were earned under. Staff let points go early by this.
    """
    zone, freed = ZoneInfo(shop_of_scope().timezone), 0
    for lot in _waiting(order):
        life = PointsLife()
        if lot.programme_version is not None:
            life = programmes.version(lot.programme_version).programme["points_life"]
        freed += _activate(lot, expires_at(life, at, zone), at)
    events.ring_after_commit()
    return freed
