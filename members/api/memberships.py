"""Paid memberships: plans, start, pay, cancel, resume, refund, and the perks that are used."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import get_language
from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, Rehearsal, endpoint, page_of
from loyalty.core.errors import NotFound
from members import models
from members.api.inputs import Id, MaybeId, Why
from members.api.members import member_id
from members.api.tier_shapes import Perk, perk
from members.operations import membership_payments as payments
from members.operations import paid_memberships as memberships
from members.operations.membership import NotActive
from members.operations.perks import PerkUsedUp
from members.queries import paid
from members.rules.perks import worded
from members.rules.plans import Plan
from members.rules.shopping import Minor, Name

PlanId = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$(?!\n)")]
PerkId = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
MEMBER = {"member": "mbr_01m6k3q8r6e3vabq7m6w0t9d2c"}


class NewMembership(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose, which plan, and how it will be paid."""

    member: Id
    plan: PlanId
    method: Literal["till", "invoice", "stripe"] = "till"


class MembershipSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Of one member, or of all; of one status, or of any."""

    member: MaybeId = ""
    status: Literal["", "pending", "trial", "active", "grace", "ended"] = ""


class NewMembershipPayment(Struct, forbid_unknown_fields=True, frozen=True):
    """A period paid at the till or by invoice; `external_id` is the receipt's, and once for good."""

    external_id: Name
    amount_minor: Minor
    paid_at: Instant
    method: Literal["till", "invoice"] = "till"


class Refunding(Struct, forbid_unknown_fields=True, frozen=True):
    """Why; kept with the payment."""

    reason: Why


class NewPerkUse(Struct, forbid_unknown_fields=True, frozen=True):
    """Which perk was used; `external_id` names the use, like the order it was used for."""

    external_id: Name
    perk: PerkId


class MembershipPlan(Struct):
    """One plan: its price in minor units for each `period`, days of trial and of grace, the segment of who has it, and
    its perks. `name` is in the language asked for, `names` in all."""

    id: str
    name: str
    names: dict[str, str]
    price_minor: int
    period: str
    trial_days: int
    grace_days: int
    segment: str
    perks: list[Perk]


class Plans(Struct):
    """The plans of the programme that counts now."""

    plans: list[MembershipPlan]
    currency: str
    on_refund: str
    notice_days: int


class Membership(Struct):
    """A member's plan. `status` is pending (for the first payment), trial, active, grace (a payment is missing) or
    ended (and `end` says how). Perks last until `covered_until`. `due_minor` is what the next period costs;
    `next_price_minor` counts from `next_price_from`. Money in minor units."""

    id: str | None
    member: str
    plan: str
    segment: str
    status: str
    end: str
    method: str
    price_minor: int
    due_minor: int
    currency: str
    period: str
    started_at: datetime
    trial_until: datetime | None
    paid_until: datetime | None
    covered_until: datetime | None
    cancels_at_end: bool
    next_price_minor: int | None
    next_price_from: datetime | None
    ended_at: datetime | None
    replayed: bool
    dry_run: bool


class Payment(Struct):
    """What was paid for which stretch of time; `refunded_minor` of it went back."""

    membership: str
    external_id: str
    amount_minor: int
    method: str
    paid_at: datetime
    paid_from: datetime
    paid_until: datetime
    refunded_minor: int
    refunded_at: datetime | None
    replayed: bool
    dry_run: bool


class PerkUsed(Struct):
    """A perk that was used."""

    membership: str
    perk: str
    external_id: str
    used_at: datetime


def _told(row: models.PaidMembership, *, replayed: bool = False, dry_run: bool = False) -> Membership:
    starts = row.paid_until or row.started_at
    return Membership(
        id=None if dry_run else ids.encode("pmb", row.pk),
        member=ids.encode("mbr", row.member_id),
        plan=row.plan,
        segment=row.segment,
        status=row.status,
        end=row.end,
        method=row.method,
        price_minor=row.price_minor,
        due_minor=memberships.price_due(row, starts=starts),
        currency=row.currency,
        period=row.period,
        started_at=row.started_at,
        trial_until=row.trial_until,
        paid_until=row.paid_until,
        covered_until=row.covered_until,
        cancels_at_end=row.cancels_at_end,
        next_price_minor=row.next_price_minor,
        next_price_from=row.next_price_from,
        ended_at=row.ended_at,
        replayed=replayed,
        dry_run=dry_run,
    )


