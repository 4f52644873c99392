"""Campaigns: something extra for a while, for some or for all, within a budget; and from when on two people decide."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Campaign(MerchantScoped):
    """One campaign. `kind` is the template it began with. `segment` (its handle) and `tier` say for whom, empty for
    everybody; `starts_at`, `ends_at`, `days` and `from_time` to `until_time` (in the shop's zone) when.

    `rules` are earning rules as programmes write them; `offer` is a personal offer to activate, without which they do
    not count; `rewards` (handles) are for its audience alone while it runs, or until `early_until` and then for all;
    `words` is the message at its start. `budget_points` and `budget_minor` (at `point_cost` minor units for a point)
    are what may go out in all, `most_rewards` how many rewards its rules hand out, `member_points` and `member_times`
    what each rule gives one member; `match_percent` of donations made meanwhile the shop adds itself.

    `counts` while decisions look at its rules, `counts_from` since when; `revision` grows with every change of what
    they see. `rule_ids` has every rule it ever gave by. `reason` and `figures` say why it stands as it does."""

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting"
        PLANNED = "planned"
        RUNNING = "running"
        PAUSED = "paused"
        ENDED = "ended"

    name = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    segment = models.CharField(max_length=60, blank=True, db_collation="C")
    tier = models.CharField(max_length=60, blank=True, db_collation="C")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    days = ArrayField(models.CharField(max_length=3), default=list)
    from_time = models.CharField(max_length=5, default="00:00")
    until_time = models.CharField(max_length=5, default="00:00")
    rules = models.JSONField(default=list)
    offer = models.JSONField(default=dict)
    rewards = ArrayField(models.CharField(max_length=60), default=list)
    early_until = models.DateTimeField(null=True)
    partner = models.CharField(max_length=100, blank=True)
    words = models.JSONField(default=dict)
    budget_points = models.BigIntegerField(null=True)
    budget_minor = models.BigIntegerField(null=True)
    point_cost = models.CharField(max_length=20, blank=True)
    most_rewards = models.IntegerField(null=True)
    member_points = models.BigIntegerField(null=True)
    member_times = models.IntegerField(null=True)
    match_percent = models.SmallIntegerField(default=0)
    brake_percent = models.SmallIntegerField(default=200)

    counts = models.BooleanField(default=False)
    counts_from = models.DateTimeField(null=True)
    revision = models.IntegerField(default=1)
    rule_ids = ArrayField(models.CharField(max_length=60), default=list)
    newsletter = models.UUIDField(null=True)
    before = models.JSONField(default=dict)  # whom its rewards were for before it, by handle
    reason = models.CharField(max_length=20, blank=True)
    figures = models.JSONField(default=dict)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    launched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_campaign"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="campaigns_campaign_window",
            ),
            # Four eyes: the database, too, refuses an approval by whoever asked.
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("asked_by")), name="campaigns_campaign_two"
            ),
            models.CheckConstraint(
                condition=Q(counts=False) | Q(state__in=("planned", "running", "ended")),
                name="campaigns_campaign_counts",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "id"], condition=Q(counts=True), name="campaigns_campaign_live"),
            models.Index(fields=["merchant", "state", "starts_at"], name="campaigns_campaign_state"),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignPolicy(MerchantScoped):
    """The one row of a shop in which campaigns above a limit wait for a second person. Null: no limit of that sort. A
    campaign without a budget is above every limit."""

    only = models.BooleanField(default=True)
    approve_points = models.BigIntegerField(null=True)
    approve_minor = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("campaigns_campaignpolicy"),
            models.UniqueConstraint(fields=["merchant", "only"], name="campaigns_campaignpolicy_one"),
            models.CheckConstraint(condition=Q(only=True), name="campaigns_campaignpolicy_only"),
        ]

    def __str__(self) -> str:
        return f"two from {self.approve_points} points or {self.approve_minor} on"
