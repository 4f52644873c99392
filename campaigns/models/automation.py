"""Automations: what shops have written, who is where in them, and what was done for whom.

An edition never changes. A run is bound to the edition by which its member came in, so an edit changes nothing about
what is under way.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class Automation(MerchantScoped):
    """One automation. `draft` is what is being written (`campaigns.rules.automations.Flow`), {} when it says no more
    than the `edition` that counts (its number, 0 before the first). `listens` are the kinds of events that concern it,
    `due_at` when the calendar next begins it, while it is live."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        PAUSED = "paused"
        ENDED = "ended"

    name = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    draft = models.JSONField(default=dict)
    edition = models.IntegerField(default=0)
    listens = ArrayField(models.CharField(max_length=60), default=list)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [*tenant("campaigns_automation")]
        indexes = [
            models.Index(fields=["merchant", "state", "id"], name="campaigns_automation_state"),
            models.Index(
                fields=["due_at"],
                condition=Q(state="live", due_at__isnull=False),
                name="campaigns_automation_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AutomationEdition(MerchantScoped):
    """An automation as it was put to work; it never changes."""

    automation = TenantForeignKey(Automation)
    number = models.IntegerField()
    flow = models.JSONField()
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("campaigns_automationedition", "automation"),
            models.UniqueConstraint(
                fields=["merchant", "automation", "number"], name="campaigns_automationedition_number"
            ),
        ]

    def __str__(self) -> str:
        return f"edition {self.number}"


class AutomationRun(MerchantScoped):
    """A member's way through an automation. `occasion` is what began it, so that nothing begins it twice; `step` is the
    step that comes next, at `due_at`. While a worker has it in hands, `due_at` is when another may take over, and
    `attempts` tells which worker's it is. `reason` says why it ended, where it did not come to the end of its way."""

    class State(models.TextChoices):
        ACTIVE = "active"
        HELD = "held"  # the automation is paused
        DONE = "done"
        LEFT = "left"
        FAILED = "failed"

    automation = TenantForeignKey(Automation)
    edition = TenantForeignKey(AutomationEdition)
    member = TenantForeignKey(Member)
    occasion = models.CharField(max_length=60, db_collation="C")
    event_number = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    step = models.CharField(max_length=10, blank=True)
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            *tenant("campaigns_automationrun", "automation", "edition", "member"),
            models.UniqueConstraint(
                fields=["merchant", "automation", "member", "occasion"], name="campaigns_automationrun_once"
            ),
            models.UniqueConstraint(
                fields=["merchant", "automation", "member"],
                condition=Q(state__in=("active", "held")),
                name="campaigns_automationrun_inside",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("active", "held"), ended_at=None)
                | Q(state__in=("done", "left", "failed"), ended_at__isnull=False),
                name="campaigns_automationrun_ended",
            ),
        ]
        indexes = [
            # Of all shops: a worker takes what waits longest, whoever's it is.
            models.Index(fields=["due_at"], condition=Q(state="active"), name="campaigns_automationrun_due"),
            models.Index(fields=["merchant", "automation", "id"], name="campaigns_automationrun_list"),
            models.Index(
                fields=["merchant", "automation", "state", "id"], name="campaigns_automationrun_state"
            ),
            models.Index(fields=["merchant", "member", "id"], name="campaigns_automationrun_member"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.state}"


class AutomationStep(MerchantScoped):
    """What became of one step for one member: written with what it did, in one transaction, once. `data` holds ids and
    figures."""

    class Outcome(models.TextChoices):
        DONE = "done"
        YES = "yes"
        NO = "no"
        WAITED = "waited"
        SKIPPED = "skipped"  # what it needs is not there, or its budget is spent: `data` says which

    run = TenantForeignKey(AutomationRun)
    automation = TenantForeignKey(Automation)
    step = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    outcome = models.CharField(max_length=10, choices=Outcome)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_automationstep", "run", "automation"),
            models.UniqueConstraint(fields=["merchant", "run", "step"], name="campaigns_automationstep_once"),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "automation", "step", "outcome"], name="campaigns_automationstep_count"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.outcome}"


class AutomationSpark(MerchantScoped):
    """Something that happened to a member and concerns an automation: noted where events leave the outbox, taken away
    in the transaction that has let them in or out."""

    member = TenantForeignKey(Member)
    event_number = models.BigIntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_automationspark", "member"),
            models.UniqueConstraint(
                fields=["merchant", "event_number"], name="campaigns_automationspark_once"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "member"], name="campaigns_spark_member")]

    def __str__(self) -> str:
        return f"#{self.event_number}"


class AutomationSpend(MerchantScoped):
    """What an automation has given on a day of the shop's; `day` null is all of it."""

    automation = TenantForeignKey(Automation)
    day = models.DateField(null=True)
    points = models.BigIntegerField(default=0)
    rewards = models.IntegerField(default=0)

    class Meta:
        constraints = [
            *tenant("campaigns_automationspend", "automation"),
            models.UniqueConstraint(
                fields=["merchant", "automation", "day"],
                nulls_distinct=False,
                name="campaigns_automationspend_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points"