def _plan(found: Plan) -> MembershipPlan:
    named = worded(found.name, (get_language() or "en").partition("-")[0], found.id)
    return MembershipPlan(
        id=found.id, name=named, names=found.name, price_minor=found.price_minor, period=found.period.value,
        trial_days=found.trial_days, grace_days=found.grace_days, segment=found.place,
        perks=[perk(one) for one in found.perks],
    )  # fmt: skip


def _key(external_id: str) -> str:
    return f"api:{external_id}"


def _paid(row: models.MembershipPayment, *, replayed: bool = False, dry_run: bool = False) -> Payment:
    return Payment(
        membership=ids.encode("pmb", row.membership_id),
        external_id=row.key.partition(":")[2],
        amount_minor=row.amount_minor,
        method=row.method,
        paid_at=row.paid_at,
        paid_from=row.paid_from,
        paid_until=row.paid_until,
        refunded_minor=row.refunded_minor,
        refunded_at=row.refunded_at,
        replayed=replayed,
        dry_run=dry_run,
    )


def membership_id(text: str) -> UUID:
    """The membership behind a public id; `NotFound` for anything else."""
    return ids.decode("pmb", text)


class MembershipPlanList(Endpoint):
    @endpoint(summary="List membership plans", scope="programme:read", answers={200: Plans})
    def get(self, call: Call) -> Plans:
        """What can be bought now, with perks and words by language."""
        section = paid.in_force()
        currency = call.credential.merchant.currency
        return Plans(
            [_plan(one) for one in section.plans], currency, section.on_refund.value, section.notice_days
        )


class Memberships(Endpoint):
    @endpoint(
        summary="Start a paid membership",
        scope="memberships:write",
        body=NewMembership,
        query=Rehearsal,
        moves_value=True,
        example={**MEMBER, "plan": "plus"},
        answers={201: Membership, 200: Membership},
        refuses=(memberships.NoSuchPlan, memberships.HasMembership, NotActive),
    )
    def post(self, call: Call) -> tuple[int, Membership]:
        """With its trial, for who never had one; otherwise it waits for the first payment. A member has one at a
        time."""
        body = call.body
        found = memberships.start_membership(
            member=member_id(body.member),
            plan=body.plan,
            method=body.method,
            key=call.natural_key,
            at=call.at,
        )
        status = 200 if found.replayed or call.dry_run else 201
        return status, _told(found.membership, replayed=found.replayed, dry_run=call.dry_run)

    @endpoint(
        summary="List paid memberships",
        scope="members:read",
        query=MembershipSearch,
        answers={200: page_of(Membership)},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> dict:
        """Last started first."""
        asked = call.query
        found = paid.memberships(member_id(asked.member) if asked.member else None)
        found = found.filter(status=asked.status) if asked.status else found
        window = keyset(found, asked, name="memberships", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])


class OneMembership(Endpoint):
    @endpoint(summary="Read a paid membership", scope="members:read", answers={200: Membership})
    def get(self, call: Call, id: str) -> Membership:  # noqa: A002 - the address's own word
        """As it stands."""
        return _told(paid.membership(membership_id(id)))


