"""What the clock starts. Each task fans out over merchants; each merchant's part is its own transaction and
safe to repeat."""

import logging
from datetime import datetime
from uuid import UUID

from celery import shared_task

from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.operations import (
    approvals,
    conversions,
    holds,
    inviting,
    paid_memberships,
    points,
    tier_publishing,
    tiers,
)
from members.operations.occasions import birthdays_due, record_birthday
from members.operations.referral_payouts import due_referrals, settle

log = logging.getLogger(__name__)


@shared_task
def run_points_life() -> int:
    """Ripen and expire points of every merchant. A merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += _live_through(merchant, at)
        except Exception:
            log.exception("points' life failed for merchant %s", merchant.pk)
    return done


def _live_through(merchant: Merchant, at: datetime) -> int:
    """One merchant's points, a batch per transaction: no member waits for more than one batch."""
    done = 0
    for work in (points.activate_due, holds.release_due, points.expire_due):
        while True:
            with acting_for(merchant, by=SYSTEM):
                moved = work(at=at, most=points.BATCH)
            if moved == 0:
                break
            done += moved
    return done


@shared_task
def review_tiers() -> int:
    """Look at the members of every merchant whose tier's time is over, and go on with what a publication started. A
    merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += _review_tiers(merchant, at)
        except Exception:
            log.exception("reviewing the tiers of merchant %s failed", merchant.pk)
    return done


def _review_tiers(merchant: Merchant, at: datetime) -> int:
    """One merchant's members, a batch per transaction: stopped anywhere, the next run goes on from there."""
    done = 0
    for work, batch in (
        (tier_publishing.review_published, tier_publishing.BATCH),
        (tiers.review_due, tiers.BATCH),
    ):
        while True:
            with acting_for(merchant, by=SYSTEM):
                looked_at = work(at=at, most=batch)
            done += looked_at
            if looked_at < batch:
                break
    return done


@shared_task
def convert_points() -> int:
    """Convert the points of every merchant whose period is over; how many members had theirs converted. A merchant that
    fails does not stop the others; what was not done is done when the bell rings again."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += convert_of(merchant, at=at)
        except Exception:
            log.exception("points could not be converted for merchant %s", merchant.pk)
    return done


def convert_of(merchant: Merchant, *, at: datetime) -> int:
    """One merchant's period, a batch per transaction; how many members."""
    with acting_for(merchant, by=SYSTEM):
        due = conversions.due(at=at)
    done, after = 0, None
    while due is not None:
        with acting_for(merchant, by=SYSTEM):
            batch = conversions.convert_batch(of=due, after=after, at=at)
            done, after = done + batch.converted, batch.last
            if after is None:
                conversions.finish(of=due, started_at=at, at=clock.now())
                return done
    return done


@shared_task
def run_memberships() -> int:
    """End paid memberships that are over, and tell of payments and prices that are due, for every merchant; how many
    changed. A merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            changed = 1
            while changed:
                with acting_for(merchant, by=SYSTEM):
                    changed = paid_memberships.live_through(at=at)
                done += changed
        except Exception:
            log.exception("paid memberships failed for merchant %s", merchant.pk)
    return done


@shared_task
def lapse_requests() -> int:
    """Settle what nobody approved in time, in every merchant; how many. A merchant that fails does not stop the
    others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                done += approvals.lapse_due(at=at)
        except Exception:
            log.exception("requests could not be settled for merchant %s", merchant.pk)
    return done


@shared_task
def run_referrals() -> int:
    """Pay what bringing friends has made due in every merchant, and delete hashes of clicks whose time is over. A
    merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += _settle_due(merchant, at)
        except Exception:
            log.exception("referrals failed for merchant %s", merchant.pk)
    return done


def _settle_due(merchant: Merchant, at: datetime) -> int:
    """One merchant's referrals, each in a transaction of its own: what one is refused does not stop the rest, and no
    two members wait for each other."""
    done, tried = 0, set[UUID]()
    while True:
        with acting_for(merchant, by=SYSTEM):
            found = [one for one in due_referrals(at=at, most=points.BATCH) if one not in tried]
        for referral in found:
            tried.add(referral)
            try:
                with acting_for(merchant, by=SYSTEM):
                    done += settle(referral=referral, at=at)
            except Exception:
                log.exception("referral %s of merchant %s", referral, merchant.pk)
        with acting_for(merchant, by=SYSTEM):
            gone = inviting.forget_visits(at=at, most=points.BATCH)
        if not found and not gone:
            return done


@shared_task
def run_birthdays() -> int:
    """Record today's birthdays in every merchant, where a rule asks for them. Safe to stop and to repeat at any
    point; a merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += _celebrate(merchant, at)
        except Exception:
            log.exception("birthdays failed for merchant %s", merchant.pk)
    return done


def _celebrate(merchant: Merchant, at: datetime) -> int:
    """One merchant's birthdays: found together, each recorded in a transaction of its own."""
    done, tried = 0, set[UUID]()
    while True:
        with acting_for(merchant, by=SYSTEM):
            found = birthdays_due(at=at, most=len(tried) + points.BATCH)
        fresh = [(member, day) for member, day in found if member not in tried]
        if not fresh:
            return done
        for member, day in fresh:
            tried.add(member)
            try:
                with acting_for(merchant, by=SYSTEM):
                    done += record_birthday(member=member, day=day, at=at)
            except Exception:
                log.exception("birthday of member %s of merchant %s", member, merchant.pk)
