"""Points given from one member to another: give, read, bring back."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Points, Rehearsal, endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.ledger.queries import balance
from members import models
from members.api import shapes
from members.api.inputs import MaybeId, Why
from members.api.members import member_id
from members.operations import transfers
from members.operations.deciding import MemberNotFound, named
from members.operations.membership import NotActive
from members.queries import sharing
from members.queries.order_facts import look_up
from members.rules.shopping import MemberRef


class NewTransfer(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose points go to whom, each named in exactly one way, and how many."""

    giver: MemberRef
    receiver: MemberRef
    amount: Points


class TransferSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Of one member, given or received; or of all."""

    member: MaybeId = ""


class Undoing(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; kept with the transfer."""

    reason: Why


class Transfer(Struct):
    """Points that went from one member to another. `kind` is gift, or household for points gathered when one of a
    household redeemed. `undone` of `amount` went back. Balances are what each can spend afterwards, null in lists."""

    id: str | None
    kind: str
    giver: str
    receiver: str
    amount: int
    happened_at: datetime
    undone: int
    undone_at: datetime | None
    redemption: str | None
    giver_balance: int | None
    receiver_balance: int | None
    replayed: bool
    dry_run: bool


def _told(
    row: models.PointsTransfer, *, balances: bool = False, replayed: bool = False, dry_run: bool = False
) -> Transfer:
    return Transfer(
        id=None if dry_run else ids.encode("ptr", row.pk),
        kind=row.kind,
        giver=ids.encode("mbr", row.giver_id),
        receiver=ids.encode("mbr", row.receiver_id),
        amount=row.amount,
        happened_at=row.happened_at,
        undone=row.undone,
        undone_at=row.undone_at,
        redemption=shapes.named("rdm", row.redemption),
        giver_balance=balance(row.giver_id).available if balances else None,
        receiver_balance=balance(row.receiver_id).available if balances else None,
        replayed=replayed,
        dry_run=dry_run,
    )


def people(**refs: MemberRef) -> dict[str, UUID]:
    """The members that some fields of a body name. Raises `MemberNotFound` and `InvalidInput` naming the field."""
    asked = {}
    for number, (field, ref) in enumerate(refs.items()):
        if len(ref.given()) != 1:
            raise InvalidInput.of(field, "Name the member in exactly one way.")
        try:
            asked[number] = named(ref)
        except MemberNotFound:
            raise MemberNotFound(field=field) from None
        except InvalidInput as error:
            raise InvalidInput(
                [{**one, "field": one["field"].replace("member", field, 1)} for one in error.errors]
            ) from None
    known, _counts = look_up(asked)
    for number, field in enumerate(refs):
        if number not in known:
            raise MemberNotFound(field=field)
    return {field: known[number].id for number, field in enumerate(refs)}


class Transfers(Endpoint):
    @endpoint(
        summary="Give points to another member",
        scope="sharing:write",
        body=NewTransfer,
        query=Rehearsal,
        moves_value=True,
        example={
            "giver": {"external_id": "customer-1001"},
            "receiver": {"email": "ben@example.com"},
            "amount": 50,
        },
        answers={201: Transfer, 200: Transfer},
        refuses=(
            MemberNotFound, NotActive, "not_enough_points", transfers.TransfersOff, transfers.TransferTooSmall,
            transfers.TransferTooLarge, transfers.TransferLimitReached, transfers.SameMember, transfers.OwesPoints,
        ),
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, Transfer]:
        """What ends first leaves first, and arrives with its dates. Points that still wait cannot be given. A refund
        of the order that earned them takes from what the giver has left; what was given stays given. 200 for a
        rehearsal."""
        who = people(giver=call.body.giver, receiver=call.body.receiver)
        given = transfers.give_points(
            giver=who["giver"],
            receiver=who["receiver"],
            amount=call.body.amount,
            key=call.natural_key,
            at=call.at,
        )
        status = 200 if call.dry_run or given.replayed else 201
        return status, _told(given.transfer, balances=True, replayed=given.replayed, dry_run=call.dry_run)

    @endpoint(
        summary="List transfers",
        scope="members:read",
        query=TransferSearch,
        answers={200: page_of(Transfer)},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> dict:
        """Last made first; of a member, what they gave and what they were given."""
        asked = call.query
        found = sharing.transfers(member_id(asked.member) if asked.member else None)
        window = keyset(found, asked, name="transfers", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])


class OneTransfer(Endpoint):
    @endpoint(summary="Read a transfer", scope="members:read", answers={200: Transfer})
    def get(self, call: Call, id: str) -> Transfer:  # noqa: A002 - the address's own word
        """Who gave how much to whom, and what of it went back."""
        return _told(sharing.transfer(ids.decode("ptr", id)))


class TransferUndo(Endpoint):
    @endpoint(
        summary="Bring a transfer back",
        scope="points:adjust",
        body=Undoing,
        query=Rehearsal,
        moves_value=True,
        example={"reason": "Sent to the wrong member"},
        answers={200: Transfer},
        refuses=(transfers.NothingToBringBack, NotActive),
    )
    def post(self, call: Call, id: str) -> Transfer:  # noqa: A002
        """What the receiver has not used goes back to the giver, with its dates; what is used stays used. Undoing
        twice is once."""
        row = transfers.undo_transfer(transfer=ids.decode("ptr", id), reason=call.body.reason, at=call.at)
        return _told(row, balances=True, dry_run=call.dry_run)
