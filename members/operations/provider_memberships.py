"""Paid memberships as a payment service runs them: linked to its subscription, following what it says."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from members.models import Member, MembershipPayment, PaidMembership
from members.operations import membership_payments, paid_memberships
from members.operations.membership_payments import payment_failed, receive_payment
from members.operations.paid_memberships import cancel_membership, lock_membership, resume_membership
from members.queries import paid

__all__ = [
    "LinkedElsewhere",
    "follow",
    "link",
    "membership_of",
    "payment_failed",
    "payment_of",
    "receive_payment",
    "refunded",
    "trial_days",
]
Status, End = PaidMembership.Status, PaidMembership.End


class LinkedElsewhere(DomainError):
    code = "linked_elsewhere"
    message = _("This subscription already pays for another membership.")


def trial_days(row: PaidMembership) -> int:
    """How many days a member may try their plan before the first payment; 0 for who has had a trial."""
    plan = paid.in_force().plan(row.plan)
    if plan is None or not plan.trial_days:
        return 0
    return 0 if paid_memberships.had_trial(Member.objects.get(pk=row.member_id)) else plan.trial_days


@transaction.atomic
def link(*, membership: UUID, subscription: str, customer: str) -> None:
    """Remember by which subscription a membership is paid. Raises `LinkedElsewhere`."""
    row = lock_membership(membership)
    if row.provider_subscription == subscription:
        return
    taken = PaidMembership.objects.filter(provider_subscription=subscription).exists()
    if taken or row.provider_subscription:
        raise LinkedElsewhere()
    row.provider_subscription, row.provider_customer, row.method = subscription, customer, "stripe"
    row.save(update_fields=["provider_subscription", "provider_customer", "method"])


def membership_of(subscription: str) -> UUID | None:
    """The membership that a subscription pays for, if it is known."""
    if not subscription:
        return None
    found = PaidMembership.objects.filter(provider_subscription=subscription)
    return found.values_list("pk", flat=True).first()


def payment_of(provider_payment: str) -> UUID | None:
    """The payment that the service knows by this name."""
    if not provider_payment:
        return None
    found = MembershipPayment.objects.filter(provider_payment=provider_payment)
    return found.values_list("pk", flat=True).first()


@transaction.atomic
def follow(
    *, membership: UUID, status: str, cancels_at_end: bool, said_at: datetime, at: datetime
) -> PaidMembership:
    """The state of a subscription, as the service said it at `said_at`. What it had said before that is old news."""
    row = lock_membership(membership)
    if row.provider_seen_at is not None and said_at < row.provider_seen_at:
        return row
    row.provider_seen_at = said_at
    row.save(update_fields=["provider_seen_at"])
    if row.status == Status.ENDED:
        return row
    if status in ("canceled", "incomplete_expired"):
        paid_memberships.finish(row, end=End.CANCELLED, at=at)
    elif status in ("past_due", "unpaid"):
        return payment_failed(membership=membership, at=at)
    elif cancels_at_end and row.status == Status.PENDING:
        row.cancels_at_end = True  # its payment is told later than its cancellation
        row.save(update_fields=["cancels_at_end"])
    elif cancels_at_end:
        return cancel_membership(membership=membership, at=at)
    elif not cancels_at_end and row.cancels_at_end:
        return resume_membership(membership=membership, at=at)
    return row


@transaction.atomic
def refunded(*, payment: UUID, refunded_minor: int, at: datetime) -> MembershipPayment:
    """Money of a payment went back, so much in all by now."""
    return membership_payments.refunded_elsewhere(payment=payment, refunded_minor=refunded_minor, at=at)
