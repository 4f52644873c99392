"""Places at events: dates with so many places, booking them, a waiting list that moves up by itself, checking in.

A place costs its points when it is had, not when it is waited for. Locks come in the order that
`membership.locked` states, then sessions, then bookings.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, KeyReused, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.operations import hold as hold_accounts
from members.models import Member
from members.operations.activities import record_activity
from members.operations.membership import NotActive, locked
from members.queries.whole import of_whole
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef
from rewards.models import Booking, Reward, Session, Voucher
from rewards.operations import undoing, written
from rewards.operations.redemption import NotEligible, Use, redeem_reward, reverse_redemption
from rewards.queries import catalogue
from rewards.queries.places import HAS_PLACE
from rewards.rules.eligibility import Missing, why_not
from rewards.rules.kinds.happenings import Experience

MOST_PLACES = 1_000_000
SOURCE = "rewards"
ATTENDED = "event_attended"


class NoEvent(DomainError):
    code = "no_event"
    message = _("This reward has no dates: only experiences and workshops do.")


class BookingClosed(DomainError):
    code = "booking_closed"
    message = _("Places could be booked until {until}.")


class SessionCancelled(DomainError):
    code = "session_cancelled"
    message = _("This date was cancelled.")


class AlreadyBooked(DomainError):
    code = "already_booked"
    message = _("This member has a place already, or waits for one.")


class WrongBooking(DomainError):
    code = "wrong_booking_state"
    message = _("This booking is {status}.")


class TooFewPlaces(DomainError):
    code = "places_below_taken"
    message = _("{taken} places have been taken; there cannot be fewer.")
    field = "capacity"


@transaction.atomic
def open_session(*, reward: UUID, at: datetime, details: Mapping[str, Any]) -> Session:
    """A new date of an experience or a workshop. `details`: starts_at, capacity, ends_at, place, book_until (until it
    starts when not given). Raises `InvalidInput`, `NoEvent`."""
    row = Reward.objects.filter(pk=reward).first()
    if row is None:
        raise NotFound("reward")
    if not isinstance(catalogue.kind_terms(row), Experience):
        raise NoEvent()
    session = Session(reward=row, created_at=at)
    _fill(session, {"book_until": details.get("starts_at"), **details})
    session.save(force_insert=True)
    record(
        "session.opened",
        subject=session.pk,
        at=at,
        data={"reward": str(row.pk), "capacity": session.capacity},
    )
    return session


@transaction.atomic
def edit_session(*, session: UUID, at: datetime, details: Mapping[str, Any]) -> Session:
    """Change a date. Places that are added go to whoever waits. Raises `TooFewPlaces`."""
    row = _locked(session)
    _fill(row, details)
    if row.capacity < row.taken:
        raise TooFewPlaces(taken=row.taken)
    row.save()
    record("session.edited", subject=row.pk, at=at, data={"fields": sorted(details)})
    if row.taken < row.capacity:
        record("place.freed", subject=None, at=at, data={"session": str(row.pk)})
    return row


def _fill(session: Session, details: Mapping[str, Any]) -> None:
    for name in ("starts_at", "ends_at", "place", "capacity", "book_until"):
        if name in details:
            setattr(session, name, details[name])
    problems = []
    if not isinstance(session.starts_at, datetime) or session.starts_at.tzinfo is None:
        problems.append(("starts_at", _("Say when it starts.")))
    elif session.ends_at is not None and session.ends_at <= session.starts_at:
        problems.append(("ends_at", _("It ends before it starts.")))
    elif session.book_until is None or session.book_until > session.starts_at:
        problems.append(("book_until", _("Places can be booked until it starts at the latest.")))
    if session.capacity is None or not 1 <= session.capacity <= MOST_PLACES:
        problems.append(("capacity", _("Say how many places there are.")))
    if len(session.place) > 200 or not session.place.isprintable():
        problems.append(("place", _("Write at most 200 plain characters.")))
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": str(m)} for f, m in problems])


def _locked(session: UUID) -> Session:
    row = Session.objects.select_for_update(no_key=True).filter(pk=session).first()
    if row is None:
        raise NotFound("session")
    return row


@transaction.atomic
def book_place(*, member: UUID, session: UUID, key: str, at: datetime, channel: str = "") -> Booking:
    """Book a place: its points are spent at once and a code is the ticket. Where all are taken, the member waits and
    spends nothing. The same `key` again answers again.

    Raises `NotEligible`, `AlreadyBooked`, `BookingClosed`, `SessionCancelled`.
    """
    reward = Session.objects.values_list("reward_id", flat=True).filter(pk=session).first()
    if reward is None:
        raise NotFound("session")
    mark = fingerprint([str(member), str(session)])
    who, _asked = written.ask(member=member, reward=reward, key=key, at=at)
    earlier = Booking.objects.filter(key=key).first()
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise KeyReused(field="key")
        return earlier
    row = _open_for_booking(session, at)
    if Booking.objects.filter(of_whole(who), session=row, status__in=(*HAS_PLACE, "waiting")).exists():
        raise AlreadyBooked()
    booking = Booking(
        key=key, fingerprint=mark, session=row, member_id=who, status=Booking.Status.WAITING, channel=channel[:20],
        asked_at=at,
    )  # fmt: skip
    waits = Booking.objects.filter(session=row, status=Booking.Status.WAITING).exists()
    if row.taken < row.capacity and not waits:
        _seat(booking, row, at)
    else:
        _refuse_to_wait(member, row, at, channel)
        booking.save(force_insert=True)
        record("place.waited", subject=who, at=at, data=_told(booking))
    return booking


def _open_for_booking(session: UUID, at: datetime) -> Session:
    row = _locked(session)
    if row.cancelled_at is not None:
        raise SessionCancelled()
    if at > row.book_until:
        raise BookingClosed(until=row.book_until.isoformat())
    return row


def _refuse_to_wait(member: UUID, session: Session, at: datetime, channel: str) -> None:
    """Who could not have the place if there were one does not wait for it; too few points may become enough."""
    row = catalogue.reward(session.reward_id)
    reasons = why_not(
        catalogue.terms_of(row), catalogue.asker(member, row, at=at, channel=channel, booking=True), at
    )
    lasting = tuple(reason for reason in reasons if reason.code != "not_enough_points")
    if lasting:
        raise NotEligible(lasting)


def _seat(booking: Booking, session: Session, at: datetime) -> None:
    """Give the booking its place: points, ticket, one place fewer. Raises `NotEligible`."""
    redemption = redeem_reward(
        member=booking.member_id, reward=session.reward_id, key=f"place:{booking.pk}", at=at, channel=booking.channel,
        use=Use(booking=True),
    )  # fmt: skip
    booking.status, booking.booked_at, booking.redemption = Booking.Status.BOOKED, at, redemption
    booking.save()
    Session.objects.filter(pk=session.pk).update(taken=F("taken") + 1)
    record("place.booked", subject=booking.member_id, at=at, data=_told(booking))


@transaction.atomic
def move_up(*, session: UUID, at: datetime) -> Booking | None:
    """Give a free place to whoever has waited longest; the booking, None when none is free or nobody waits.

    Their points are spent now. Who cannot have it (too few points, no longer a member) is passed over for good, and
    `place.passed` says why. Called after a place was freed, in a transaction of its own, until it answers None.
    """
    booking = Booking.objects.filter(session=session, status=Booking.Status.WAITING).order_by("id").first()
    if booking is None:
        return None
    reward = Session.objects.values_list("reward_id", flat=True).get(pk=session)
    try:
        written.ask(member=booking.member_id, reward=reward, key="", at=at)
        row = _open_for_booking(session, at)
        booking = Booking.objects.select_for_update().get(pk=booking.pk)
        if row.taken >= row.capacity:
            return None
        if booking.status == Booking.Status.WAITING:
            with transaction.atomic():
                _seat(booking, row, at)
        return booking
    except (NotEligible, NotFound) as refused:
        reasons = refused.reasons if isinstance(refused, NotEligible) else (Missing("member_not_active"),)
        booking.status, booking.settled_at, booking.redemption = Booking.Status.PASSED, at, None
        booking.booked_at = None
        booking.save()
        told = {**_told(booking), "why": [reason.code for reason in reasons]}
        record("place.passed", subject=booking.member_id, at=at, data=told)
        return booking
    except (BookingClosed, SessionCancelled):
        return None


@transaction.atomic
def cancel_place(*, booking: UUID, at: datetime, give_back: bool | None = None, reason: str = "") -> Booking:
    """Give up a place, or stop waiting. The points come back until the hours before the start that the reward says;
    `give_back` is staff's own decision, either way. Cancelling twice is once."""
    found = _found(booking)
    terms, row, session = _of(found)
    if row.status == Booking.Status.CANCELLED:
        return row
    if row.status == Booking.Status.WAITING:
        row.status, row.settled_at = Booking.Status.CANCELLED, at
        row.save(update_fields=["status", "settled_at"])
        record("place.cancelled", subject=row.member_id, at=at, data={**_told(row), "given_back": False})
        return row
    if row.status != Booking.Status.BOOKED or row.redemption_id is None:
        raise WrongBooking(status=row.status)
    returns = give_back if give_back is not None else at <= terms.free_until(session.starts_at)
    if returns:
        reverse_redemption(redemption=row.redemption_id, at=at, reason=reason or str(_("Place given up")))
        row.refresh_from_db()
    else:
        Voucher.objects.filter(redemption=row.redemption_id).update(status=Voucher.Status.VOID)
        undoing.free(row=row, at=at)
    record("place.cancelled", subject=row.member_id, at=at, data={**_told(row), "given_back": bool(returns)})
    return row


