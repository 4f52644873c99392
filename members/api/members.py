"""Members: join, find, edit, block, merge, erase, export."""

from datetime import date, datetime
from uuid import UUID

from msgspec import UNSET, structs

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from members.api import inputs, shapes
from members.models import Member
from members.operations.inviting import Invitation, UnknownReferralCode
from members.operations.membership import (
    CannotMerge,
    IdentityTaken,
    NotActive,
    block,
    edit,
    join,
    unblock,
)
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from members.queries import directory
from members.queries.wallet import wallet

EXAMPLE = {"external_id": "customer-1001", "email": "ana@example.com", "given_name": "Ana", "language": "sv"}
_FIRST = date(1900, 1, 1)
_JOINED = [("joined_at", datetime), ("id", UUID)]


def member_id(text: str) -> UUID:
    """The member behind a public id; `NotFound` for anything else."""
    return ids.decode("mbr", text)


def _state(member: Member) -> shapes.MemberState:
    held = wallet(member.pk)
    return shapes.MemberState(
        id=ids.encode("mbr", member.pk),
        status=member.status,
        merged_into=shapes.named("mbr", member.merged_into_id),
        balance=shapes.balance(held.balances["points"]),
    )


class Members(Endpoint):
    @endpoint(
        summary="List or search members",
        scope="members:read",
        query=inputs.MemberSearch,
        answers={200: page_of(shapes.Member)},
    )
    def get(self, call: Call) -> dict:
        """Newest first. Members who were merged into others are left out unless asked for by status."""
        found = directory.members(text=call.query.search, status=call.query.status)
        # The columns of the index alone first, however many are passed by to find a page of a name.
        window = keyset(found.only("joined_at"), call.query, name="members", by=_JOINED)
        rows = directory.by_ids(row.pk for row in window.rows)
        return call.page(window, [shapes.member(rows[row.pk]) for row in window.rows])

    @endpoint(
        summary="Join a member",
        step="member",
        scope="members:write",
        body=inputs.NewMember,
        example=EXAMPLE,
        answers={201: shapes.Member, 200: shapes.Member},
        refuses=(IdentityTaken, UnknownReferralCode),
    )
    def post(self, call: Call) -> tuple[int, shapes.Member]:
        """201 for a new member. Joining again with an identity that is known answers the same member with
        200, so it is safe to repeat. Only a new member is brought by somebody."""
        given = {kind: getattr(call.body, name).strip() for name, kind in inputs.IDENTITIES.items()}
        if not any(given.values()):
            raise InvalidInput.of(
                "external_id", "Give at least one of external_id, email, phone and card.", "missing"
            )
        if call.body.birthday is not None and not _FIRST <= call.body.birthday <= call.at.date():
            raise InvalidInput.of("birthday", "Give the real date of birth.")
        details = {name: getattr(call.body, name) for name in inputs.DETAILS}
        try:
            joined = join(
                at=call.at,
                identities=given,
                channel=call.body.channel or "api",
                language=call.body.language,
                details=details,
                invitation=Invitation(call.body.referral_code, structs.asdict(call.body.signals)),
            )
        except InvalidInput as error:
            raise _renamed(error) from None
        member = directory.member(joined.member.pk)
        return (201 if joined.created else 200), shapes.member(directory.row(member))


def _renamed(error: InvalidInput) -> InvalidInput:
    """Errors name the field as the API calls it."""
    return InvalidInput(
        [
            {**found, "field": "external_id" if found["field"] == "external" else found["field"]}
            for found in error.errors
        ]
    )


