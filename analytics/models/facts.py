"""Sums that reports are read from. All of it can be worked out anew from the books, orders and members."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Fact(MerchantScoped):
    """One sum. `grain` and `first` say of which stretch of the shop's calendar; `cut` and `name` of which part of it:
    "" and "" for all, "channel" and "web" for one channel. `measure` is what was summed, in `amount`: heads, orders,
    points, or minor units of money.

    Sums that add up are kept by day only. Where people are counted, which do not, each longer stretch has its own.
    """

    family = models.CharField(max_length=10)
    grain = models.CharField(max_length=7)
    first = models.DateField()
    cut = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=60, blank=True, db_collation="C")
    measure = models.CharField(max_length=20)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            *tenant("analytics_fact"),
            models.UniqueConstraint(
                fields=["merchant", "grain", "cut", "measure", "name", "first"], name="analytics_fact_once"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "family", "grain", "first"], name="analytics_fact_family")
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.first} {self.amount}"


class Stale(MerchantScoped):
    """A day of which a family of facts has to be summed again. Gone with the transaction that does it."""

    family = models.CharField(max_length=10)
    day = models.DateField()

    class Meta:
        constraints = [
            *tenant("analytics_stale"),
            models.UniqueConstraint(fields=["merchant", "day", "family"], name="analytics_stale_once"),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.day}"


class Mark(MerchantScoped):
    """How far facts have heard: the last event that was taken in (`writer`, `number`, as the feed orders them), the day
    that was today then, in which zone, and when all that was stale had last been summed."""

    writer = models.BigIntegerField(default=0)
    number = models.BigIntegerField(default=0)
    day = models.DateField()
    zone = models.CharField(max_length=64)
    filled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("analytics_mark"),
            models.UniqueConstraint(fields=["merchant"], name="analytics_mark_one"),
        ]

    def __str__(self) -> str:
        return f"up to {self.number}"
