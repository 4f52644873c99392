"""What a member agreed to, when and how: what a shop shows when it is asked."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class Consent(MerchantScoped):
    """A yes or no to one way of being written to. What counts today is on the profile; this is how it came about.
    `proof` is in the shop's words: "Newsletter form, 2 March 2026"."""

    class Purpose(models.TextChoices):
        EMAIL = "news_by_email"
        SMS = "news_by_sms"

    member = TenantForeignKey(Member, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    given = models.BooleanField()
    given_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=20)
    proof = models.CharField(max_length=300, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [*tenant("members_consent", "member")]
        indexes = [models.Index(fields=["merchant", "member", "id"], name="members_consent_member")]

    def __str__(self) -> str:
        return f"{self.purpose}: {'yes' if self.given else 'no'}"
