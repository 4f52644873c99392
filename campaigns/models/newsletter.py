"""A newsletter: what the shop writes to many of its members at once."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Newsletter(MerchantScoped):
    """`words` is `{"sv": {"subject": …, "body": …}}`. Only members who said yes to news get it; `tier` and `segment`
    narrow that further. `position` is how far planning has come, so that it goes on where it stopped."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SCHEDULED = "scheduled"
        PLANNING = "planning"
        PLANNED = "planned"
        CANCELLED = "cancelled"

    words = models.JSONField(default=dict)
    tier = models.CharField(max_length=60, blank=True)
    segment = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    goes_at = models.DateTimeField(null=True)
    position = models.JSONField(null=True)
    planned = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    created_by = models.CharField(max_length=60)

    class Meta:
        constraints = [*tenant("campaigns_newsletter")]
        indexes = [models.Index(fields=["merchant", "state", "goes_at"], name="campaigns_newsletter_due")]

    def __str__(self) -> str:
        return f"newsletter {self.state}"
