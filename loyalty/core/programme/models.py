"""The programme is a document. Once published a version never changes; the database refuses."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Version(MerchantScoped):
    """One version of a merchant's programme. `number` is None while it is the draft; there is at most one
    draft."""

    number = models.PositiveIntegerField(null=True)
    document = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    edited_at = models.DateTimeField()
    edited_by = models.CharField(max_length=80)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("programme_version"),
            models.UniqueConstraint(fields=["merchant", "number"], name="programme_version_number"),
            models.UniqueConstraint(
                fields=["merchant"], condition=models.Q(number=None), name="programme_version_one_draft"
            ),
            models.CheckConstraint(
                condition=models.Q(number=None, published_at=None)
                | models.Q(number__gt=0, published_at__isnull=False),
                name="programme_version_published_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}" if self.number else "draft"


class InForce(MerchantScoped):
    """Which version counts now: one row per merchant, moved by publishing."""

    version = TenantForeignKey(Version)

    class Meta:
        constraints = [
            *tenant("programme_inforce", "version"),
            models.UniqueConstraint(fields=["merchant"], name="programme_inforce_one"),
        ]

    def __str__(self) -> str:
        return str(self.version_id)
