"""What a member did besides buying."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class Activity(MerchantScoped):
    """One activity, once per (source, external id). `decision` is the engine's; `sku` is the product's, if it is about
    one. What is personal in it is in `properties`."""

    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    fingerprint = models.UUIDField()
    kind = models.CharField(max_length=40, db_collation="C")
    member = TenantForeignKey(Member)
    properties = models.JSONField(default=dict)
    product = models.JSONField(null=True)
    sku = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    location = models.CharField(max_length=60, blank=True)
    points_earned = models.BigIntegerField(default=0)
    programme_version = models.UUIDField(null=True)
    decision = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_activity", "member"),
            models.UniqueConstraint(
                fields=["merchant", "source", "external_id"], name="members_activity_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "member", "kind", "happened_at"],
                include=["sku"],
                name="members_activity_kind",
            ),
            models.Index(fields=["merchant", "member", "id"], name="members_activity_member"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
