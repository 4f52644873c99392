"""What the shop sells, as its catalogue says."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Product(MerchantScoped):
    """A product by its number in the shop. An order's line that leaves out what it is takes it from here, so the table
    lies beside the orders: the engine must know it before it decides. `search` is what it is found and sorted by, in
    the folded letters of `members.queries.identifying`; `external_updated_at` is when the shop system last changed it,
    so that an older message cannot undo a newer one. Money in minor units, null where nobody said."""

    sku = models.CharField(max_length=100, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=100, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    kind = models.CharField(max_length=10, default="product")
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    cost_minor = models.BigIntegerField(null=True)
    archived_at = models.DateTimeField(null=True)
    external_updated_at = models.DateTimeField(null=True)
    search = models.CharField(max_length=600, blank=True, db_collation="C")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_product"),
            models.UniqueConstraint(fields=["merchant", "sku"], name="members_product_sku"),
            models.CheckConstraint(
                condition=(Q(price_minor=None) | Q(price_minor__gte=0))
                & (Q(cost_minor=None) | Q(cost_minor__gte=0)),
                name="members_product_money",
            ),
        ]
        indexes = [
            # The list by name, page after page, and who looks for a word, read this index in its order.
            models.Index(fields=["merchant", "search", "id"], name="members_product_list"),
            # Few are archived: found without reading everything that is sold.
            models.Index(
                fields=["merchant", "search", "id"],
                condition=Q(archived_at__isnull=False),
                name="members_product_archived",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.sku
