"""Paid memberships: start, cancel at the end of the period, take that back, and end what is over.

Who has a plan is in its segment for as long as perks last, so rules and rewards for that segment simply work. Money is
in `membership_payments`. Locks: the member, then the membership.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, KeyReused, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed
from members.models import Identity, Member, MembershipPayment, PaidMembership, SegmentPlace, TrialTaken
from members.models.paid import LIVE, OPEN
from members.operations import gifts
from members.operations.membership import CannotMerge, NotActive
from members.operations.transfers import lock_current
from members.queries.paid import in_force
from members.rules.plans import Plan
from members.rules.points_life import end_of

Status, End = PaidMembership.Status, PaidMembership.End
PENDING_DAYS = 30


class NoSuchPlan(DomainError):
    code = "no_such_plan"
    message = _("The programme has no plan “{plan}”.")
    field = "plan"


class HasMembership(DomainError):
    code = "has_membership"
    message = _(
        "This member has a paid membership already. It can be cancelled, and another started afterwards."
    )
    field = "member"


class MembershipEnded(DomainError):
    code = "membership_ended"
    message = _("This paid membership has ended. Start a new one.")


@dataclass(frozen=True, slots=True)
class Started:
    """The membership and whether this call was a repetition."""

    membership: PaidMembership
    replayed: bool


@transaction.atomic
def start_membership(*, member: UUID, plan: str, key: str, at: datetime, method: str = "till") -> Started:
    """Start a plan for a member: with its trial, if they never had one, or waiting for the first payment. One that was
    still waiting is withdrawn. The same `key` again answers again.

    Raises `NoSuchPlan`, `HasMembership` or `NotActive`.
    """
    mark = fingerprint([str(member), plan, method])
    who = lock_current([member])[member]
    earlier = PaidMembership.objects.filter(key=key).first()
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise KeyReused(field="key")
        return Started(earlier, True)
    if who.status != Member.Status.ACTIVE:
        raise NotActive(status=who.status)
    terms = in_force().plan(plan)
    if terms is None:
        raise NoSuchPlan(plan=plan)
    for other in PaidMembership.objects.select_for_update(no_key=True).filter(member=who, status__in=OPEN):
        if other.status != Status.PENDING:
            raise HasMembership()
        finish(other, end=End.WITHDRAWN, at=at)
    row = PaidMembership(
        key=key, fingerprint=mark, member=who, plan=terms.id, segment=terms.place, status=Status.PENDING, method=method,
        period=terms.period.value, price_minor=terms.price_minor, currency=shop_of_scope().currency,
        grace_days=terms.grace_days, started_at=at,
    )  # fmt: skip
    # A payment service begins the trial itself, when the member has given it a card.
    if terms.trial_days and method != "stripe" and not had_trial(who):
        note_trial(who)
        row.status, row.trial_until = Status.TRIAL, end_of_day(at, days=terms.trial_days - 1)
        row.paid_until = row.trial_until
    row.save(force_insert=True)
    tell(row, kind="membership.started", at=at, status=row.status)
    if row.status == Status.TRIAL:
        cover(row, at=at)
    return Started(row, False)


def end_of_day(at: datetime, *, days: int) -> datetime:
    """Midnight after the day that is so many days from now, in the shop's zone."""
    zone = ZoneInfo(shop_of_scope().timezone)
    return end_of(at.astimezone(zone).date() + timedelta(days=days), zone).astimezone(UTC)


def had_trial(member: Member) -> bool:
    """Whether a person has had a trial, under this membership or another."""
    same = Member.objects.filter(merged_into=member).values("pk")
    mine = TrialTaken.objects.filter(member=member) | TrialTaken.objects.filter(member__in=same)
    if member.user_id is not None:
        mine |= TrialTaken.objects.filter(member__user=member.user_id)
    known = [old for kinds in _digests(member.pk) for old in kinds]
    return mine.exists() or TrialTaken.objects.filter(digest__in=known).exists()


def note_trial(member: Member) -> None:
    """A person has their trial now. Noting it twice is once."""
    own = hmac.digest(force_bytes(settings.SECRET_KEY), f"trial|{member.pk}".encode(), "sha256")
    digests = [own, *(kinds[0] for kinds in _digests(member.pk))]
    TrialTaken.objects.bulk_create(
        [TrialTaken(member=member, digest=digest) for digest in digests], ignore_conflicts=True
    )


