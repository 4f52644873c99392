"""What people enter and decide around figures: costs, the margin, goals, and what became of advice."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Cost(MerchantScoped):
    """What the shop spent in a month (its first day), in minor units: on winning members through a `source` (the
    channel they joined by), on staff, on messages, or on anything else of the programme: `source` is "", or "campaigns"
    or a campaign's public id where it would not have been without them."""

    class Kind(models.TextChoices):
        WINNING = "winning"
        STAFF = "staff"
        MESSAGES = "messages"
        OTHER = "other"

    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=60, blank=True, db_collation="C")
    month = models.DateField()
    amount_minor = models.BigIntegerField()
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("analytics_cost"),
            models.UniqueConstraint(
                fields=["merchant", "month", "kind", "source"], name="analytics_cost_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, month__day=1), name="analytics_cost_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.source} {self.amount_minor}"


class Economics(MerchantScoped):
    """What the shop knows of its money: its margin in hundredths of a percent."""

    only = models.BooleanField(default=True)
    margin = models.IntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("analytics_economics"),
            models.UniqueConstraint(fields=["merchant", "only"], name="analytics_economics_one"),
            models.CheckConstraint(
                condition=Q(only=True, margin__gte=0, margin__lte=10_000), name="analytics_economics_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"margin {self.margin}"


class Goal(MerchantScoped):
    """A figure of the registry that is to go from `start` to `target` by `due_on`, told by periods of a `grain`. Values
    are in the figure's unit: minor units of money, shares of 1, points of a score."""

    class State(models.TextChoices):
        OPEN = "open"
        DROPPED = "dropped"

    figure = models.CharField(max_length=40)
    grain = models.CharField(max_length=7)
    start = models.DecimalField(max_digits=24, decimal_places=6)
    target = models.DecimalField(max_digits=24, decimal_places=6)
    starts_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("analytics_goal"),
            models.CheckConstraint(
                condition=Q(due_on__gt=F("starts_on")) & ~Q(start=F("target")), name="analytics_goal_sense"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "-id"], name="analytics_goal_state")]

    def __str__(self) -> str:
        return f"{self.figure} to {self.target} by {self.due_on}"


class Advice(MerchantScoped):
    """Something a figure gave cause to propose on a day. `found` is what was seen and `before` what the figure was
    then; `proposed` what would be done, for how many and at what cost; `done` what was made of it when it was
    accepted."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"
        PASSED = "passed"

    rule = models.CharField(max_length=30)
    figure = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    noticed_on = models.DateField()
    found = models.JSONField(default=dict)
    proposed = models.JSONField(default=dict)
    before = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    done = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            *tenant("analytics_advice"),
            models.UniqueConstraint(
                fields=["merchant", "rule"], condition=Q(state="open"), name="analytics_advice_one_open"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "-id"], name="analytics_advice_state")]

    def __str__(self) -> str:
        return f"{self.rule} {self.state}"
