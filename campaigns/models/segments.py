"""Segments: groups of members that rules, rewards and newsletters name, and what keeps them current.

Who is in one is a `SegmentPlace` on the members' floor, whatever put them there: so whoever asks for a segment asks in
one place. Places that follow from conditions are marked `PLACED` and belong to this part of the house alone.
"""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member

PLACED = "segment"
"""`source_kind` of places that follow from a segment's conditions."""


class Segment(MerchantScoped):
    """One group. `handle` is what rules call it, for good; `conditions` are `campaigns.rules.segments.Conditions`, {}
    of a list. `size` is how many are in it; `looked_at` null until everybody was looked at under the conditions as
    they are."""

    class Kind(models.TextChoices):
        CONDITIONS = "conditions"
        LIST = "list"

    class State(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    handle = models.CharField(max_length=60, db_collation="C")
    name = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    conditions = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    size = models.IntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("campaigns_segment"),
            models.UniqueConstraint(fields=["merchant", "handle"], name="campaigns_segment_handle"),
            models.CheckConstraint(
                condition=Q(kind="list", conditions={}) | Q(kind="conditions"), name="campaigns_segment_kind"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "kind"], name="campaigns_segment_state")]

    def __str__(self) -> str:
        return self.handle


class SegmentLook(MerchantScoped):
    """A member to look at again, because something happened to them. Taken away in the transaction that has looked; the
    same member may stand here more than once."""

    member = TenantForeignKey(Member)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [*tenant("campaigns_segmentlook", "member")]
        indexes = [models.Index(fields=["merchant", "member"], name="campaigns_segmentlook_member")]

    def __str__(self) -> str:
        return f"look at {self.member_id}"


class RfmScale(MerchantScoped):
    """Where the fifths of a shop's buyers end, as of a night: instants of the last purchase, numbers of purchases,
    minor units. `buyers` is of how many."""

    only = models.BooleanField(default=True)
    recency = models.JSONField(default=list)
    frequency = models.JSONField(default=list)
    money = models.JSONField(default=list)
    buyers = models.IntegerField(default=0)
    worked_out_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_rfmscale"),
            models.UniqueConstraint(fields=["merchant", "only"], name="campaigns_rfmscale_one"),
            models.CheckConstraint(condition=Q(only=True), name="campaigns_rfmscale_only"),
        ]

    def __str__(self) -> str:
        return f"scale of {self.buyers} buyers"