def _digests(member: UUID) -> list[list[bytes]]:
    """Keyed digests of a member's address and number: by the server's key first, then by those it replaced."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    known = Identity.objects.filter(member=member, kind__in=[Identity.Kind.EMAIL, Identity.Kind.PHONE])
    return [
        [hmac.digest(force_bytes(key), f"trial|{scope.merchant_id()}|{kind}|{value}".encode(), "sha256")
         for key in keys]
        for kind, value in known.order_by("kind").values_list("kind", "value")
    ]  # fmt: skip


def lock_membership(membership: UUID) -> PaidMembership:
    """The membership's row, locked after its member's; `NotFound` when it is not here."""
    member = PaidMembership.objects.filter(pk=membership).values_list("member_id", flat=True).first()
    if member is None:
        raise NotFound("paid membership")
    lock_current([member])
    return PaidMembership.objects.select_for_update(no_key=True).get(pk=membership)


def cover(row: PaidMembership, *, at: datetime) -> None:
    """Write until when perks last, and put the member into the plan's segment until then."""
    if row.paid_until is None:
        return
    grace = timedelta() if row.cancels_at_end else timedelta(days=row.grace_days)
    row.covered_until = row.paid_until + grace
    row.save(update_fields=["covered_until"])
    gifts.enter_segment(row.segment, occasion=_occasion(row, at), until=row.covered_until)
    # What this membership covers may also become less: who cancels has no days of grace.
    SegmentPlace.objects.filter(
        member=row.member_id, segment=row.segment, source=row.pk, until__gt=row.covered_until
    ).update(until=row.covered_until)


def _occasion(row: PaidMembership, at: datetime) -> gifts.Occasion:
    return gifts.Occasion("membership", row.pk, row.member_id, at)


def finish(row: PaidMembership, *, end: str, at: datetime) -> None:
    """End a membership; perks end with it. The caller holds it."""
    row.status, row.end, row.ended_at, row.covered_until = Status.ENDED, end, at, None
    row.save(update_fields=["status", "end", "ended_at", "covered_until"])
    place = SegmentPlace.objects.filter(member=row.member_id, segment=row.segment, source=row.pk)
    if place.exists():
        gifts.leave_segment(row.segment, member=row.member_id, at=at)
    tell(row, kind="membership.ended", at=at, end=str(end))


@transaction.atomic
def cancel_membership(*, membership: UUID, at: datetime) -> PaidMembership:
    """Let a membership end with the period that is paid, or its trial; at once where nothing is paid. Cancelling twice
    is once. Raises `MembershipEnded`."""
    row = lock_membership(membership)
    if row.status == Status.ENDED:
        if row.end in (End.CANCELLED, End.WITHDRAWN):
            return row
        raise MembershipEnded()
    if row.status == Status.PENDING:
        finish(row, end=End.WITHDRAWN, at=at)
    elif row.paid_until is None or row.paid_until <= at:
        finish(row, end=End.CANCELLED, at=at)
    elif not row.cancels_at_end:
        row.cancels_at_end = True
        row.save(update_fields=["cancels_at_end"])
        cover(row, at=at)
        tell(row, kind="membership.cancelled", at=at)
    return row


@transaction.atomic
def resume_membership(*, membership: UUID, at: datetime) -> PaidMembership:
    """Take a cancellation back before it has come into effect. Raises `MembershipEnded`."""
    row = lock_membership(membership)
    if row.status == Status.ENDED:
        raise MembershipEnded()
    if row.cancels_at_end:
        row.cancels_at_end = False
        row.save(update_fields=["cancels_at_end"])
        cover(row, at=at)
        tell(row, kind="membership.resumed", at=at)
    return row


# --- what the clock does --------------------------------------------------------------------------------------------


@transaction.atomic
def live_through(*, at: datetime, most: int = 200) -> int:
    """End what is over, let grace begin, withdraw what was never paid and tell of prices that change: up to so many
    memberships; how many changed. Safe to stop and to repeat."""
    due = [
        *PaidMembership.objects.filter(status__in=LIVE, paid_until__lte=at, cancels_at_end=True)
        .order_by("paid_until").values_list("pk", flat=True)[:most],
        *PaidMembership.objects.filter(status__in=("trial", "active"), paid_until__lte=at, cancels_at_end=False)
        .order_by("paid_until").values_list("pk", flat=True)[:most],
        *PaidMembership.objects.filter(status=Fixed("grace"), covered_until__lte=at)
        .order_by("paid_until").values_list("pk", flat=True)[:most],
        *PaidMembership.objects.filter(status=Fixed("pending"), started_at__lte=at - timedelta(days=PENDING_DAYS))
        .order_by("started_at").values_list("pk", flat=True)[:most],
    ]  # fmt: skip
    changed = sum(_lives_on(row, at) for row in _locked(due[:most]))
    return changed + _tell_prices(at, most)


