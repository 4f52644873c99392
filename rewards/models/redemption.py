"""A redemption: points set aside, then used or given back. Its voucher is what the member shows."""

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member
from rewards.models.reward import Reward


class Redemption(MerchantScoped):
    """reserved → committed | released; committed → reversed. `key` is the caller's, once for good."""

    class Status(models.TextChoices):
        RESERVED = "reserved"
        COMMITTED = "committed"
        RELEASED = "released"
        REVERSED = "reversed"

    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    member = TenantForeignKey(Member)
    reward = TenantForeignKey(Reward)
    status = models.CharField(max_length=10, choices=Status)
    cost_points = models.BigIntegerField()
    unit_cost_minor = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=20, blank=True)
    order_external_id = models.CharField(max_length=100, blank=True)
    reserve_transfer = models.UUIDField()
    commit_transfer = models.UUIDField(null=True)
    reserved_at = models.DateTimeField()
    reserved_until = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            *tenant("rewards_redemption", "member", "reward"),
            models.UniqueConstraint(fields=["merchant", "key"], name="rewards_redemption_once"),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "reserved_at"], name="rewards_redemption_member"),
            models.Index(fields=["merchant", "reward", "member"], name="rewards_redemption_limit"),
            models.Index(
                fields=["merchant", "reserved_until"],
                condition=Q(status="reserved"),
                name="rewards_redemption_stale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.cost_points}"

    @cached_property
    def voucher(self) -> "Voucher | None":
        """Its code. Operations that have it at hand set it."""
        return self.vouchers.first()


class Voucher(MerchantScoped):
    """A code of 60 random bits. Looked up by its digest, so that the time taken tells nothing about near
    misses."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        USED = "used"
        VOID = "void"

    redemption = TenantForeignKey(Redemption, related_name="vouchers")
    digest = models.BinaryField(max_length=32)
    code = models.CharField(max_length=20)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("rewards_voucher", "redemption"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="rewards_voucher_digest"),
            models.UniqueConstraint(fields=["merchant", "redemption"], name="rewards_voucher_one"),
        ]

    def __str__(self) -> str:
        return self.status
