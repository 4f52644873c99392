"""Dates of events, and who has a place or waits for one."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from loyalty.core.errors import NotFound
from members.queries.whole import of_whole
from rewards.models import Booking, Session

HAS_PLACE = (Booking.Status.BOOKED, Booking.Status.ATTENDED)


def sessions(*, reward: UUID, after: datetime | None = None) -> QuerySet[Session]:
    """An event's dates, soonest first; with `after` only those that start later and were not called off."""
    found = Session.objects.filter(reward=reward).order_by("starts_at", "id")
    return found.filter(starts_at__gt=after, cancelled_at=None) if after else found


def dates(*, after: datetime | None = None, until: datetime | None = None) -> QuerySet[Session]:
    """All dates of the shop that start after an instant, soonest first; or before another, last first. The caller
    slices."""
    found = Session.objects.select_related("reward")
    if until is not None:
        return found.filter(starts_at__lte=until).order_by("-starts_at", "-id")
    return found.filter(starts_at__gt=after).order_by("starts_at", "id")


def numbers(sessions: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """How many bookings of each status some dates have; one query."""
    found: dict[UUID, dict[str, int]] = {pk: {} for pk in sessions}
    rows = Booking.objects.filter(session__in=list(found)).order_by().values_list("session", "status")
    for session, status, number in rows.annotate(number=Count("pk")):
        found[session][status] = number
    return found


def session(session_id: UUID) -> Session:
    """One date; `NotFound` otherwise."""
    found = Session.objects.select_related("reward").filter(pk=session_id).first()
    if found is None:
        raise NotFound("session")
    return found


def bookings(
    *, session: UUID | None = None, member: UUID | None = None, status: str = ""
) -> QuerySet[Booking]:
    """Bookings in the order they were asked for, which is the order of the waiting list; a member's include those of
    members merged into them."""
    found = Booking.objects.select_related("session__reward").order_by("id")
    if session is not None:
        found = found.filter(session=session)
    if member is not None:
        found = found.filter(of_whole(member))
    return found.filter(status=status) if status else found


def booking(booking_id: UUID) -> Booking:
    """One booking; `NotFound` otherwise."""
    found = Booking.objects.select_related("session__reward").filter(pk=booking_id).first()
    if found is None:
        raise NotFound("booking")
    return found


def ahead(row: Booking) -> int:
    """How many wait before a booking that waits."""
    waiting = Booking.objects.filter(session=row.session_id, status=Booking.Status.WAITING)
    return waiting.filter(pk__lt=row.pk).count()


def of_redemptions(redemptions: Iterable[UUID]) -> dict[UUID, Booking]:
    """The bookings that some redemptions paid for, by theirs; one query."""
    rows = Booking.objects.select_related("session").filter(redemption__in=list(redemptions))
    return {row.redemption_id: row for row in rows if row.redemption_id}
