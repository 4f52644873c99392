"""Points given and taken by hand: how much who may, what they used of it, and what waits for a second person."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class AdjustmentLimits(MerchantScoped):
    """What the shop allows, as `members.rules.adjusting.Limits`. No row: nobody is limited."""

    limits = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("members_adjustmentlimits"),
            models.UniqueConstraint(fields=["merchant"], name="members_adjustmentlimits_one"),
        ]

    def __str__(self) -> str:
        return f"limits since {self.changed_at:%Y-%m-%d}"


class AdjustmentUse(MerchantScoped):
    """What an actor gave and took by hand on a day of the shop's calendar, in units. Its lock is the lock of all they
    do by hand that day."""

    actor = models.CharField(max_length=80, db_collation="C")
    day = models.DateField()
    units = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            *tenant("members_adjustmentuse"),
            models.UniqueConstraint(fields=["merchant", "actor", "day"], name="members_adjustmentuse_day"),
            models.CheckConstraint(condition=Q(units__gte=0), name="members_adjustmentuse_not_below"),
        ]

    def __str__(self) -> str:
        return f"{self.units} on {self.day}"


class AdjustmentRequest(MerchantScoped):
    """A change by hand that was more than its asker may make: `amount` for each of its parts, decided by somebody else
    until `expires_at`. `reason` is for the members, `note` what whoever decided typed."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        LAPSED = "lapsed"

    key = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    unit = models.CharField(max_length=20)
    reason = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            *tenant("members_adjustmentrequest"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_adjustmentrequest_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="members_adjustmentrequest_some"),
            # Four eyes: the database, too, refuses an approval by whoever asked.
            models.CheckConstraint(
                condition=~Q(status="approved", decided_by=models.F("asked_by")),
                name="members_adjustmentrequest_two",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at=None)
                | (~Q(status="waiting") & Q(decided_at__isnull=False)),
                name="members_adjustmentrequest_settled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "id"],
                condition=Q(status="waiting"),
                name="members_adjustmentrequest_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d} {self.unit} {self.status}"


class AdjustmentPart(MerchantScoped):
    """A member of a request. `posting` is what it became in the books; `skipped` says why it became nothing."""

    request = TenantForeignKey(AdjustmentRequest, related_name="parts")
    member = TenantForeignKey(Member, related_name="adjustment_parts")
    posting = models.UUIDField(null=True)
    skipped = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [*tenant("members_adjustmentpart", "request", "member")]
        indexes = [
            models.Index(fields=["merchant", "request", "id"], name="members_adjustmentpart_of"),
            models.Index(fields=["merchant", "member", "id"], name="members_adjustmentpart_member"),
        ]

    def __str__(self) -> str:
        return str(self.posting or self.skipped)
