"""What was bought and what came back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import (
    MerchantKey,
    MerchantScoped,
    ScopedManager,
    TenantForeignKey,
    TenantPolicy,
    TenantReference,
    tenant,
)
from members.models.member import Member


class Order(MerchantScoped):
    """One order, once per (source, external id). Money in minor units of `currency`; `decision` is the
    engine's."""

    class Status(models.TextChoices):
        RECORDED = "recorded"
        CANCELLED = "cancelled"

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    fingerprint = models.UUIDField()
    member = TenantForeignKey(Member, null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECORDED)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    points_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)  # in all
    unassigned_refund_minor = models.BigIntegerField(default=0)  # of it, not of a certain line
    eligible_minor = models.BigIntegerField(default=0)
    points_earned = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=20, blank=True)
    location = models.CharField(max_length=60, blank=True)
    payment_method = models.CharField(max_length=40, blank=True)
    programme_version = models.UUIDField(null=True)
    decision = models.JSONField(default=dict)
    placed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_order", "member"),
            # The number before the source: staff look for a number, whichever shop system it came from.
            models.UniqueConstraint(fields=["merchant", "external_id", "source"], name="members_order_once"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0) & Q(refunded_minor__lte=models.F("total_minor")),
                name="members_order_refund_within",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "placed_at"], name="members_order_member"),
            # A shop's figures for a year are summed from this index alone.
            models.Index(
                fields=["merchant", "placed_at"],
                include=["status", "member", "total_minor", "refunded_minor"],
                name="members_order_figures",
            ),
            models.Index(
                fields=["merchant", "placed_at"],
                condition=Q(refunded_minor__gt=0),
                name="members_order_refunded",
            ),
            models.Index(
                fields=["merchant", "placed_at"],
                condition=Q(status="cancelled"),
                name="members_order_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class OrderLine(models.Model):
    """One line. `points` is its part of what the order earned; `refunded_minor` what came back of
    `paid_minor`."""

    pk = models.CompositePrimaryKey("merchant_id", "order_id", "number")
    merchant = MerchantKey()
    order = TenantForeignKey(Order, related_name="lines")
    number = models.IntegerField()
    kind = models.CharField(max_length=10)
    sku = models.CharField(max_length=100)
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=100, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    amount_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    paid_minor = models.BigIntegerField()  # amount less its part of the order's discount
    points = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        constraints = [
            TenantPolicy(name="members_orderline_policy"),
            TenantReference(name="members_orderline_order_same_merchant", field="order"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0) & Q(refunded_minor__lte=models.F("paid_minor")),
                name="members_orderline_refund_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class Refund(MerchantScoped):
    """Money that went back, or a whole cancellation. One that arrives before its order waits as `parked`."""

    class Status(models.TextChoices):
        PARKED = "parked"
        APPLIED = "applied"
        REFUSED = "refused"

    source = models.CharField(max_length=40)
    order_external_id = models.CharField(max_length=100)
    external_id = models.CharField(max_length=100)
    fingerprint = models.UUIDField()
    order = TenantForeignKey(Order, null=True)
    cancels = models.BooleanField(default=False)
    content = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status)
    note = models.CharField(max_length=300, blank=True)
    amount_minor = models.BigIntegerField(default=0)
    points_taken = models.BigIntegerField(default=0)
    shortfall = models.BigIntegerField(default=0)
    others = models.JSONField(default=dict)  # of other units: {unit: [taken, shortfall]}
    refunded_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_refund", "order"),
            models.UniqueConstraint(
                fields=["merchant", "source", "order_external_id", "external_id"], name="members_refund_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "order"], condition=Q(order__isnull=False), name="members_refund_order"
            )
        ]

    def __str__(self) -> str:
        return f"refund {self.external_id}"