class MembershipPayments(Endpoint):
    @endpoint(
        summary="Record a payment",
        scope="memberships:write",
        body=NewMembershipPayment,
        query=Rehearsal,
        moves_value=True,
        example={"external_id": "receipt-881", "amount_minor": 29900, "paid_at": "2026-03-02T14:02:00+01:00"},
        answers={201: Payment, 200: Payment},
        refuses=(
            payments.WrongAmount,
            payments.PaidAlready,
            memberships.MembershipEnded,
            memberships.HasMembership,
        ),
    )
    def post(self, call: Call, id: str) -> tuple[int, Payment]:  # noqa: A002
        """Paid at the till or by invoice, for the period that is due; it may be paid once ahead. A membership that had
        lapsed goes on from now."""
        body = call.body
        found = payments.receive_payment(
            membership=membership_id(id), amount_minor=body.amount_minor, key=_key(body.external_id),
            paid_at=body.paid_at, method=body.method, at=call.at,
        )  # fmt: skip
        status = 200 if found.replayed or call.dry_run else 201
        return status, _paid(found.payment, replayed=found.replayed, dry_run=call.dry_run)

    @endpoint(
        summary="List a membership's payments",
        scope="members:read",
        query=Paged,
        answers={200: page_of(Payment)},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Last received first."""
        found = paid.payments(paid.membership(membership_id(id)).pk)
        window = keyset(found, call.query, name="membership-payments", by=[("id", UUID)])
        return call.page(window, [_paid(row) for row in window.rows])


class MembershipFailure(Endpoint):
    @endpoint(
        summary="Say that a payment failed",
        scope="memberships:write",
        moves_value=True,
        answers={200: Membership},
    )
    def post(self, call: Call, id: str) -> Membership:  # noqa: A002
        """Perks go on for the plan's days of grace; without a payment the membership lapses then."""
        return _told(payments.payment_failed(membership=membership_id(id), at=call.at))


class MembershipCancellation(Endpoint):
    @endpoint(
        summary="Cancel a paid membership",
        scope="memberships:write",
        moves_value=True,
        answers={200: Membership},
        refuses=(memberships.MembershipEnded,),
    )
    def post(self, call: Call, id: str) -> Membership:  # noqa: A002
        """At the end of what is paid; at once where nothing is. Cancelling twice is once."""
        return _told(memberships.cancel_membership(membership=membership_id(id), at=call.at))


class MembershipResumption(Endpoint):
    @endpoint(
        summary="Resume a paid membership",
        scope="memberships:write",
        moves_value=True,
        answers={200: Membership},
        refuses=(memberships.MembershipEnded,),
    )
    def post(self, call: Call, id: str) -> Membership:  # noqa: A002
        """Takes a cancellation back, as long as the period runs."""
        return _told(memberships.resume_membership(membership=membership_id(id), at=call.at))


class MembershipRefund(Endpoint):
    @endpoint(
        summary="Refund a paid membership",
        scope="memberships:write",
        body=Refunding,
        query=Rehearsal,
        moves_value=True,
        example={"reason": "Moved away"},
        answers={200: Payment},
        refuses=(payments.PerksUsed, payments.NothingToRefund, memberships.MembershipEnded),
    )
    def post(self, call: Call, id: str) -> Payment:  # noqa: A002
        """By the programme's policy: all, what is left of the period's days, or all unless a perk was used. Perks end
        at once. Pay out `refunded_minor`; a payment service that took the payment is told to."""
        row = payments.refund_membership(membership=membership_id(id), reason=call.body.reason, at=call.at)
        return _paid(row, dry_run=call.dry_run)


class MembershipPerks(Endpoint):
    @endpoint(
        summary="Note that a perk was used",
        scope="memberships:write",
        body=NewPerkUse,
        moves_value=True,
        example={"external_id": "receipt-10025", "perk": "free-shipping"},
        answers={201: PerkUsed},
        refuses=(payments.NoSuchPerk, PerkUsedUp, memberships.MembershipEnded),
    )
    def post(self, call: Call, id: str) -> tuple[int, PerkUsed]:  # noqa: A002
        """Whether perks were used decides what is refunded, where the programme says so."""
        body = call.body
        use = payments.use_perk(
            membership=membership_id(id), perk=body.perk, key=_key(body.external_id), at=call.at
        )
        return 201, PerkUsed(ids.encode("pmb", use.membership_id), use.perk, body.external_id, use.used_at)
