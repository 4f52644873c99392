"""What members want to hear, and addresses that may not be written to."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class Preferences(MerchantScoped):
    """What one member wants; who has no row wants everything but news. News is a consent and stands on their profile.
    `timezone` is theirs, "" when nobody knows it."""

    member = TenantForeignKey(Member)
    programme = models.BooleanField(default=True)
    reminders = models.BooleanField(default=True)
    statement = models.BooleanField(default=True)
    timezone = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_preferences", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="campaigns_preferences_one"),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.member_id}"


class Suppression(MerchantScoped):
    """An address that may not be written to. Only a digest of it, under the server's own key: it can be recognised but
    not read. `member` is whose it was when it happened, null once they are erased."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce"
        COMPLAINT = "complaint"
        UNSUBSCRIBED = "unsubscribed"

    channel = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, db_collation="C")
    reason = models.CharField(max_length=12, choices=Reason)
    member = TenantForeignKey(Member, null=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_suppression", "member"),
            models.UniqueConstraint(
                fields=["merchant", "channel", "digest"], name="campaigns_suppression_address"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "member"],
                condition=models.Q(member__isnull=False),
                name="campaigns_suppression_member",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"
