"""The money of paid memberships: received, missing, given back; and the perks that were used meanwhile.

Who counts perk uses elsewhere (claims of services, vouchers) registers a `PerkUses`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, KeyReused
from loyalty.core.ids import fingerprint
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.models import Member, MembershipPayment, PaidMembership, PlanPerkUse
from members.models.paid import OPEN
from members.operations.paid_memberships import (
    HasMembership,
    MembershipEnded,
    cover,
    finish,
    lock_membership,
    note_trial,
    price_due,
    tell,
)
from members.operations.perks import PerkUsedUp
from members.queries.paid import in_force
from members.rules.limits import period_end as period_end_of
from members.rules.limits import period_start
from members.rules.perks import Perk, worded
from members.rules.plans import OnRefund, PlanPeriod, period_end, pro_rata
from members.rules.shopping import time_problem

Status, End = PaidMembership.Status, PaidMembership.End


class WrongAmount(DomainError):
    code = "wrong_amount"
    message = _("{due_minor} minor units are due for the next period.")
    field = "amount_minor"


class PaidAlready(DomainError):
    code = "paid_already"
    message = _("The next period is paid already. It begins when this one is over.")


class PerksUsed(DomainError):
    code = "perks_used"
    message = _("Perks of this period were used {times} times, so it is not refunded.")


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("Nothing of this period is left to refund.")


class NoSuchPerk(DomainError):
    code = "no_such_perk"
    message = _("The plan has no perk “{perk}”.")
    field = "perk"


class PerkUses(Protocol):
    """Knows how often perks of a member's segment were used between two instants."""

    def times(self, *, member: UUID, segment: str, since: datetime, until: datetime) -> int:
        """How often."""


_uses: list[PerkUses] = []


def register(uses: PerkUses) -> None:
    """Have uses of perks counted that are kept elsewhere. Called once, when the app that keeps them starts."""
    _uses.append(uses)


@dataclass(frozen=True, slots=True)
class Paid:
    """The payment and whether this call was a repetition."""

    payment: MembershipPayment
    replayed: bool


@dataclass(frozen=True, slots=True)
class Charged:
    """What a payment service says of a payment: for which stretch, and its own name for it."""

    paid_from: datetime
    paid_until: datetime
    payment: str = ""


