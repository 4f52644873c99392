"""Instant wins: a pot of prizes with stated odds, and every ticket that was played."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class InstantWin(MerchantScoped):
    """A game in which each ticket wins at once or not. `prizes` is a list of {id, name, reward, odds (in a million),
    total, given}: the budget is `total`, and nothing is given beyond it. A ticket comes with each purchase of at least
    `at_least_minor`, or one each day. `seed` is a secret until the game has ended; `commitment` is its SHA-256,
    published from the start."""

    class State(models.TextChoices):
        OPEN = "open"
        ENDED = "ended"

    class Ticket(models.TextChoices):
        PURCHASE = "purchase"
        DAY = "day"

    name = models.CharField(max_length=80)
    text = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, db_collation="C")
    ticket = models.CharField(max_length=10, choices=Ticket)
    at_least_minor = models.BigIntegerField(default=0)
    prizes = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=80)
    seed = models.CharField(max_length=64)
    commitment = models.CharField(max_length=64)
    plays = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            *tenant("campaigns_instantwin"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="campaigns_instantwin_span"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | ~Q(state="ended") & Q(ended_at=None),
                name="campaigns_instantwin_ended",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "id"], name="campaigns_instantwin_state")]

    def __str__(self) -> str:
        return self.name


class InstantPlay(MerchantScoped):
    """A ticket that was played: its `number` in the game, from 1, the code it was played under, which names nobody, and
    what it won ("" for nothing). `member` is null when they were erased. `source` is the purchase it came with, `day`
    the day where one comes each day; `withdrawn_at` when the purchase was given back and its prize, still unused, taken
    back: it does not go into the pot again, so that everybody can check what was drawn."""

    game = TenantForeignKey(InstantWin, related_name="played")
    member = TenantForeignKey(Member, null=True)
    number = models.BigIntegerField()
    ticket = models.CharField(max_length=20, db_collation="C")
    source = models.UUIDField(null=True)
    day = models.DateField(null=True)
    prize = models.CharField(max_length=40, blank=True)
    redemption = models.UUIDField(null=True)
    played_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("campaigns_instantplay", "game", "member"),
            models.UniqueConstraint(fields=["merchant", "game", "ticket"], name="campaigns_play_ticket"),
            models.UniqueConstraint(fields=["merchant", "game", "number"], name="campaigns_play_number"),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "game"], name="campaigns_play_member"),
            models.Index(
                fields=["merchant", "game", "id"], condition=~Q(prize=""), name="campaigns_play_won"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.ticket}"
