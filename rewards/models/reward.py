"""A reward: what it is, what it costs the member and the shop, who may have it and how often."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Reward(MerchantScoped):
    """`handle` is how programmes name it, and stays. `value` by kind: minor units off, or percent off × 100; words by
    language; `taken` counts open and used ones, each for as many as it hands out. `gift_only`: handed out by rules and
    staff, never for points. `terms` are those of its kind, `audience` and `limits` who may have it (`rewards.rules`).
    Where codes come out of a pool, `stock` is how many were imported less those that were lost."""

    class Kind(models.TextChoices):
        MONEY_OFF = "money_off"
        PERCENT_OFF = "percent_off"
        FREE_PRODUCT = "free_product"
        FREE_SHIPPING = "free_shipping"
        SAMPLE = "sample"
        GIFT_CARD = "gift_card"
        EXCLUSIVE_PRODUCT = "exclusive_product"
        EXPERIENCE = "experience"
        WORKSHOP = "workshop"
        DONATION = "donation"
        EARLY_ACCESS = "early_access"
        COUPON = "coupon"
        PARTNER = "partner"
        PAY_WITH_POINTS = "pay_with_points"
        CUSTOM = "custom"

    class Delivery(models.TextChoices):
        """How staff get it to the member, where a code alone is not enough."""

        NONE = ""
        SHIPPED = "shipped"
        COLLECTED = "collected"
        SERVED = "served"

    handle = models.CharField(max_length=60, db_collation="C")
    kind = models.CharField(max_length=24, choices=Kind)
    name = models.JSONField(default=dict)
    description = models.JSONField(default=dict)
    picture = TenantForeignKey("pictures.Picture", null=True)
    cost_points = models.BigIntegerField()
    gift_only = models.BooleanField(default=False)
    value = models.BigIntegerField(default=0)
    terms = models.JSONField(default=dict)
    product_sku = models.CharField(max_length=100, blank=True)
    unit_cost_minor = models.BigIntegerField(default=0)
    stock = models.IntegerField(null=True)
    taken = models.IntegerField(default=0)
    limit_per_member = models.IntegerField(null=True)
    limits = models.JSONField(default=list)
    audience = models.JSONField(default=dict)
    delivery = models.CharField(max_length=10, choices=Delivery, blank=True)
    available_from = models.DateTimeField(null=True)
    available_until = models.DateTimeField(null=True)
    channels = ArrayField(models.CharField(max_length=20), default=list)
    code_valid_days = models.IntegerField(default=30)
    position = models.IntegerField(default=0)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("rewards_reward", "picture"),
            models.UniqueConstraint(fields=["merchant", "handle"], name="rewards_reward_handle"),
            models.CheckConstraint(
                condition=Q(cost_points__gte=0, taken__gte=0), name="rewards_reward_costs_not_less"
            ),
            models.CheckConstraint(
                condition=Q(stock=None) | Q(taken__lte=F("stock")), name="rewards_reward_stock"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "position", "cost_points"], name="rewards_reward_list")]

    def __str__(self) -> str:
        return str(self.name.get("en") or next(iter(self.name.values()), self.pk))
