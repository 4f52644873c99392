"""What caps, cool-downs and budgets have used: one row for each rule and occasion, one running sum for each budget."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import (
    MerchantKey,
    ScopedManager,
    TenantForeignKey,
    TenantPolicy,
    TenantReference,
)
from members.models.member import Member


class RuleUse(models.Model):
    """What a rule gave at one occasion, while something limits it. `units` is what is left of `amount` after refunds;
    a row without any counts no longer. Rows and not sums per period: what arrives late, comes back or is merged falls
    into the right period by itself, and a cap that is changed from a month to a week still knows."""

    class Kind(models.TextChoices):
        ORDER = "order"
        ACTIVITY = "activity"

    pk = models.CompositePrimaryKey("merchant_id", "source", "rule")
    merchant = MerchantKey()
    source_kind = models.CharField(max_length=10, choices=Kind)
    source = models.UUIDField()  # the order or activity
    rule = models.CharField(max_length=60, db_collation="C")
    member = TenantForeignKey(
        Member, null=True
    )  # null when they are erased and only a budget counts it still
    unit = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    units = models.BigIntegerField()
    budget = models.CharField(max_length=60, blank=True)
    unit_cost = models.DecimalField(
        max_digits=30, decimal_places=18, default=0
    )  # minor units, as it was then
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            TenantPolicy(name="members_ruleuse_policy"),
            TenantReference(name="members_ruleuse_member_same_merchant", field="member"),
            models.CheckConstraint(
                condition=Q(units__gte=0) & Q(units__lte=models.F("amount")), name="members_ruleuse_within"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "member", "rule", "at"], include=["units"], name="members_ruleuse_member"
            ),
            # What a rule gave to all members: what a campaign came to.
            models.Index(fields=["merchant", "rule", "at"], name="members_ruleuse_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.units} of {self.amount} {self.unit}"


class BudgetUse(models.Model):
    """What has gone out of a budget: units, and their cost in minor units. Its lock is the budget's lock."""

    pk = models.CompositePrimaryKey("merchant_id", "budget")
    merchant = MerchantKey()
    budget = models.CharField(max_length=60, db_collation="C")
    units = models.BigIntegerField(default=0)
    cost_minor = models.DecimalField(max_digits=48, decimal_places=18, default=0)

    objects = ScopedManager()

    class Meta:
        constraints = [
            TenantPolicy(name="members_budgetuse_policy"),
            models.CheckConstraint(
                condition=Q(units__gte=0) & Q(cost_minor__gte=0), name="members_budgetuse_not_below"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget}: {self.units}"
