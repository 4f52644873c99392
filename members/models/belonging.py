"""Where members belong and what they have gathered: their tier, segments, badges, and chances in draws."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class TierStanding(MerchantScoped):
    """A member's tier, by its id in the programme, since when, and until when it is theirs at least (never taken away
    by time alone where null). It is looked at again at `review_at`, when the grace is over; until it has been, it must
    not count any more. No row: no tier. `basis` and `qualified_on` say why they have it (`rules.tiers.Standing`)."""

    member = TenantForeignKey(Member, related_name="tier_standings")
    tier = models.CharField(max_length=60, db_collation="C")
    since = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)
    basis = models.CharField(max_length=10, default="qualified")
    qualified_on = models.DateField(null=True)  # null: on the day of `since`

    class Meta:
        constraints = [
            *tenant("members_tierstanding", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="members_tierstanding_one"),
            models.CheckConstraint(
                condition=Q(review_at=None, valid_until=None) | Q(review_at__gte=models.F("valid_until")),
                name="members_tierstanding_review",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "tier", "member"], name="members_tierstanding_tier"),
            models.Index(
                fields=["merchant", "review_at"],
                condition=Q(review_at__isnull=False),
                name="members_tierstanding_due",
            ),
        ]

    def __str__(self) -> str:
        return self.tier


class SegmentPlace(MerchantScoped):
    """A member's place in a segment, until an instant or for good. `source` is what put them there: an order, an
    activity, a paid membership; null for staff and the segment's own definition."""

    member = TenantForeignKey(Member, related_name="segment_places")
    segment = models.CharField(max_length=60, db_collation="C")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    source_kind = models.CharField(max_length=24, blank=True)
    source = models.UUIDField(null=True)

    class Meta:
        constraints = [
            *tenant("members_segmentplace", "member"),
            models.UniqueConstraint(
                fields=["merchant", "member", "segment"], name="members_segmentplace_once"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "segment", "member"], name="members_segmentplace_segment"),
            models.Index(
                fields=["merchant", "source"],
                condition=Q(source__isnull=False),
                name="members_segmentplace_source",
            ),
        ]

    def __str__(self) -> str:
        return self.segment


class EarnedBadge(MerchantScoped):
    """A badge a member has. One they already have stays one."""

    member = TenantForeignKey(Member, related_name="badges")
    badge = models.CharField(max_length=60, db_collation="C")
    earned_at = models.DateTimeField()
    source_kind = models.CharField(max_length=24)
    source = models.UUIDField()

    class Meta:
        constraints = [
            *tenant("members_earnedbadge", "member"),
            models.UniqueConstraint(fields=["merchant", "member", "badge"], name="members_earnedbadge_once"),
        ]
        indexes = [models.Index(fields=["merchant", "source"], name="members_earnedbadge_source")]

    def __str__(self) -> str:
        return self.badge


class DrawEntry(MerchantScoped):
    """Chances in a draw: what one rule gave at one occasion, less what its refunds undid."""

    member = TenantForeignKey(Member, related_name="draw_entries")
    draw = models.CharField(max_length=60, db_collation="C")
    rule = models.CharField(max_length=60, db_collation="C")
    given = models.IntegerField()
    entries = models.IntegerField()
    source_kind = models.CharField(max_length=24)
    source = models.UUIDField()
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_drawentry", "member"),
            models.UniqueConstraint(fields=["merchant", "source", "rule"], name="members_drawentry_once"),
            models.CheckConstraint(
                condition=Q(entries__gte=0) & Q(entries__lte=models.F("given")),
                name="members_drawentry_within",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "draw", "member"], name="members_drawentry_draw"),
            models.Index(fields=["merchant", "member"], name="members_drawentry_member"),
        ]

    def __str__(self) -> str:
        return f"{self.entries} in {self.draw}"


class FullCard(MerchantScoped):
    """A stamp card that was filled: the stamps it took (`transfer`), and the reward it gave. `reopened_at` when a
    refund took a stamp back before the reward was used."""

    member = TenantForeignKey(Member, related_name="full_cards")
    card = models.CharField(max_length=60, db_collation="C")
    unit = models.CharField(max_length=20)
    stamps = models.IntegerField()
    reward = models.CharField(max_length=60)
    quantity = models.IntegerField()
    transfer = models.UUIDField()
    filled_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_fullcard", "member"),
            models.UniqueConstraint(fields=["merchant", "transfer"], name="members_fullcard_transfer"),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "unit", "id"], name="members_fullcard_member"),
        ]

    def __str__(self) -> str:
        return self.card
