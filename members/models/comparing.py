"""Which experiments run in a shop: one row, read beside the programme wherever something is decided."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class ComparisonBook(MerchantScoped):
    """Every comparison that ran or runs and the holdout over time (`members.rules.comparisons.Comparisons`). `mark`
    is another one with each change, so that a process knows whether what it keeps is the latest."""

    mark = models.UUIDField()
    content = models.JSONField()

    class Meta:
        constraints = [
            *tenant("members_comparisonbook"),
            models.UniqueConstraint(fields=["merchant"], name="members_comparisonbook_one"),
        ]

    def __str__(self) -> str:
        return f"book {self.mark}"
