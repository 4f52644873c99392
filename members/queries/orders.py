"""Reading orders: a member's with their lines, one with everything that came back of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.tenancy.plans import Fixed
from members.models import Order, OrderLine, Refund
from members.queries.whole import of_whole


@dataclass(frozen=True, slots=True)
class Bought:
    """An order as pages and API show it. Money in minor units of `order.currency`, points whole.

    `refunds` is every refund and cancellation, oldest first; `points_taken` what they took back of
    `points_earned`, `shortfall` what they should have taken but could not.
    """

    order: Order
    lines: list[OrderLine]
    refunds: list[Refund]

    @property
    def net_minor(self) -> int:
        """What the shop kept: 0 for a cancelled order."""
        cancelled = self.order.status == Order.Status.CANCELLED
        return 0 if cancelled else self.order.total_minor - self.order.refunded_minor

    @property
    def points_taken(self) -> int:
        """Points that refunds took back."""
        return sum(refund.points_taken for refund in self.refunds)

    @property
    def shortfall(self) -> int:
        """Points that refunds could not take back, because they were spent."""
        return sum(refund.shortfall for refund in self.refunds)

    @property
    def points_kept(self) -> int:
        """Points of this order that no refund has undone."""
        return self.order.points_earned - self.points_taken - self.shortfall


def of_member(member: UUID, *, before: UUID | None = None) -> QuerySet[Order]:
    """A member's orders, last recorded first, those of members merged into them included.

    The caller slices; page on with the last order's id as `before`.
    """
    found = Order.objects.filter(of_whole(member)).order_by("-id")
    return found.filter(pk__lt=before) if before else found


def every() -> QuerySet[Order]:
    """All orders of the shop, in no order; the caller narrows and slices."""
    return Order.objects.all()


def standing_as(status: str) -> Q:
    """Orders of one status, `recorded` or `cancelled`. Written into the statement: few are cancelled, and they have an
    index of their own."""
    return Q(status=Fixed(Order.Status(status).value))


SHOWS = {
    "members": Q(member__isnull=False),
    "guests": Q(member=None),
    "refunded": Q(refunded_minor__gt=Fixed(0)),
    "cancelled": Q(status=Fixed("cancelled")),
}


def listed(
    *, show: str = "", number: str = "", before: tuple[datetime, UUID] | None = None
) -> QuerySet[Order]:
    """The list, last placed first: those that `show` names (one of `SHOWS`, "" for all), those with the shop's own
    `number`. `before` is the last row's (placed_at, id) for the next page. The caller slices."""
    found = Order.objects.order_by("-placed_at", "-id")
    if show:
        found = found.filter(SHOWS[show])
    if number:
        found = found.filter(external_id=number)
    if before is not None:
        found = found.filter(Q(placed_at__lt=before[0]) | Q(placed_at=before[0], pk__lt=before[1]))
    return found


def newest_of_members(limit: int) -> list[Order]:
    """The last purchases by members that cost something and still stand, newest first."""
    standing = Order.objects.filter(status=Order.Status.RECORDED, member__isnull=False, total_minor__gt=0)
    return list(standing.order_by("-placed_at")[:limit])


def with_lines(orders: Iterable[Order]) -> list[Bought]:
    """Orders with their lines and refunds, in the given order; two queries however many there are."""
    found = list(orders)
    keys = [order.pk for order in found]
    lines: dict[UUID, list[OrderLine]] = {key: [] for key in keys}
    refunds: dict[UUID, list[Refund]] = {key: [] for key in keys}
    for line in OrderLine.objects.filter(order__in=keys).order_by("order_id", "number"):
        lines[line.order_id].append(line)
    for refund in Refund.objects.filter(order__in=keys).order_by("recorded_at", "id"):
        refunds[refund.order_id].append(refund)
    return [Bought(order, lines[order.pk], refunds[order.pk]) for order in found]


def standing_orders(member: UUID, *, since: datetime | None = None) -> QuerySet[Order]:
    """A member's orders that were not cancelled, the last one first; since an instant, when there is one."""
    found = Order.objects.filter(member=member, status=Order.Status.RECORDED).order_by("-placed_at", "-id")
    return found.filter(placed_at__gte=since) if since else found


def orders_of_ids(order_ids: Collection[UUID]) -> list[Bought]:
    """Those of these orders that are here, with lines and refunds."""
    return with_lines(Order.objects.filter(pk__in=list(order_ids)))


def order(order_id: UUID) -> Bought:
    """One order with its lines and refunds; `NotFound` otherwise."""
    found = Order.objects.filter(pk=order_id).first()
    if found is None:
        raise NotFound("order")
    return with_lines([found])[0]


def numbers_of(orders: Iterable[UUID]) -> dict[UUID, str]:
    """The shop's own numbers of some orders, by their ids; unknown ones are missing."""
    return dict(Order.objects.filter(pk__in=list(orders)).values_list("pk", "external_id"))


def by_external_id(source: str, external_id: str) -> Bought:
    """The order a shop system knows by its own number; `NotFound` otherwise."""
    found = Order.objects.filter(source=source, external_id=external_id).first()
    if found is None:
        raise NotFound("order")
    return with_lines([found])[0]


def source_of(external_id: str, *, member: UUID) -> str:
    """Which shop system sent a member's order of a number, the last of several; "" for none."""
    rows = Order.objects.filter(member=member, external_id=external_id).order_by("-placed_at")
    return rows.values_list("source", flat=True).first() or ""


def waiting_refunds() -> QuerySet[Refund]:
    """Refunds whose order has not arrived yet, oldest first."""
    return Refund.objects.filter(status=Refund.Status.PARKED).order_by("recorded_at", "id")


def recorded(external_ids: Collection[str], *, source: str) -> dict[str, UUID]:
    """Which of a shop system's orders are here already: fingerprints by their own numbers."""
    rows = Order.objects.filter(source=source, external_id__in=list(external_ids))
    return dict(rows.values_list("external_id", "fingerprint"))
