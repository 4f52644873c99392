"""Paid memberships: who has which plan until when, what was paid, and which perks were used."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member

OPEN = ("pending", "trial", "active", "grace")
LIVE = ("trial", "active", "grace")


class PaidMembership(MerchantScoped):
    """A member's plan. Money in minor units of `currency`. `paid_until` ends the paid period or the trial,
    `covered_until` the perks. `price_minor` is of the period that runs; `next_price_minor` of those that begin at
    `next_price_from` or later. What is the payment service's begins with `provider`."""

    class Status(models.TextChoices):
        PENDING = "pending"  # for its first payment
        TRIAL = "trial"
        ACTIVE = "active"
        GRACE = "grace"  # a payment is missing; perks go on for a while
        ENDED = "ended"

    class End(models.TextChoices):
        CANCELLED = "cancelled"
        LAPSED = "lapsed"
        REFUNDED = "refunded"
        WITHDRAWN = "withdrawn"  # before anything was paid
        ERASED = "erased"

    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    member = TenantForeignKey(Member, related_name="paid_memberships")
    plan = models.CharField(max_length=40, db_collation="C")
    segment = models.CharField(max_length=60, db_collation="C")
    status = models.CharField(max_length=10, choices=Status)
    method = models.CharField(max_length=10)
    period = models.CharField(max_length=5)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    grace_days = models.IntegerField()
    started_at = models.DateTimeField()
    trial_until = models.DateTimeField(null=True)
    anchored_on = models.DateField(null=True)
    periods = models.IntegerField(default=0)
    paid_from = models.DateTimeField(null=True)
    paid_until = models.DateTimeField(null=True)
    covered_until = models.DateTimeField(null=True)
    cancels_at_end = models.BooleanField(default=False)
    next_price_minor = models.BigIntegerField(null=True)
    next_price_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True)
    provider_subscription = models.CharField(max_length=255, blank=True, db_collation="C")
    provider_customer = models.CharField(max_length=255, blank=True, db_collation="C")
    provider_seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_paidmembership", "member"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_paidmembership_once"),
            models.UniqueConstraint(
                fields=["merchant", "member"],
                condition=Q(status__in=OPEN),
                name="members_paidmembership_one",
            ),
            models.UniqueConstraint(
                fields=["merchant", "provider_subscription"],
                condition=~Q(provider_subscription=""),
                name="members_paidmembership_provider",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | (~Q(status="ended") & Q(ended_at=None)),
                name="members_paidmembership_ended_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "id"], name="members_paidmembership_of"),
            models.Index(
                fields=["merchant", "paid_until"],
                condition=Q(status__in=LIVE),
                name="members_paidmembership_due",
            ),
            models.Index(
                fields=["merchant", "started_at"],
                condition=Q(status="pending"),
                name="members_paidmembership_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.status}"


class MembershipPayment(MerchantScoped):
    """One payment for one period, once per `key`. `refunded_minor` of `amount_minor` went back."""

    membership = TenantForeignKey(PaidMembership, related_name="payments")
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.UUIDField()
    amount_minor = models.BigIntegerField()
    method = models.CharField(max_length=10)
    paid_from = models.DateTimeField()
    paid_until = models.DateTimeField()
    paid_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    refunded_minor = models.BigIntegerField(default=0)
    refunded_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    provider_payment = models.CharField(max_length=255, blank=True, db_collation="C")

    class Meta:
        constraints = [
            *tenant("members_membershippayment", "membership"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_membershippayment_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0)
                & Q(refunded_minor__gte=0)
                & Q(refunded_minor__lte=models.F("amount_minor")),
                name="members_membershippayment_within",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "membership", "id"], name="members_membershippayment_of"),
            models.Index(
                fields=["merchant", "provider_payment"],
                condition=~Q(provider_payment=""),
                name="members_membershippayment_prov",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor}"


class PlanPerkUse(MerchantScoped):
    """A perk of a paid membership was used, once per key: free shipping on an order, a concierge's hour."""

    membership = TenantForeignKey(PaidMembership, related_name="perk_uses")
    key = models.CharField(max_length=200, db_collation="C")
    perk = models.CharField(max_length=60, db_collation="C")
    used_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("members_planperkuse", "membership"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_planperkuse_once"),
        ]
        indexes = [models.Index(fields=["merchant", "membership", "used_at"], name="members_planperkuse_of")]

    def __str__(self) -> str:
        return self.perk


class TrialTaken(MerchantScoped):
    """A person who has had their trial, by a keyed digest of an address or number of theirs: another membership under
    the same one has none."""

    member = TenantForeignKey(Member, related_name="trials_taken")
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            *tenant("members_trialtaken", "member"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="members_trialtaken_once"),
        ]
        indexes = [models.Index(fields=["merchant", "member"], name="members_trialtaken_of")]

    def __str__(self) -> str:
        return "trial taken"
