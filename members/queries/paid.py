"""Paid memberships as they stand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.plans import Fixed
from members.models import MembershipPayment, PaidMembership
from members.models.paid import LIVE
from members.rules.plans import MembershipPlans


def in_force() -> MembershipPlans:
    """The plans of the programme that counts now; none before the first publication."""
    current = programmes.in_force()
    found: MembershipPlans = current.programme["membership_plans"] if current else MembershipPlans()
    return found


def memberships(member: UUID | None = None) -> QuerySet[PaidMembership]:
    """Everybody's, or a member's."""
    found = PaidMembership.objects.all()
    return found if member is None else found.filter(member=member)


def membership(membership_id: UUID) -> PaidMembership:
    """One; `NotFound` otherwise."""
    found = PaidMembership.objects.filter(pk=membership_id).first()
    if found is None:
        raise NotFound("paid membership")
    return found


def waiting_for_money(*, at: datetime) -> QuerySet[PaidMembership]:
    """Memberships that wait for their first payment, and those whose next one is missing; those that wait longest
    first. The caller slices."""
    late = Q(status=Fixed("grace"), paid_until__lte=at)
    return PaidMembership.objects.filter(Q(status=Fixed("pending")) | late).order_by("started_at", "id")


def ending(*, at: datetime, until: datetime) -> QuerySet[PaidMembership]:
    """Memberships that end, or whose trial does, until an instant, and will not go on by themselves; soonest first.
    The caller slices."""
    live = [Fixed(status) for status in LIVE]
    rows = PaidMembership.objects.filter(status__in=live, paid_until__gt=at, paid_until__lte=until)
    return rows.filter(Q(cancels_at_end=True) | Q(status=Fixed("trial"))).order_by("paid_until", "id")


def payments(membership_id: UUID) -> QuerySet[MembershipPayment]:
    """What was paid for a membership, last first."""
    return MembershipPayment.objects.filter(membership=membership_id).order_by("-id")


def held(member: UUID) -> dict[str, Any]:
    """A member's plans and payments as JSON-able data."""
    return {
        "paid_memberships": [
            {
                "plan": row.plan,
                "status": row.status,
                "started_at": row.started_at.isoformat(),
                "paid_until": row.paid_until.isoformat() if row.paid_until else None,
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
                "payments": [
                    {"paid_at": one.paid_at.isoformat(), "amount_minor": one.amount_minor,
                     "refunded_minor": one.refunded_minor, "reason": one.reason, "currency": row.currency}
                    for one in payments(row.pk).order_by("id")
                ],
            }
            for row in memberships(member).order_by("id")
        ]
    }  # fmt: skip
