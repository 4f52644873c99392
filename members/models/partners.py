"""Partnerships between merchants: the agreement, members' linked cards, and what one merchant owes the other.

Everything here is a pair of rows with the same id, one with each merchant; nobody reads the other's. `partner` is the
other merchant's id.
"""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class Partnership(MerchantScoped):
    """An agreement with another merchant: what one point of each side is worth to both, in minor units of the currency
    they share, as decimal text. New terms are a new agreement; when it is accepted the one before ends."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        ACTIVE = "active"
        ENDED = "ended"

    partner = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status)
    ours = models.BooleanField()  # we proposed it
    our_worth = models.CharField(max_length=16, db_collation="C")
    their_worth = models.CharField(max_length=16, db_collation="C")
    currency = models.CharField(max_length=3)
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("members_partnership"),
            models.UniqueConstraint(
                fields=["merchant", "partner"],
                condition=Q(status="active"),
                name="members_partnership_active",
            ),
            models.UniqueConstraint(
                fields=["merchant", "partner"],
                condition=Q(status="proposed"),
                name="members_partnership_proposed",
            ),
            models.CheckConstraint(
                condition=Q(status="ended") | Q(ended_at=None), name="members_partnership_ended"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "partner", "id"], name="members_partnership_with")]

    def __str__(self) -> str:
        return f"{self.status} with {self.partner}"


class CardLink(MerchantScoped):
    """A member whose card is linked with that of `partner_member` at a partner: each can use what the other has."""

    member = TenantForeignKey(Member, related_name="card_links")
    partner = models.BigIntegerField()
    partner_member = models.UUIDField()
    since = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_cardlink", "member"),
            models.UniqueConstraint(fields=["merchant", "member", "partner"], name="members_cardlink_one"),
        ]

    def __str__(self) -> str:
        return f"link with {self.partner}"


class LinkCode(MerchantScoped):
    """The digest of a code that proves at a partner whose card here is to be linked, once and until an instant."""

    member = TenantForeignKey(Member, related_name="link_codes")
    partner = models.BigIntegerField()
    digest = models.CharField(max_length=64, db_collation="C")
    until = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_linkcode", "member"),
            models.UniqueConstraint(fields=["merchant", "member", "partner"], name="members_linkcode_one"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="members_linkcode_digest"),
        ]

    def __str__(self) -> str:
        return f"code for {self.partner}"


class SettlementEntry(MerchantScoped):
    """What one use of points across two merchants leaves to settle: `amount_minor` above zero is owed to us, below
    zero by us, and the partner's row says the opposite. `points` left here (below zero) or arrived; `posting` is that
    movement in the books. `remainder` is what was taken and is worth less than one point, in minor units."""

    partnership = TenantForeignKey(Partnership, related_name="entries")
    points = models.BigIntegerField()
    partner_points = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    remainder = models.CharField(max_length=30, db_collation="C")
    posting = models.UUIDField()
    redemption = models.UUIDField(null=True)  # where it is ours
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_settlemententry", "partnership"),
            models.CheckConstraint(
                condition=Q(points__lt=0, partner_points__gt=0, amount_minor__lte=0)
                | Q(points__gt=0, partner_points__lt=0, amount_minor__gte=0),
                name="members_settlemententry_sides",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "partnership", "happened_at"], name="members_settlemententry_period"
            ),
            models.Index(fields=["merchant", "posting"], name="members_settlemententry_post"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} for {self.points} points"
