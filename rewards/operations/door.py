"""At the door of an event: who shows a ticket or their card is checked in."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from members.models import Identity
from members.queries import directory
from members.queries.whole import of_whole
from rewards.models import Booking
from rewards.operations import vouchers
from rewards.operations.places import check_in


class NoTicket(DomainError):
    code = "no_ticket"
    message = _("Nobody with this ticket or card has a place on this date.")
    field = "code"


def check_in_by_code(*, session: UUID, code: str, at: datetime) -> Booking:
    """Check in whoever shows a ticket's code, or the code of their card. Twice is once. Raises `NoTicket` for a code of
    another date or of nobody, `WrongBooking` for a place that was given up."""
    found = _by_ticket(session, code) or _by_card(session, code)
    if found is None:
        raise NoTicket()
    return check_in(booking=found.pk, at=at)


def _by_ticket(session: UUID, code: str) -> Booking | None:
    named = vouchers.redemptions_of(code=code)
    return Booking.objects.filter(session=session, redemption__in=named).order_by("-id").first()


def _by_card(session: UUID, code: str) -> Booking | None:
    try:
        member = directory.by_identity(Identity.Kind.CARD, code)
    except NotFound:
        return None
    has = (Booking.Status.BOOKED, Booking.Status.ATTENDED)
    mine = Booking.objects.filter(of_whole(member.pk), session=session, status__in=has)
    return mine.order_by("-id").first()
