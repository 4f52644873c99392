"""Personal offers that members have activated."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class OfferActivation(MerchantScoped):
    """A member took up an offer. `active_until` null: for good."""

    member = TenantForeignKey(Member, related_name="offer_activations")
    offer = models.CharField(max_length=60, db_collation="C")
    activated_at = models.DateTimeField()
    active_until = models.DateTimeField(null=True)
    channel = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [*tenant("members_offeractivation", "member")]
        indexes = [
            models.Index(
                fields=["merchant", "member", "offer", "activated_at"], name="members_offeractivation_member"
            )
        ]

    def __str__(self) -> str:
        return self.offer
