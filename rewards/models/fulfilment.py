"""What staff still have to do for a reward that is shipped, collected or served."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from rewards.models.redemption import Redemption


class Fulfilment(MerchantScoped):
    """open → prepared → sent | collected → done; cancelled from any but done. What happened when is in the events.
    `reference` is what staff note: a parcel's number, a shelf."""

    class State(models.TextChoices):
        OPEN = "open"
        PREPARED = "prepared"
        SENT = "sent"
        COLLECTED = "collected"
        DONE = "done"
        CANCELLED = "cancelled"

    redemption = TenantForeignKey(Redemption, related_name="fulfilments")
    delivery = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reference = models.CharField(max_length=100, blank=True)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("rewards_fulfilment", "redemption"),
            models.UniqueConstraint(fields=["merchant", "redemption"], name="rewards_fulfilment_one"),
        ]
        indexes = [
            models.Index(fields=["merchant", "state", "id"], name="rewards_fulfilment_state"),
            models.Index(
                fields=["merchant", "id"],
                condition=Q(state__in=["open", "prepared", "sent"]),
                name="rewards_fulfilment_queue",
            ),
        ]

    def __str__(self) -> str:
        return self.state
