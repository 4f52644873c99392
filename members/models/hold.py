"""What points wait for, and that it has happened."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, tenant


class HoldEvent(MerchantScoped):
    """Something happened to an order or an activity: shipped, attended, picked up; of some `lines`, or with none of the
    whole. `points` is what it set free: at once, or when the day `due_at` had come."""

    class About(models.TextChoices):
        ORDER = "order"
        ACTIVITY = "activity"

    class Status(models.TextChoices):
        PARKED = "parked"  # what it is about has not arrived yet
        WAITING = "waiting"  # for its day
        APPLIED = "applied"

    about = models.CharField(max_length=10, choices=About)
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=100)
    event = models.CharField(max_length=60)
    lines = ArrayField(models.IntegerField(), default=list)
    fingerprint = models.UUIDField()
    status = models.CharField(max_length=10, choices=Status)
    due_at = models.DateTimeField(null=True)
    points = models.BigIntegerField(default=0)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_holdevent"),
            models.UniqueConstraint(fields=["merchant", "fingerprint"], name="members_holdevent_once"),
        ]
        indexes = [
            models.Index(fields=["merchant", "source", "external_id"], name="members_holdevent_of"),
            models.Index(
                fields=["merchant", "due_at"], condition=Q(status="waiting"), name="members_holdevent_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.external_id}"