@transaction.atomic
def receive_payment(
    *, membership: UUID, amount_minor: int, key: str, paid_at: datetime, at: datetime, method: str = "till",
    charged: Charged | None = None,
) -> Paid:  # fmt: skip
    """A period is paid: at the till, by invoice, or as a payment service has `charged` it. It begins when the one
    before ends (which may be paid once ahead), or now. Perks last until it is over, and a while longer. The same `key`
    again is once.

    Raises `WrongAmount`, `PaidAlready`, `MembershipEnded`; a membership that had lapsed goes on.
    """
    problems = time_problem("paid_at", paid_at, at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    mark = fingerprint([str(membership), amount_minor, method])
    row = lock_membership(membership)
    earlier = MembershipPayment.objects.filter(key=key).first()
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise KeyReused(field="external_id")
        return Paid(earlier, True)
    _refuse_ended(row)
    starts = _starts(row, paid_at, charged)
    if charged is None:
        due = price_due(row, starts=starts)
        if amount_minor != due:
            raise WrongAmount(due_minor=due)
        if row.periods and row.paid_from is not None and row.paid_from > at:
            raise PaidAlready()
    until = _extend(
        row, starts, charged, tries=charged is not None and amount_minor == 0 and row.periods == 0
    )
    payment = MembershipPayment.objects.create(
        membership=row, key=key, fingerprint=mark, amount_minor=amount_minor, method=method, paid_from=starts,
        paid_until=until, paid_at=paid_at, recorded_at=at, actor=str(scope.actor()),
        provider_payment=charged.payment if charged else "",
    )  # fmt: skip
    cover(row, at=at)
    tell(row, kind="membership.paid", at=at, amount_minor=amount_minor, paid_until=until.isoformat())
    return Paid(payment, False)


def _refuse_ended(row: PaidMembership) -> None:
    if row.status != Status.ENDED:
        return
    if row.end != End.LAPSED:
        raise MembershipEnded()
    if PaidMembership.objects.filter(member=row.member_id, status__in=OPEN).exists():
        raise HasMembership()


def _starts(row: PaidMembership, paid_at: datetime, charged: Charged | None) -> datetime:
    """From when the payment counts: from the end of what is paid or tried, or from now where that is long over."""
    if charged is not None:
        return charged.paid_from
    lapsed = row.status in (Status.PENDING, Status.ENDED)
    return paid_at if lapsed or row.paid_until is None else row.paid_until


def _extend(row: PaidMembership, starts: datetime, charged: Charged | None, *, tries: bool) -> datetime:
    """The membership runs for one period more, or is tried; until when."""
    zone = ZoneInfo(shop_of_scope().timezone)
    if row.anchored_on is None or row.status in (Status.PENDING, Status.TRIAL, Status.ENDED):
        row.anchored_on, row.periods = starts.astimezone(zone).date(), 0
    row.price_minor = price_due(row, starts=starts)
    if row.price_minor == row.next_price_minor:
        row.next_price_minor = row.next_price_from = None
    row.periods += 1
    until = period_end(row.anchored_on, row.periods, PlanPeriod(row.period), zone).astimezone(UTC)
    if charged is not None:
        until = charged.paid_until
    # Notices of two periods may come in either order: what is paid longest counts.
    if row.paid_until is None or until > row.paid_until or row.status == Status.ENDED:
        row.paid_from, row.paid_until = starts, until
    row.status, row.end, row.ended_at = Status.ACTIVE, "", None
    if tries:
        row.status, row.trial_until = Status.TRIAL, until
        note_trial(Member.objects.get(pk=row.member_id))
    row.save()
    return until


@transaction.atomic
def payment_failed(*, membership: UUID, at: datetime) -> PaidMembership:
    """A payment that was due did not come: perks go on for the plan's days of grace, then the membership lapses."""
    row = lock_membership(membership)
    if row.status in (Status.TRIAL, Status.ACTIVE) and row.paid_until is not None and row.paid_until <= at:
        row.status = Status.GRACE
        row.save(update_fields=["status"])
    if row.status != Status.ENDED:
        tell(row, kind="membership.payment_failed", at=at)
    return row


@transaction.atomic
def use_perk(*, membership: UUID, perk: str, key: str, at: datetime) -> PlanPerkUse:
    """Note that a perk was used, once per `key`. Raises `NoSuchPerk`, `PerkUsedUp` where it is limited, and
    `MembershipEnded` where perks are over."""
    row = lock_membership(membership)
    earlier = PlanPerkUse.objects.filter(key=key).first()
    if earlier is not None:
        if (earlier.membership_id, earlier.perk) != (row.pk, perk):
            raise KeyReused(field="external_id")
        return earlier
    if row.covered_until is None or row.covered_until <= at:
        raise MembershipEnded()
    plan = in_force().plan(row.plan)
    if plan is not None:
        _refuse_used_up(row, next((one for one in plan.perks if one.id == perk), None), perk, at)
    use = PlanPerkUse.objects.create(membership=row, key=key, perk=perk, used_at=at, actor=str(scope.actor()))
    tell(row, kind="membership.perk_used", at=at, perk=perk)
    return use


def _refuse_used_up(row: PaidMembership, perk: Perk | None, name: str, at: datetime) -> None:
    """The plan has the perk, and its limit leaves one more use in the period that `at` lies in."""
    if perk is None:
        raise NoSuchPerk(perk=name)
    period = perk.limit.period if perk.limit else None
    if perk.limit is None or period is None:
        return
    zone = ZoneInfo(shop_of_scope().timezone)
    since, until = period_start(period, at, zone), period_end_of(period, at, zone)
    uses = PlanPerkUse.objects.filter(membership=row, perk=perk.id)
    if since is not None and until is not None:
        uses = uses.filter(used_at__gte=since, used_at__lt=until)
    used = uses.count()
    if used >= perk.limit.times:
        said = worded(perk.name, get_language() or "en", perk.id)
        raise PerkUsedUp(perk=said, used=used, times=perk.limit.times)


def perks_used(row: PaidMembership, *, at: datetime) -> int:
    """How often perks were used in the period that is paid: as noted here, and as whoever registered counts."""
    since = row.paid_from or row.started_at
    noted = PlanPerkUse.objects.filter(membership=row, used_at__gte=since, used_at__lte=at).count()
    counted = (uses.times(member=row.member_id, segment=row.segment, since=since, until=at) for uses in _uses)
    return noted + sum(counted)


@transaction.atomic
def refund_membership(*, membership: UUID, reason: str, at: datetime) -> MembershipPayment:
    """Give back the period that is paid, by the programme's policy: all, what is left of its days, or all unless a perk
    was used. Perks end at once. The payment says how much; paying it out is the till's or the payment service's.

    Raises `PerksUsed`, `NothingToRefund` or `MembershipEnded`.
    """
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise InvalidInput.of("reason", str(_("Say why, in 1 to 300 characters.")))
    row = lock_membership(membership)
    if row.status == Status.ENDED:
        raise MembershipEnded()
    payment = (
        MembershipPayment.objects.filter(membership=row, refunded_minor=0).order_by("-paid_until").first()
    )
    if payment is None:
        raise NothingToRefund()
    amount = _back(row, payment, at)
    if amount == 0:
        raise NothingToRefund()
    payment.refunded_minor, payment.refunded_at, payment.reason = amount, at, reason
    payment.save(update_fields=["refunded_minor", "refunded_at", "reason"])
    tell(row, kind="membership.refunded", at=at, amount_minor=amount, payment=payment.provider_payment)
    _end_refunded(row, payment, at)
    return payment


def _end_refunded(row: PaidMembership, payment: MembershipPayment, at: datetime) -> None:
    """Perks end with the period that was given back: at once, or, of one that has not begun, before it does."""
    if payment.paid_from <= at:
        finish(row, end=End.REFUNDED, at=at)
        return
    row.paid_until, row.cancels_at_end = payment.paid_from, True
    row.paid_from = None
    row.save(update_fields=["paid_until", "paid_from", "cancels_at_end"])
    cover(row, at=at)


def _back(row: PaidMembership, payment: MembershipPayment, at: datetime) -> int:
    """How much of a payment goes back, in minor units. A period that is over is not given back."""
    if payment.paid_until <= at:
        return 0
    match in_force().on_refund:
        case OnRefund.FULL:
            return payment.amount_minor
        case OnRefund.PRO_RATA:
            return pro_rata(
                payment.amount_minor, paid_from=payment.paid_from, paid_until=payment.paid_until, at=at,
                zone=ZoneInfo(shop_of_scope().timezone),
            )  # fmt: skip
        case OnRefund.NONE_AFTER_USE:
            times = perks_used(row, at=at)
            if times:
                raise PerksUsed(times=times)
            return payment.amount_minor


@transaction.atomic
def refunded_elsewhere(*, payment: UUID, refunded_minor: int, at: datetime) -> MembershipPayment:
    """The payment service gave money back, so much in all by now: with all of the last period perks end at once. What
    was told before changes nothing."""
    found = MembershipPayment.objects.get(pk=payment)
    row = lock_membership(found.membership_id)
    found = MembershipPayment.objects.select_for_update(no_key=True).get(pk=payment)
    total = min(refunded_minor, found.amount_minor)
    if total <= found.refunded_minor:
        return found
    found.refunded_minor, found.refunded_at = total, at
    found.save(update_fields=["refunded_minor", "refunded_at"])
    tell(row, kind="membership.refunded", at=at, amount_minor=total, payment="")
    if total == found.amount_minor and row.status != Status.ENDED and found.paid_until == row.paid_until:
        _end_refunded(row, found, at)
    return found
