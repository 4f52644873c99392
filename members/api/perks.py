"""The services of members' tiers: claim them, see whom to serve, log that it was done."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Rehearsal, endpoint, page_of
from loyalty.core.errors import NotFound
from members.api import inputs
from members.api import tier_shapes as shapes
from members.api.members import member_id
from members.operations import perks
from members.operations.membership import NotActive
from members.queries import perks as asking
from members.queries.wallet import wallet
from members.rules.shopping import Name

PerkId = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
MaybePerkId = Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]
CLAIMS = page_of(shapes.PerkClaim)
EXAMPLE = {"perk": "engraving", "order": {"external_id": "receipt-1001"}, "note": "Initials A. A."}


class OrderOf(Struct, forbid_unknown_fields=True, frozen=True):
    """The order it is for, as the shop names it; it may still be a basket."""

    external_id: Name
    source: inputs.Source = "api"


class NewClaim(Struct, forbid_unknown_fields=True, frozen=True):
    """Which perk, by its id in the programme. `order` is needed where it can be claimed so often for each order."""

    perk: PerkId
    order: OrderOf | None = None
    note: inputs.MaybeWhy = ""


class Settling(Struct, forbid_unknown_fields=True, frozen=True):
    """What was done, or why not."""

    outcome: inputs.MaybeWhy = ""


class ClaimSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Claims of one `status` and one `perk`, if they are named."""

    status: Literal["", "open", "served", "cancelled"] = ""
    perk: MaybePerkId = ""


class Serving(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which service, by its id in the programme."""

    perk: PerkId


def _claimant(text: str) -> UUID:
    held = wallet(member_id(text))
    if held.status == "erased":
        raise NotFound("member")
    return held.member


class MemberPerkClaims(Endpoint):
    @endpoint(
        summary="Claim a perk",
        scope="members:write",
        body=NewClaim,
        query=Rehearsal,
        moves_value=True,
        example=EXAMPLE,
        answers={201: shapes.PerkClaim, 200: shapes.PerkClaim},
        refuses=(
            NotActive, perks.PerkNotIncluded, perks.PerkNeedsNoClaim, perks.PerkUsedUp, perks.OrderOfAnother,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> tuple[int, shapes.PerkClaim]:  # noqa: A002 - the address's own word
        """A service of the member's tier: personalisation of an order, a concierge, a return without a receipt. Staff
        see it among those that wait. 200 for a rehearsal."""
        asked = call.body.order
        order = perks.OrderName(asked.external_id, asked.source) if asked else None
        found = perks.claim_perk(
            member=_claimant(id), perk=call.body.perk, order=order, note=call.body.note, key=call.natural_key,
            at=call.at,
        )  # fmt: skip
        status = 200 if call.dry_run or found.replayed else 201
        return status, shapes.claim(found.claim, replayed=found.replayed, dry_run=call.dry_run)

    @endpoint(
        summary="List a member's claims",
        scope="members:read",
        query=Paged,
        answers={200: CLAIMS},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Last first."""
        window = keyset(asking.claims_of(_claimant(id)), call.query, name="claims-of", by=[("id", UUID)])
        return call.page(window, [shapes.claim(row) for row in window.rows])


class PerkClaims(Endpoint):
    @endpoint(
        summary="List claims",
        scope="members:read",
        query=ClaimSearch,
        answers={200: CLAIMS},
    )
    def get(self, call: Call) -> dict:
        """Whom to serve: with `status=open` those that wait, longest first; otherwise last claimed first."""
        found = asking.claims()
        if call.query.perk:
            found = found.filter(perk=call.query.perk)
        if call.query.status:
            found = found.filter(status=call.query.status)
        waiting = call.query.status == "open"
        window = keyset(found, call.query, name="claims", by=[("id", UUID)], descending=not waiting)
        return call.page(window, [shapes.claim(row) for row in window.rows])


class OnePerkClaim(Endpoint):
    @endpoint(summary="Read a claim", scope="members:read", answers={200: shapes.PerkClaim})
    def get(self, call: Call, id: str) -> shapes.PerkClaim:  # noqa: A002
        """With who claimed it and who served it."""
        return shapes.claim(asking.claim(ids.decode("clm", id)))


class PerkClaimServed(Endpoint):
    @endpoint(
        summary="Log a claim as served",
        scope="members:write",
        body=Settling,
        example={"outcome": "Engraved"},
        answers={200: shapes.PerkClaim},
        refuses=(perks.ClaimSettled,),
    )
    def post(self, call: Call, id: str) -> shapes.PerkClaim:  # noqa: A002
        """Whoever's key it is served it. Again is fine."""
        row = perks.serve_claim(claim=ids.decode("clm", id), outcome=call.body.outcome, at=call.at)
        return shapes.claim(row)


class PerkClaimCancelled(Endpoint):
    @endpoint(
        summary="Cancel a claim",
        scope="members:write",
        body=Settling,
        example={"outcome": "Changed their mind"},
        answers={200: shapes.PerkClaim},
        refuses=(perks.ClaimSettled,),
    )
    def post(self, call: Call, id: str) -> shapes.PerkClaim:  # noqa: A002
        """It counts no longer, and can be claimed anew. Again is fine."""
        row = perks.cancel_claim(claim=ids.decode("clm", id), outcome=call.body.outcome, at=call.at)
        return shapes.claim(row)


class PerkMembers(Endpoint):
    @endpoint(
        summary="List whom to serve",
        scope="members:read",
        query=Serving,
        answers={200: page_of(shapes.Served)},
    )
    def get(self, call: Call) -> dict:
        """Everybody whose tier brings a service, claimed or not: whom a concierge or a stylist looks after."""
        window = keyset(
            asking.with_perk(call.query.perk),
            call.query,
            name="served",
            by=[("member_id", UUID)],
            descending=False,
        )
        rows = [shapes.Served(ids.encode("mbr", row.member_id), row.tier, row.since) for row in window.rows]
        return call.page(window, rows)