def _found(booking: UUID) -> Booking:
    row = Booking.objects.filter(pk=booking).first()
    if row is None:
        raise NotFound("booking")
    return row


def _of(found: Booking) -> tuple[Experience, Booking, Session]:
    """A booking under its locks, with its session and the terms of its reward: the member, their redemption, then the
    booking."""
    if found.redemption_id is not None:
        written.held(redemption=found.redemption_id)
    else:
        locked(found.member_id)
    row = Booking.objects.select_for_update().get(pk=found.pk)
    session = Session.objects.select_related("reward").get(pk=row.session_id)
    terms = catalogue.kind_terms(session.reward)
    return (terms if isinstance(terms, Experience) else Experience()), row, session


@transaction.atomic
def cancel_session(*, session: UUID, at: datetime, reason: str) -> Session:
    """Call a date off. Nobody can book it any more; `clear_session` follows by itself. Twice is once."""
    row = _locked(session)
    if row.cancelled_at is None:
        row.cancelled_at = at
        row.save(update_fields=["cancelled_at"])
        record("session.cancelled", subject=row.pk, at=at, data={"places": row.taken, "reason": reason[:300]})
    return row


@transaction.atomic
def clear_session(*, session: UUID, at: datetime, reason: str) -> int:
    """Give everybody's points back for a date that was called off, and send those who wait away; how many had a place.
    Not in one transaction with calling it off: whoever books at this moment holds what this has to wait for."""
    stand = Booking.objects.filter(
        session=session, session__cancelled_at__isnull=False,
        status__in=(Booking.Status.BOOKED, Booking.Status.WAITING),
    )  # fmt: skip
    bookings = list(stand.order_by("member_id", "pk"))
    _lock_all({booking.member_id for booking in bookings})
    had = 0
    for booking in bookings:
        had += booking.status == Booking.Status.BOOKED
        try:
            cancel_place(booking=booking.pk, at=at, give_back=True, reason=reason)
        except NotActive:
            cancel_place(booking=booking.pk, at=at, give_back=False)
    return had


