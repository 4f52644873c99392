"""What a member did besides buying."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class Activity(MerchantScoped):
    """One activity, once per (source, external id). `decision` is the engine's; `sku` is the product's, if it is about
    one. What is personal in it is in `properties` and in its proof, of which `proof_print` is a keyed hash.

    One that waits for staff has decided nothing yet; `flags` say what they should look at. `note` is their reason,
    for the member to read. One that was undone keeps its decision; `points_taken` and `shortfall` add up to what it
    had earned.
    """

    class Status(models.TextChoices):
        RECORDED = "recorded"
        WAITING = "waiting"
        APPROVED = "approved"
        REFUSED = "refused"
        UNDONE = "undone"

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
    status = models.CharField(max_length=10, choices=Status, default=Status.RECORDED)
    proof_link = models.CharField(max_length=500, blank=True)
    proof_text = models.CharField(max_length=500, blank=True)
    proof_print = models.UUIDField(null=True)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    note = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)
    points_taken = models.BigIntegerField(default=0)
    shortfall = models.BigIntegerField(default=0)
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
            models.Index(
                fields=["merchant", "id"], condition=Q(status="waiting"), name="members_activity_waiting"
            ),
            models.Index(
                fields=["merchant", "proof_print"],
                condition=Q(proof_print__isnull=False),
                name="members_activity_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
