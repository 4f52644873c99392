"""How members got their tiers, what they claimed of their tiers' perks, and the review that follows a publication."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class TierChange(MerchantScoped):
    """One change of a member's tier, or of how long it is theirs: append-only. "" is no tier. `values` holds the
    figures that were compared, never personal data; who has been erased has a last row that says so."""

    class Direction(models.TextChoices):
        UP = "up"
        DOWN = "down"
        KEPT = "kept"
        REPLACED = "replaced"

    member = TenantForeignKey(Member, related_name="tier_changes")
    from_tier = models.CharField(max_length=60, blank=True, db_collation="C")
    to_tier = models.CharField(max_length=60, blank=True, db_collation="C")
    direction = models.CharField(max_length=10, choices=Direction)
    reason = models.CharField(max_length=24)
    values = models.JSONField(default=dict)
    version = models.UUIDField(null=True)  # of the programme
    actor = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [*tenant("members_tierchange", "member")]
        indexes = [models.Index(fields=["merchant", "member", "id"], name="members_tierchange_member")]

    def __str__(self) -> str:
        return f"{self.from_tier} → {self.to_tier}"


class TierReview(MerchantScoped):
    """The look at every member that follows the publication of other tiers, done in batches by member: `position` is
    the last one looked at. `move_down` is what the publisher said."""

    version = models.UUIDField()
    move_down = models.BooleanField()
    position = models.UUIDField(null=True)
    reviewed = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_tierreview"),
            models.UniqueConstraint(fields=["merchant", "version"], name="members_tierreview_once"),
            models.UniqueConstraint(
                fields=["merchant"], condition=Q(finished_at=None), name="members_tierreview_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewed} reviewed"


class PerkClaim(MerchantScoped):
    """A service of a member's tier that they asked for: what it is for, whether it was served and by whom. `note` and
    `outcome` are what people typed."""

    class Status(models.TextChoices):
        OPEN = "open"
        SERVED = "served"
        CANCELLED = "cancelled"

    member = TenantForeignKey(Member, related_name="perk_claims")
    perk = models.CharField(max_length=60, db_collation="C")
    tier = models.CharField(max_length=60, db_collation="C")
    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    order_source = models.CharField(max_length=40, blank=True)
    order_external_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    note = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    claimed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=80)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("members_perkclaim", "member"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_perkclaim_once"),
            models.CheckConstraint(
                condition=Q(status="open", settled_at=None)
                | (~Q(status="open") & Q(settled_at__isnull=False)),
                name="members_perkclaim_settled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "member", "perk", "claimed_at"], name="members_perkclaim_member"
            ),
            models.Index(
                fields=["merchant", "id"], condition=Q(status="open"), name="members_perkclaim_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.perk} {self.status}"
