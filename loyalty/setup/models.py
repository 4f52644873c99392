"""What the way from an empty server to a live programme has to remember."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from loyalty.core import ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.models import MerchantScoped, tenant


class FirstLink(models.Model):
    """The one-time link that makes the owner of a server. There is one row at most, so that a new link takes the place
    of the one before, and two people who follow it at the same moment wait for each other. Of the token, 256 random
    bits, only its SHA-256 is kept."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="setup_firstlink_one")]

    def __str__(self) -> str:
        return "used" if self.used_at else f"good until {self.expires_at}"


class Sketch(models.Model):
    """A shop that somebody is setting up and has not opened: it belongs to a person, because there is no shop yet.
    `answers` is a `loyalty.setup.answers.Answers`; `opened` the live shop that came of it."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    answers = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    opened = models.ForeignKey(Merchant, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(opened=None), name="setup_sketch_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"sketch of {self.user_id}"


class Launch(MerchantScoped):
    """One row of a live shop: what it wants of its programme, when it means to open and how people hear of it, and
    what of the checklist was ticked by hand. `hidden_at`: the checklist was put away."""

    goals = ArrayField(models.CharField(max_length=20), default=list)
    opens_on = models.DateField(null=True)
    tell_by = ArrayField(models.CharField(max_length=20), default=list)
    ticked = ArrayField(models.CharField(max_length=20), default=list)
    hidden_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("setup_launch"),
            models.UniqueConstraint(fields=["merchant"], name="setup_launch_one"),
        ]

    def __str__(self) -> str:
        return f"launch of {self.merchant_id}"