class MemberLookup(Endpoint):
    @endpoint(
        summary="Find a member by identity",
        scope="members:read",
        query=inputs.MemberLookup,
        answers={200: shapes.Member},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> shapes.Member:
        """By exactly one of `external_id`, `email`, `phone`, `card`, written any usual way."""
        given = [(kind, getattr(call.query, name)) for name, kind in inputs.IDENTITIES.items()]
        given = [(kind, value) for kind, value in given if value]
        if len(given) != 1:
            raise InvalidInput.of("email", "Give exactly one of external_id, email, phone and card.")
        return shapes.member(directory.row(directory.by_identity(*given[0])))


class OneMember(Endpoint):
    @endpoint(summary="Read a member", scope="members:read", answers={200: shapes.Member})
    def get(self, call: Call, id: str) -> shapes.Member:  # noqa: A002 - the address's own word
        """A member who was merged is answered with the one they were merged into."""
        return shapes.member(directory.row(directory.member(member_id(id))))

    @endpoint(
        summary="Edit a member",
        scope="members:write",
        body=inputs.MemberChange,
        example={"phone": "+46701740605"},
        answers={200: shapes.Member},
        refuses=(IdentityTaken, NotActive),
    )
    def patch(self, call: Call, id: str) -> shapes.Member:  # noqa: A002
        """Changes what is sent and nothing else."""
        sent = {name: value for name, value in structs.asdict(call.body).items() if value is not UNSET}
        try:
            edit(
                member=member_id(id),
                at=call.at,
                details={name: sent[name] for name in inputs.DETAILS if name in sent},
                identities={kind: sent[name] for name, kind in inputs.IDENTITIES.items() if name in sent},
                language=sent.get("language"),
            )
        except InvalidInput as error:
            raise _renamed(error) from None
        return shapes.member(directory.row(directory.member(member_id(id))))


class MemberMerge(Endpoint):
    @endpoint(
        summary="Merge two members",
        scope="members:write",
        body=inputs.Merge,
        moves_value=True,
        example={"remove": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"},
        answers={200: shapes.MemberState},
        refuses=(CannotMerge,),
    )
    def post(self, call: Call, id: str) -> shapes.MemberState:  # noqa: A002
        """Moves identities, points with their dates, and counts of `remove` to this member."""
        return _state(merge(keep=member_id(id), remove=member_id(call.body.remove), at=call.at))


class MemberBlock(Endpoint):
    @endpoint(
        summary="Block a member",
        scope="members:write",
        body=inputs.Blocking,
        refuses=(NotActive,),
        example={"reason": "Shared the card"},
        answers={200: shapes.MemberState},
    )
    def post(self, call: Call, id: str) -> shapes.MemberState:  # noqa: A002
        """Stops earning and redeeming; what they have stays."""
        return _state(block(member=member_id(id), at=call.at, reason=call.body.reason))


class MemberUnblock(Endpoint):
    @endpoint(
        summary="Unblock a member",
        scope="members:write",
        refuses=(NotActive,),
        answers={200: shapes.MemberState},
    )
    def post(self, call: Call, id: str) -> shapes.MemberState:  # noqa: A002
        """Lets a blocked member take part again."""
        return _state(unblock(member=member_id(id), at=call.at))


class MemberErase(Endpoint):
    @endpoint(
        summary="Erase a member",
        scope="members:write",
        moves_value=True,
        refuses=(NotActive,),
        answers={200: shapes.MemberState},
    )
    def post(self, call: Call, id: str) -> shapes.MemberState:  # noqa: A002
        """Deletes the person for good. Points they had are forfeited; the books keep rows that mean
        nobody."""
        return _state(erase_member(member=member_id(id), at=call.at))


class MemberExport(Endpoint):
    @endpoint(summary="Export a member", scope="members:read", answers={200: shapes.MemberExport})
    def get(self, call: Call, id: str) -> shapes.MemberExport:  # noqa: A002
        """Everything held about the person, as one document. The export itself is noted in the audit log."""
        found = export_member(member=member_id(id), at=call.at)
        data = {name: part for name, part in found.items() if name not in ("exported_at", "id")}
        return shapes.MemberExport(exported_at=call.at, id=found["id"], data=data)
