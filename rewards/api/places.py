"""Events: their dates, booking a place, waiting for one, checking in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, Rehearsal, endpoint, page_of, within
from rewards import models
from rewards.api.shapes import Channel, Id, Why
from rewards.operations import places as operations
from rewards.operations.redemption import NotEligible
from rewards.queries import catalogue
from rewards.queries import places as queries

Capacity = Annotated[int, Meta(ge=1, le=operations.MOST_PLACES)]
Where = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
DATE = {"starts_at": "2026-12-05T18:00:00+01:00", "capacity": 12, "place": "The kitchen, Main Street 1"}


class NewSession(Struct, forbid_unknown_fields=True, frozen=True):
    """A date. Places can be booked until `book_until`, or until it starts."""

    starts_at: Instant
    capacity: Capacity
    ends_at: Instant | None = None
    place: Where = ""
    book_until: Instant | UnsetType = UNSET


class SessionChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Only what is sent changes. Places that are added go to whoever waits."""

    starts_at: Instant | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    place: Where | UnsetType = UNSET
    book_until: Instant | UnsetType = UNSET


class CalledOff(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; everybody who has a place gets their points back."""

    reason: Why


class Session(Struct):
    """A date of an event. `left` are the places nobody has."""

    id: str
    reward: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    capacity: int
    left: int
    book_until: datetime
    cancelled_at: datetime | None


class NewBooking(Struct, forbid_unknown_fields=True, frozen=True):
    """Who would like a place, and where they asked."""

    member: Id
    channel: Channel = ""


class PlaceGivenUp(Struct, forbid_unknown_fields=True, frozen=True):
    """`give_back`: whether the points come back; the reward's own terms decide when it is null."""

    give_back: bool | None = None


class Booking(Struct):
    """booked → attended | missed | cancelled; waiting → booked | passed | cancelled. Who waits has spent nothing:
    `redemption` comes with the place. `ahead` is how many wait before them."""

    id: str | None
    session: str
    member: str
    status: str
    ahead: int | None
    redemption: str | None
    asked_at: datetime
    booked_at: datetime | None
    settled_at: datetime | None
    dry_run: bool


class BookingSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """In the order in which they were asked for, which is that of the waiting list."""

    status: Literal["", "booked", "waiting", "attended", "missed", "passed", "cancelled"] = ""


def session(row: models.Session) -> Session:
    """A date with what is left of it."""
    return Session(
        ids.encode("ssn", row.pk), ids.encode("rwd", row.reward_id), row.starts_at, row.ends_at, row.place,
        row.capacity, row.capacity - row.taken, row.book_until, row.cancelled_at,
    )  # fmt: skip


def booking(row: models.Booking, *, dry_run: bool = False) -> Booking:
    """A booking; of one that waits, how many wait before it."""
    waits = row.status == models.Booking.Status.WAITING
    paid = ids.encode("rdm", row.redemption_id) if row.redemption_id and not dry_run else None
    return Booking(
        None if dry_run else ids.encode("bkg", row.pk), ids.encode("ssn", row.session_id),
        ids.encode("mbr", row.member_id), row.status, queries.ahead(row) if waits else None, paid, row.asked_at,
        row.booked_at, row.settled_at, dry_run,
    )  # fmt: skip


def _details(body: Any) -> dict[str, Any]:
    sent = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    return {
        name: within(name, value) if isinstance(value, datetime) else value for name, value in sent.items()
    }


class Sessions(Endpoint):
    @endpoint(
        summary="List an event's dates", scope="rewards:read", query=Paged, answers={200: page_of(Session)}
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002 - the address's own word
        """Soonest first; those that are over or were called off, too."""
        reward = catalogue.reward(ids.decode("rwd", id))
        found = queries.sessions(reward=reward.pk)
        by: list[tuple[str, Any]] = [("starts_at", datetime), ("id", UUID)]
        window = keyset(found, call.query, name="sessions", by=by, descending=False)
        return call.page(window, [session(row) for row in window.rows])

    @endpoint(
        summary="Open a date", scope="rewards:write", body=NewSession, example=DATE, moves_value=True,
        answers={201: Session}, refuses=(operations.NoEvent,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> tuple[int, Session]:  # noqa: A002
        """A date of an experience or a workshop. The Idempotency-Key keeps a repetition from opening a second one."""
        made = operations.open_session(reward=ids.decode("rwd", id), at=call.at, details=_details(call.body))
        return 201, session(made)


class OneSession(Endpoint):
    @endpoint(summary="Read a date", scope="rewards:read", answers={200: Session})
    def get(self, call: Call, id: str) -> Session:  # noqa: A002
        """With the places that are left."""
        return session(queries.session(ids.decode("ssn", id)))

    @endpoint(
        summary="Edit a date", scope="rewards:write", body=SessionChange, example={"capacity": 16},
        answers={200: Session}, refuses=(operations.TooFewPlaces,),
    )  # fmt: skip
    def patch(self, call: Call, id: str) -> Session:  # noqa: A002
        """Changes what is sent. Places that are added go to whoever has waited longest, by themselves."""
        changed = operations.edit_session(
            session=ids.decode("ssn", id), at=call.at, details=_details(call.body)
        )
        return session(changed)


class SessionCancellation(Endpoint):
    @endpoint(
        summary="Call a date off", scope="rewards:write", body=CalledOff, example={"reason": "The oven broke"},
        answers={200: Session},
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Session:  # noqa: A002
        """Nobody can book it any more; shortly afterwards everybody has their points back. Twice is once."""
        return session(
            operations.cancel_session(session=ids.decode("ssn", id), at=call.at, reason=call.body.reason)
        )


class Bookings(Endpoint):
    @endpoint(
        summary="List the bookings of a date", scope="rewards:read", query=BookingSearch,
        answers={200: page_of(Booking)},
    )  # fmt: skip
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """First asked first: the waiting list is in its order."""
        found = queries.session(ids.decode("ssn", id))
        rows = queries.bookings(session=found.pk, status=call.query.status)
        window = keyset(rows, call.query, name="bookings", by=[("id", UUID)], descending=False)
        return call.page(window, [booking(row) for row in window.rows])

    @endpoint(
        summary="Book a place", scope="redemptions:write", body=NewBooking, query=Rehearsal, moves_value=True,
        example={"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c", "channel": "web"},
        answers={201: Booking, 200: Booking},
        refuses=(
            NotEligible, operations.AlreadyBooked, operations.BookingClosed, operations.SessionCancelled,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> tuple[int, Booking]:  # noqa: A002
        """Spends the points and gives a ticket; where all places are taken, the member waits and spends nothing until
        it is their turn. 200 for a rehearsal."""
        made = operations.book_place(
            member=ids.decode("mbr", call.body.member), session=ids.decode("ssn", id), key=call.natural_key,
            at=call.at, channel=call.body.channel,
        )  # fmt: skip
        return (200 if call.dry_run else 201), booking(made, dry_run=call.dry_run)


class OneBooking(Endpoint):
    @endpoint(summary="Read a booking", scope="rewards:read", answers={200: Booking})
    def get(self, call: Call, id: str) -> Booking:  # noqa: A002
        """Of one that waits, how many wait before it."""
        return booking(queries.booking(ids.decode("bkg", id)))


class BookingCancellation(Endpoint):
    @endpoint(
        summary="Give a place up", scope="redemptions:write", body=PlaceGivenUp, query=Rehearsal, moves_value=True,
        example={"give_back": True}, answers={200: Booking}, refuses=(operations.WrongBooking,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Booking:  # noqa: A002
        """Or stops waiting. The points come back until the reward's hours before the start; the place goes to whoever
        has waited longest. Twice is once."""
        given_up = operations.cancel_place(
            booking=ids.decode("bkg", id), at=call.at, give_back=call.body.give_back
        )
        return booking(given_up, dry_run=call.dry_run)


class BookingCheckIn(Endpoint):
    @endpoint(
        summary="Check in", scope="redemptions:write", query=Rehearsal, moves_value=True,
        answers={200: Booking}, refuses=(operations.WrongBooking,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Booking:  # noqa: A002
        """The member is here: the ticket is used and the activity `event_attended` recorded, for which rules may give
        points. Twice is once."""
        return booking(operations.check_in(booking=ids.decode("bkg", id), at=call.at), dry_run=call.dry_run)


class BookingMissed(Endpoint):
    @endpoint(
        summary="Mark a place as missed", scope="redemptions:write", query=Rehearsal, moves_value=True,
        answers={200: Booking}, refuses=(operations.WrongBooking,),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Booking:  # noqa: A002
        """The member did not come; the points stay spent. Not before it has started. Twice is once."""
        return booking(operations.miss_place(booking=ids.decode("bkg", id), at=call.at), dry_run=call.dry_run)