def _locked(memberships: Iterable[UUID]) -> list[PaidMembership]:
    """Some memberships with their members locked first, each kind sorted."""
    wanted = set(memberships)
    members = PaidMembership.objects.filter(pk__in=wanted).values_list("member_id", flat=True)
    lock_current(members)
    return list(PaidMembership.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


def _lives_on(row: PaidMembership, at: datetime) -> bool:
    """What time has made of a membership, by what it is now that it is locked."""
    if row.status == Status.PENDING:
        finish(row, end=End.WITHDRAWN, at=at)
    elif row.status == Status.ENDED or row.paid_until is None or row.paid_until > at:
        return False
    elif row.cancels_at_end:
        finish(row, end=End.CANCELLED, at=at)
    elif row.covered_until is None or row.covered_until <= at:
        finish(row, end=End.LAPSED, at=at)
    elif row.status != Status.GRACE:
        row.status = Status.GRACE
        row.save(update_fields=["status"])
        tell(row, kind="membership.payment_due", at=at, price_minor=price_due(row, starts=row.paid_until))
    else:
        return False
    return True


def price_due(row: PaidMembership, *, starts: datetime) -> int:
    """What a period that begins at an instant costs, in minor units: a new price only once it was told in time."""
    if row.next_price_minor is not None and row.next_price_from is not None and starts >= row.next_price_from:
        return row.next_price_minor
    return row.price_minor


def _tell_prices(at: datetime, most: int) -> int:
    """Tell members whose plan costs something else from now on; it counts once the notice is over."""
    section, told = in_force(), 0
    for plan in section.plans:
        rows = PaidMembership.objects.filter(status__in=LIVE, plan=plan.id)
        other = rows.filter(next_price_minor=None).exclude(price_minor=plan.price_minor)
        stale = rows.exclude(next_price_minor=None).exclude(next_price_minor=plan.price_minor)
        wanted = [*other.values_list("pk", flat=True)[:most], *stale.values_list("pk", flat=True)[:most]]
        for row in _locked(wanted[:most]):
            told += _tell_price(row, plan, at, at + timedelta(days=section.notice_days))
    return told


def _tell_price(row: PaidMembership, plan: Plan, at: datetime, since: datetime) -> bool:
    if plan.price_minor == (row.price_minor if row.next_price_minor is None else row.next_price_minor):
        return False
    back = plan.price_minor == row.price_minor
    row.next_price_minor, row.next_price_from = (None, None) if back else (plan.price_minor, since)
    row.save(update_fields=["next_price_minor", "next_price_from"])
    tell(row, kind="membership.price_changes", at=at, before_minor=row.price_minor, after_minor=plan.price_minor,
         since=since.isoformat())  # fmt: skip
    return True


# --- merged and erased ----------------------------------------------------------------------------------------------


def refuse_two(*, keep: UUID, remove: UUID) -> None:
    """Two paid memberships cannot become one by themselves: there is money on both."""
    if PaidMembership.objects.filter(member__in=[keep, remove], status__in=OPEN).count() > 1:
        raise CannotMerge(why=_("both have a paid membership. Cancel or refund one of them first."))


def move(*, to: UUID, of: UUID) -> None:
    """A member's memberships and trials are another's from now on."""
    PaidMembership.objects.filter(member=of).update(member=to)
    TrialTaken.objects.filter(member=of).update(member=to)


def forget(*, member: UUID, at: datetime) -> None:
    """End what a member who is erased has, and forget who they were to the payment service and what staff wrote about
    their payments; the figures stay."""
    for row in PaidMembership.objects.select_for_update(no_key=True).filter(member=member, status__in=OPEN):
        finish(row, end=End.ERASED, at=at)
    PaidMembership.objects.filter(member=member).update(provider_customer="")
    MembershipPayment.objects.filter(membership__member=member).update(reason="")
    TrialTaken.objects.filter(member=member).delete()


def tell(row: PaidMembership, *, kind: str, at: datetime, **figures: Any) -> None:
    """Announce what has happened to a membership."""
    data = {"membership": ids.encode("pmb", row.pk), "plan": row.plan, **figures}
    if row.provider_subscription:
        data["provider_subscription"] = row.provider_subscription
    record(kind, subject=row.member_id, at=at, data=data)
