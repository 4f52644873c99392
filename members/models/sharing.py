"""What members share: points one gave another, and households with one balance."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class PointsTransfer(MerchantScoped):
    """Points that went from one member to another: given by them, or gathered when one of their household redeemed
    (then `redemption` says for what). `undone` of `amount` went back again. `posting` is the giver's side in the
    books."""

    class Kind(models.TextChoices):
        GIFT = "gift"
        HOUSEHOLD = "household"

    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    giver = TenantForeignKey(Member, related_name="given_transfers")
    receiver = TenantForeignKey(Member, related_name="received_transfers")
    amount = models.BigIntegerField()
    posting = models.UUIDField(null=True)
    redemption = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    happened_at = models.DateTimeField()
    undone = models.BigIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            *tenant("members_pointstransfer", "giver", "receiver"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_pointstransfer_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(undone__gte=0) & Q(undone__lte=models.F("amount")),
                name="members_pointstransfer_within",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "giver", "happened_at"], name="members_pointstransfer_giver"),
            models.Index(fields=["merchant", "receiver", "id"], name="members_pointstransfer_to"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.amount}"


class Household(MerchantScoped):
    """Members who share one balance. `code` lets one more in until `code_until`, again and again."""

    code = models.CharField(max_length=20, blank=True, db_collation="C")
    code_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_household"),
            models.UniqueConstraint(
                fields=["merchant", "code"], condition=~Q(code=""), name="members_household_code"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HouseholdPlace(MerchantScoped):
    """A member's place in their one household. `shares`: the others may use their points."""

    household = TenantForeignKey(Household, related_name="places")
    member = TenantForeignKey(Member, related_name="household_places")
    owns = models.BooleanField(default=False)
    shares = models.BooleanField(default=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_householdplace", "household", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="members_householdplace_one"),
            models.UniqueConstraint(
                fields=["merchant", "household"],
                condition=Q(owns=True),
                name="members_householdplace_owner",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "household", "since"], name="members_householdplace_who")]

    def __str__(self) -> str:
        return f"place in {self.household_id}"
