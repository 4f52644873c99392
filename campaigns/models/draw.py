"""Prize draws: what was promised, what was drawn, and who won."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Draw(MerchantScoped):
    """One draw among the chances that rules gave under `handle` until `closes_at`. `seed` is a secret until it is held;
    `commitment` is its SHA-256, published from the start. `listed` is the list of chances as it was published, with its
    SHA-256. `reward` is the handle of what winners are handed, "" where they are told in person."""

    class State(models.TextChoices):
        OPEN = "open"
        HELD = "held"
        CANCELLED = "cancelled"

    handle = models.CharField(max_length=60, db_collation="C")
    name = models.CharField(max_length=80)
    prize = models.CharField(max_length=200)
    prizes = models.IntegerField()
    reward = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    closes_at = models.DateTimeField()
    seed = models.CharField(max_length=64)
    commitment = models.CharField(max_length=64)
    listed = models.TextField(blank=True)
    list_digest = models.CharField(max_length=64, blank=True)
    chances = models.BigIntegerField(default=0)
    held_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("campaigns_draw"),
            models.UniqueConstraint(
                fields=["merchant", "handle"], condition=~Q(state="cancelled"), name="campaigns_draw_once"
            ),
            models.CheckConstraint(
                condition=Q(prizes__gte=1) & Q(closes_at__gt=F("opened_at")), name="campaigns_draw_sense"
            ),
            models.CheckConstraint(
                condition=Q(state="held", held_at__isnull=False) | ~Q(state="held") & Q(held_at=None),
                name="campaigns_draw_held_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DrawWinner(MerchantScoped):
    """A winner: their code on the published list and their place, from 1. `member` is null when they were erased; the
    code names nobody. `redemption` is what they were handed."""

    draw = TenantForeignKey(Draw, related_name="winners")
    member = TenantForeignKey("members.Member", null=True, related_name="draws_won")
    code = models.CharField(max_length=12)
    place = models.IntegerField()
    redemption = models.UUIDField(null=True)

    class Meta:
        constraints = [
            *tenant("campaigns_drawwinner", "draw", "member"),
            models.UniqueConstraint(fields=["merchant", "draw", "place"], name="campaigns_drawwinner_place"),
            models.UniqueConstraint(fields=["merchant", "draw", "code"], name="campaigns_drawwinner_code"),
        ]
        indexes = [models.Index(fields=["merchant", "member"], name="campaigns_drawwinner_member")]

    def __str__(self) -> str:
        return f"{self.place}. {self.code}"
