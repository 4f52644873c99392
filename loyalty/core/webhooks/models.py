"""Where a shop wants to be told, and what was told, when and with what answer."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Endpoint(MerchantScoped):
    """An address of the shop's that is told what happens. Its secrets are encrypted and shown once, when made.

    `failures` counts attempts since the last that arrived. While a secret is being replaced, `old_secret` signs too.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"  # by the shop
        DISABLED = "disabled"  # by us: see `why`
        REMOVED = "removed"

    class Why(models.TextChoices):
        NONE = ""
        GONE = "gone"  # it answered 410
        FAILING = "failing"

    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=120, blank=True)
    kinds = ArrayField(models.CharField(max_length=60))
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    why = models.CharField(max_length=10, choices=Why, blank=True)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [*tenant("webhooks_endpoint")]

    def __str__(self) -> str:
        return self.url


class Delivery(MerchantScoped):
    """One event for one endpoint. It holds no body: that is made of the event whenever it is sent.

    `attempts` counts all of them, `tries` those since it was last started; `log` keeps how the latest ended. While one
    is under way `due_at` is when somebody else may take over.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = TenantForeignKey(Endpoint)
    event_number = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    attempted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    status_code = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=30, blank=True)
    duration_ms = models.IntegerField(null=True)
    response = models.TextField(blank=True)
    log = models.JSONField(default=list)

    class Meta:
        constraints = [
            *tenant("webhooks_delivery", "endpoint"),
            models.UniqueConstraint(
                fields=["merchant", "event_number", "endpoint"], name="webhooks_delivery_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "endpoint", "due_at"],
                condition=models.Q(status="waiting"),
                name="webhooks_delivery_due",
            ),
            models.Index(fields=["merchant", "endpoint", "id"], name="webhooks_delivery_latest"),
            models.Index(
                fields=["merchant", "endpoint", "id"],
                condition=models.Q(status="failed"),
                name="webhooks_delivery_failed",
            ),
            models.Index(fields=["merchant", "created_at"], name="webhooks_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.event_number} {self.status}"
