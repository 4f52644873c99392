"""What goes with what: worked out each night from past purchases, and about products alone."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class ProductLink(MerchantScoped):
    """A product (`other`) that goes with another (`sku`), the `place`-th best, from 1. `together` is how many
    customers bought both, `score` from 0 to 1."""

    sku = models.CharField(max_length=100, db_collation="C")
    other = models.CharField(max_length=100, db_collation="C")
    place = models.SmallIntegerField()
    score = models.FloatField()
    together = models.IntegerField()

    class Meta:
        constraints = [
            *tenant("campaigns_productlink"),
            models.UniqueConstraint(fields=["merchant", "sku", "other"], name="campaigns_productlink_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} → {self.other}"


class KnownProduct(MerchantScoped):
    """A product as it was last sold, as of a night: there is no catalogue, so what was sold is what there is. `rank` is
    its place among the most bought, from 1."""

    sku = models.CharField(max_length=100, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=100, blank=True)
    orders = models.IntegerField()
    rank = models.IntegerField()

    class Meta:
        constraints = [
            *tenant("campaigns_knownproduct"),
            models.UniqueConstraint(fields=["merchant", "sku"], name="campaigns_knownproduct_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.sku


class SuggestionNight(MerchantScoped):
    """The night a shop's suggestions are of, and what they were made from."""

    only = models.BooleanField(default=True)
    day = models.DateField()
    orders = models.IntegerField()
    products = models.IntegerField()
    links = models.IntegerField()
    worked_out_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_suggestionnight"),
            models.UniqueConstraint(fields=["merchant", "only"], name="campaigns_suggestionnight_one"),
            models.CheckConstraint(condition=models.Q(only=True), name="campaigns_suggestionnight_only"),
        ]

    def __str__(self) -> str:
        return f"{self.links} links of {self.day}"
