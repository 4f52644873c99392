"""Booking a place at an event, waiting for one, and giving it up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty.core import ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import sent_form_key, sent_to
from loyalty.web.portal.frame import Card, card_page
from members.queries.why import voice_of_scope
from rewards.models import Booking
from rewards.operations.places import book_place, cancel_place
from rewards.operations.redemption import NotEligible
from rewards.queries import places
from rewards.queries import why as missing_words


@require_POST
@card_page(proven=True)
def book(request: HttpRequest, card: Card, session_id: str) -> HttpResponse:
    """A place, or one in the waiting list: once for each time the page was shown."""
    session = places.session(ids.decode("ssn", session_id))
    page = card.url("reward", ids.encode("rwd", session.reward_id))
    key = sent_form_key(request)
    if not key:
        return sent_to(request, page)
    try:
        booking = book_place(
            member=card.member_id, session=session.pk, key=f"portal:{card.member_id}:{key}", at=card.at
        )
    except NotEligible as refusal:
        voice = voice_of_scope()
        for missing in refusal.reasons:
            messages.error(request, missing_words.sentence(missing, voice))
        return sent_to(request, page)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return sent_to(request, page)
    if booking.status == Booking.Status.WAITING:
        messages.success(request, _("You are on the waiting list. Nothing is taken until you get a place."))
        return sent_to(request, page)
    if booking.redemption_id is None:
        return sent_to(request, page)
    return sent_to(request, card.url("code", ids.encode("rdm", booking.redemption_id)))


@require_POST
@card_page(proven=True)
def give_up(request: HttpRequest, card: Card, booking_id: str) -> HttpResponse:
    """Leave the place, or the waiting list, to others."""
    wanted = ids.decode("bkg", booking_id)
    booking = places.bookings(member=card.member_id).filter(pk=wanted).first()
    if booking is None:
        raise NotFound("booking")
    page = card.url("reward", ids.encode("rwd", booking.session.reward_id))
    try:
        cancel_place(booking=booking.pk, at=card.at)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your place is free for somebody else."))
    return sent_to(request, page)
