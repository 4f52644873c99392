"""Households that share one balance: open, invite, join, allow, leave, dissolve."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from members.api.inputs import Id
from members.api.members import member_id
from members.operations import households
from members.operations.membership import NotActive
from members.queries import sharing

MEMBER = {"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"}


class NewHousehold(Struct, forbid_unknown_fields=True, frozen=True):
    """Who owns it."""

    member: Id


class ByOwner(Struct, forbid_unknown_fields=True, frozen=True):
    """Who asks for it; only the owner may."""

    by: Id


class Joining(Struct, forbid_unknown_fields=True, frozen=True):
    """Who joins, with the code of an invitation as typed or read aloud."""

    member: Id
    code: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class Allowing(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose points, and whether the others may use them."""

    member: Id
    shares: bool


class Leaving(Struct, forbid_unknown_fields=True, frozen=True):
    """Who leaves. `by` is who asks for it: the owner, where it is not the member; empty for the member."""

    member: Id
    by: Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_]*$(?!\n)")] = ""


class HouseholdMember(Struct):
    """One of a household; `points` is what they can spend themselves."""

    member: str
    owns: bool
    shares: bool
    since: datetime
    points: int


class Household(Struct):
    """A household, longest member first; `points` is what all have together. Without members it is closed."""

    id: str
    members: list[HouseholdMember]
    points: int


class Invitation(Struct):
    """A code that lets members in until an instant; it replaces the one before."""

    household: str
    code: str
    until: datetime


def _told(household: UUID) -> Household:
    places = sharing.placed(household)
    return Household(
        id=ids.encode("hhd", household),
        members=[
            HouseholdMember(ids.encode("mbr", one.member), one.owns, one.shares, one.since, one.points)
            for one in places
        ],
        points=sum(one.points for one in places),
    )


class Households(Endpoint):
    @endpoint(
        summary="Open a household",
        scope="sharing:write",
        body=NewHousehold,
        example=MEMBER,
        answers={201: Household},
        refuses=(households.HouseholdsOff, households.InHousehold, NotActive),
    )
    def post(self, call: Call) -> tuple[int, Household]:
        """With one member, who owns it and invites the others. A member is in one household at a time."""
        return 201, _told(households.open_household(member=member_id(call.body.member), at=call.at).pk)


class HouseholdJoin(Endpoint):
    @endpoint(
        summary="Join a household",
        scope="sharing:write",
        body=Joining,
        example={**MEMBER, "code": "7KQ2-M9DX-4WTB"},
        answers={200: Household},
        refuses=(
            households.HouseholdsOff, households.InHousehold, households.HouseholdFull, NotActive,
            households.InvitationNotValid,
        ),
    )  # fmt: skip
    def post(self, call: Call) -> Household:
        """By an invitation's code. From then on each can redeem with what all have, as far as each allows it."""
        found = households.accept_invitation(
            member=member_id(call.body.member), code=call.body.code, at=call.at
        )
        return _told(found.pk)


class OneHousehold(Endpoint):
    @endpoint(summary="Read a household", scope="members:read", answers={200: Household})
    def get(self, call: Call, id: str) -> Household:  # noqa: A002 - the address's own word
        """Who is in it, and what they have together."""
        return _told(sharing.household(ids.decode("hhd", id)).pk)


class HouseholdInvitation(Endpoint):
    @endpoint(
        summary="Invite to a household",
        scope="sharing:write",
        body=ByOwner,
        example={"by": MEMBER["member"]},
        answers={201: Invitation},
        refuses=(households.HouseholdsOff, households.NotOwner, NotActive),
    )
    def post(self, call: Call, id: str) -> tuple[int, Invitation]:  # noqa: A002
        """Makes a new code, good for two weeks; the one before stops working."""
        household = sharing.household(ids.decode("hhd", id)).pk
        found = households.invite(household=household, by=member_id(call.body.by), at=call.at)
        return 201, Invitation(ids.encode("hhd", found.household), found.code, found.until)


class HouseholdSharing(Endpoint):
    @endpoint(
        summary="Allow or stop sharing",
        scope="sharing:write",
        body=Allowing,
        example={**MEMBER, "shares": False},
        answers={200: Household},
    )
    def post(self, call: Call, id: str) -> Household:  # noqa: A002
        """Whether the others of the household may use a member's points."""
        household = sharing.household(ids.decode("hhd", id)).pk
        member = member_id(call.body.member)
        households.allow_use(household=household, member=member, shares=call.body.shares, at=call.at)
        return _told(household)


class HouseholdLeave(Endpoint):
    @endpoint(
        summary="Leave a household",
        scope="sharing:write",
        body=Leaving,
        example=MEMBER,
        answers={200: Household},
        refuses=(households.NotOwner,),
    )
    def post(self, call: Call, id: str) -> Household:  # noqa: A002
        """By themselves, or taken out by the owner. Points stay whose they are; what an owner leaves is the longest
        member's; the last one to leave closes it."""
        household = sharing.household(ids.decode("hhd", id)).pk
        by = member_id(call.body.by) if call.body.by else None
        households.leave_household(household=household, member=member_id(call.body.member), by=by, at=call.at)
        return _told(household)


class HouseholdDissolve(Endpoint):
    @endpoint(
        summary="Dissolve a household",
        scope="sharing:write",
        body=ByOwner,
        example={"by": MEMBER["member"]},
        answers={200: Household},
        refuses=(households.NotOwner,),
    )
    def post(self, call: Call, id: str) -> Household:  # noqa: A002
        """Closes it for everybody; each keeps their own points."""
        household = sharing.household(ids.decode("hhd", id)).pk
        households.dissolve_household(household=household, by=member_id(call.body.by), at=call.at)
        return _told(household)
