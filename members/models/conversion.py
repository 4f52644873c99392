"""What became of points by themselves."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class PointsConversion(MerchantScoped):
    """Of one member in one period: so many `points` became so many `parts`, each a reward (its handle) or an amount of
    cash-back. None of either: nothing was left of the reward."""

    member = TenantForeignKey(Member, related_name="conversions")
    period = models.CharField(max_length=12, db_collation="C")
    points = models.BigIntegerField()
    parts = models.IntegerField()
    reward = models.CharField(max_length=60, blank=True)
    cashback_minor = models.BigIntegerField(default=0)
    posting = models.UUIDField()
    converted_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_pointsconversion", "member"),
            models.UniqueConstraint(
                fields=["merchant", "member", "period"], name="members_pointsconversion_once"
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0, parts__gte=0, cashback_minor__gte=0),
                name="members_pointsconversion_not_below",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} in {self.period}"
