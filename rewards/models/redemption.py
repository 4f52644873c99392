"""A redemption: points set aside, then used or given back; or a reward handed out for nothing. Its vouchers are what
the member shows."""

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member
from rewards.models.reward import Reward


class Redemption(MerchantScoped):
    """reserved → committed | released; committed → reversed. `key` is the caller's, once for good.

    `value` is the reward's when it was taken: minor units or hundredths of a per cent, by kind; what points paid, for
    points that pay. `returned_points` came back of `cost_points`, all of them for a reversed one.

    One that was handed out (`source_kind` says for what, `source` for which) is committed from the start, costs no
    points, and has a voucher for each of `quantity`. What costs no points has no transfer in the books.
    """

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
    quantity = models.IntegerField(default=1)
    cost_points = models.BigIntegerField()
    returned_points = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    unit_cost_minor = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=20, blank=True)
    order_external_id = models.CharField(max_length=100, blank=True)
    source_kind = models.CharField(max_length=24, blank=True)
    source = models.UUIDField(null=True)
    reserve_transfer = models.UUIDField(null=True)
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
            models.CheckConstraint(
                condition=Q(cost_points=0, reserve_transfer=None, commit_transfer=None)
                | Q(cost_points__gt=0, reserve_transfer__isnull=False),
                name="rewards_redemption_paid",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="rewards_redemption_some"),
            models.CheckConstraint(
                condition=Q(returned_points__gte=0) & Q(returned_points__lte=models.F("cost_points")),
                name="rewards_redemption_returned",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "reserved_at"], name="rewards_redemption_member"),
            models.Index(fields=["merchant", "reward", "member"], name="rewards_redemption_limit"),
            models.Index(
                fields=["merchant", "reserved_until"],
                condition=Q(status="reserved"),
                name="rewards_redemption_stale",
            ),
            models.Index(
                fields=["merchant", "order_external_id"],
                condition=~Q(order_external_id=""),
                name="rewards_redemption_order",
            ),
            models.Index(
                fields=["merchant", "source"],
                condition=Q(source__isnull=False),
                name="rewards_redemption_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.cost_points}"

    @cached_property
    def voucher(self) -> "Voucher | None":
        """Its code, the first of several. Operations that have it at hand set it."""
        return self.vouchers.order_by("id").first()

    @property
    def issued(self) -> bool:
        """True for what was handed out without being asked for."""
        return bool(self.source_kind)


class Voucher(MerchantScoped):
    """A code of 60 random bits, or one out of a pool. Looked up by its digest, so that the time taken tells nothing
    about near misses."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        USED = "used"
        VOID = "void"

    redemption = TenantForeignKey(Redemption, related_name="vouchers")
    digest = models.BinaryField(max_length=32)
    code = models.CharField(max_length=64)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("rewards_voucher", "redemption"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="rewards_voucher_digest"),
        ]
        indexes = [models.Index(fields=["merchant", "redemption"], name="rewards_voucher_redemption")]

    def __str__(self) -> str:
        return self.status
