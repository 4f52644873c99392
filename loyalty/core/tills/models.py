"""Devices at the counter, the numbers by which staff unlock them, and what was done at each.

A part of the ground of its own beside merchants: a till is paired, locked and revoked without anything else changing.
"""

from django.db import models
from django.db.models import Q

from loyalty.core.merchants.models import Location, Staff
from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Till(MerchantScoped):
    """A device at the counter of one location. It is paired by a code that is good once and for minutes, and
    recognised by a secret in its cookie from then on; of both only digests are kept.

    `staff` is who unlocked it, `active_at` when they last did something there: after `idle_minutes` it is locked.
    """

    name = models.CharField(max_length=80)
    location = TenantForeignKey(Location)
    idle_minutes = models.IntegerField(default=5)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    code_digest = models.BinaryField(max_length=32, null=True)
    code_until = models.DateTimeField(null=True)
    secret_digest = models.BinaryField(max_length=32, null=True)
    paired_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    staff = TenantForeignKey(Staff, null=True)
    active_at = models.DateTimeField(null=True)
    wrong = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("tills_till", "location", "staff"),
            models.CheckConstraint(
                condition=Q(idle_minutes__gte=1) & Q(idle_minutes__lte=60), name="tills_till_idle"
            ),
        ]
        indexes = [
            # A device that is being paired knows nothing but its code; only a few stand open at any time.
            models.Index(
                fields=["code_digest"], condition=Q(code_digest__isnull=False), name="tills_till_code"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Pin(MerchantScoped):
    """The number by which one of the staff unlocks a till. `wrong` counts failed tries since the last right one, at
    all tills together."""

    staff = TenantForeignKey(Staff)
    hash = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)
    wrong = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("tills_pin", "staff"),
            models.UniqueConstraint(fields=["merchant", "staff"], name="tills_pin_staff"),
        ]

    def __str__(self) -> str:
        return f"PIN of {self.staff_id}"


class Action(MerchantScoped):
    """One thing somebody did at a till: what its last twenty and the log of a shift are made of. `subject` is the
    order, redemption or claim it led to, `key` the form's or the device's, once for good; `mark` tells whether the
    same key asks for the same. Ids and figures only: no personal data."""

    class Kind(models.TextChoices):
        EARN = "earn"
        REDEEM = "redeem"
        CODE = "code"
        JOIN = "join"
        OFFER = "offer"
        PERK = "perk"

    till = TenantForeignKey(Till)
    staff = TenantForeignKey(Staff)
    kind = models.CharField(max_length=8, choices=Kind)
    member = models.UUIDField()
    subject = models.UUIDField()
    what = models.CharField(max_length=120, blank=True)
    points = models.BigIntegerField(default=0)
    amount_minor = models.BigIntegerField(default=0)
    key = models.CharField(max_length=120)
    mark = models.UUIDField()
    queued = models.BooleanField(default=False)
    done_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("tills_action", "till", "staff"),
            models.UniqueConstraint(fields=["merchant", "key"], name="tills_action_once"),
        ]
        indexes = [
            models.Index(fields=["merchant", "till", "-id"], name="tills_action_last"),
            models.Index(fields=["merchant", "till", "done_at"], name="tills_action_shift"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.till_id}"
