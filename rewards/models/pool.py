"""Codes that a shop imported, to be given out once each."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from rewards.models.redemption import Redemption
from rewards.models.reward import Reward


class PoolCode(MerchantScoped):
    """One imported code. `redemption` is whose it became, for good: one that comes back has been seen. `digest` tells
    codes apart as a till reads them; the code is forgotten with its member."""

    reward = TenantForeignKey(Reward, related_name="pool")
    code = models.CharField(max_length=64)
    digest = models.BinaryField(max_length=32)
    redemption = TenantForeignKey(Redemption, null=True)
    added_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("rewards_poolcode", "reward", "redemption"),
            models.UniqueConstraint(fields=["merchant", "digest"], name="rewards_poolcode_digest"),
            models.CheckConstraint(
                condition=models.Q(redemption=None, given_at=None)
                | models.Q(redemption__isnull=False, given_at__isnull=False),
                name="rewards_poolcode_given_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "reward", "id"],
                condition=models.Q(redemption=None),
                name="rewards_poolcode_free",
            ),
            models.Index(
                fields=["merchant", "redemption"],
                condition=models.Q(redemption__isnull=False),
                name="rewards_poolcode_redemption",
            ),
        ]

    def __str__(self) -> str:
        return "given" if self.given_at else "free"
