"""Events with places: when and where, who has one, who waits for one."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member
from rewards.models.redemption import Redemption
from rewards.models.reward import Reward


class Session(MerchantScoped):
    """One date of an experience or a workshop. `taken` counts places that are booked or were used."""

    reward = TenantForeignKey(Reward, related_name="sessions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=200, blank=True)
    capacity = models.IntegerField()
    taken = models.IntegerField(default=0)
    book_until = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("rewards_session", "reward"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(taken__lte=F("capacity")), name="rewards_session_places"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "reward", "starts_at"], name="rewards_session_dates"),
            models.Index(fields=["merchant", "book_until"], name="rewards_session_open"),
            models.Index(fields=["merchant", "starts_at", "id"], name="rewards_session_days"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class Booking(MerchantScoped):
    """booked → attended | missed | cancelled; waiting → booked | passed | cancelled. Who waits has spent nothing: the
    points go when the place comes, with `redemption`. `passed`: it was their turn and they could not have it."""

    class Status(models.TextChoices):
        BOOKED = "booked"
        WAITING = "waiting"
        ATTENDED = "attended"
        MISSED = "missed"
        PASSED = "passed"
        CANCELLED = "cancelled"

    key = models.CharField(max_length=200)
    fingerprint = models.UUIDField()
    session = TenantForeignKey(Session, related_name="bookings")
    member = TenantForeignKey(Member)
    redemption = TenantForeignKey(Redemption, null=True)
    status = models.CharField(max_length=10, choices=Status)
    channel = models.CharField(max_length=20, blank=True)
    asked_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("rewards_booking", "session", "member", "redemption"),
            models.UniqueConstraint(fields=["merchant", "key"], name="rewards_booking_once"),
            models.UniqueConstraint(
                fields=["merchant", "session", "member"],
                condition=Q(status__in=["booked", "waiting", "attended"]),
                name="rewards_booking_one_each",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["booked", "attended"]) | Q(redemption__isnull=False),
                name="rewards_booking_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "session", "status", "id"], name="rewards_booking_list"),
            models.Index(fields=["merchant", "member", "id"], name="rewards_booking_member"),
            models.Index(
                fields=["merchant", "redemption"],
                condition=Q(redemption__isnull=False),
                name="rewards_booking_redemption",
            ),
        ]

    def __str__(self) -> str:
        return self.status