def _lock_all(members: set[UUID]) -> None:
    """All locks first, each kind sorted: what one cancellation takes last, a redemption next door takes first."""
    into = Member.objects.filter(pk__in=members).values_list("merged_into_id", flat=True)
    everybody = sorted(members | {pk for pk in into if pk})
    for member in everybody:
        locked(member)
    hold_accounts(everybody)


@transaction.atomic
def check_in(*, booking: UUID, at: datetime) -> Booking:
    """Whoever has the place is here: the ticket is used, and the activity `event_attended` is recorded, so that rules
    can give something for it. Twice is once."""
    found = _found(booking)
    if found.status == Booking.Status.ATTENDED:
        return found
    handle, session = _named(found)
    # First, because members' counts come before everything else in the order of locks.
    record_activity(
        activity=NewActivity(
            external_id=ids.encode("bkg", found.pk), kind=ATTENDED, happened_at=at, source=SOURCE,
            member=MemberRef(id=ids.encode("mbr", found.member_id)),
            properties={"reward": handle, "session": session},
        ),
        at=at,
    )  # fmt: skip
    _terms, row, _session = _of(found)
    if row.status != Booking.Status.BOOKED:
        raise WrongBooking(status=row.status)
    row.status, row.settled_at = Booking.Status.ATTENDED, at
    row.save(update_fields=["status", "settled_at"])
    Voucher.objects.filter(redemption=row.redemption_id, status=Voucher.Status.ACTIVE).update(
        status=Voucher.Status.USED, used_at=at, used_by="check-in"
    )
    record("place.attended", subject=row.member_id, at=at, data=_told(row))
    return row


def _named(booking: Booking) -> tuple[str, str]:
    handle = Reward.objects.values_list("handle", flat=True).get(sessions=booking.session_id)
    return handle, ids.encode("ssn", booking.session_id)


@transaction.atomic
def miss_place(*, booking: UUID, at: datetime) -> Booking:
    """Whoever had the place did not come. The points stay spent. Twice is once."""
    _terms, row, session = _of(_found(booking))
    if row.status == Booking.Status.MISSED:
        return row
    if row.status != Booking.Status.BOOKED or at < session.starts_at:
        raise WrongBooking(status=row.status)
    row.status, row.settled_at = Booking.Status.MISSED, at
    row.save(update_fields=["status", "settled_at"])
    record("place.missed", subject=row.member_id, at=at, data=_told(row))
    return row


def _told(row: Booking) -> dict[str, object]:
    redemption = str(row.redemption_id) if row.redemption_id else None
    return {"booking": str(row.pk), "session": str(row.session_id), "redemption": redemption}
