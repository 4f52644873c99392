"""A shop's Stripe account, and what Stripe has told us."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class StripeAccount(MerchantScoped):
    """A shop's keys, encrypted. `hint` is the end of the secret key, for people to recognise it by; the keys themselves
    are never shown again."""

    secret_key = models.TextField()
    webhook_secret = models.TextField()
    hint = models.CharField(max_length=8)
    live = models.BooleanField()
    connected_at = models.DateTimeField()
    connected_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("stripe_stripeaccount"),
            models.UniqueConstraint(fields=["merchant"], name="stripe_stripeaccount_one"),
        ]

    def __str__(self) -> str:
        return f"…{self.hint}"


class StripeEvent(MerchantScoped):
    """A notice of Stripe's, once for good. `about` names what it waits for while it is parked; `notice` holds ids and
    figures, nothing of a person."""

    class Status(models.TextChoices):
        APPLIED = "applied"
        PARKED = "parked"  # what it is about has not been told yet
        IGNORED = "ignored"

    event_id = models.CharField(max_length=255, db_collation="C")
    kind = models.CharField(max_length=80)
    about = models.CharField(max_length=255, blank=True, db_collation="C")
    status = models.CharField(max_length=10, choices=Status)
    note = models.CharField(max_length=300, blank=True)
    notice = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("stripe_stripeevent"),
            models.UniqueConstraint(fields=["merchant", "event_id"], name="stripe_stripeevent_once"),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "about", "created_at"],
                condition=models.Q(status="parked"),
                name="stripe_stripeevent_parked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
