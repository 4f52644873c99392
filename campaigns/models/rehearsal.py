"""What a programme would have done: a rehearsal on the shop's past, and what it came to for each member."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant


class Rehearsal(MerchantScoped):
    """One rehearsal of a programme as it was written when it was asked for (`document`; `version` is that of which it
    was the content, a draft then). Figures count purchases from `since` to before `until`. `costs` is what a point and
    each reward cost then, `margin` the part of the price that the shop keeps (hundredths of a percent), `limit_minor`
    what it may cost. `parts` of the members are worked on at the same time; `result` is there when all are done."""

    version = models.UUIDField()
    document = models.JSONField()
    note = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    moved = models.BooleanField(default=False)  # times of rules were moved back into the period
    costs = models.JSONField(default=dict)
    margin = models.IntegerField(null=True)
    limit_minor = models.BigIntegerField(null=True)
    members = models.IntegerField()
    parts = models.SmallIntegerField()
    parts_done = models.SmallIntegerField(default=0)
    result = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("campaigns_rehearsal"),
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="campaigns_rehearsal_period"),
        ]
        indexes = [models.Index(fields=["merchant", "version", "id"], name="campaigns_rehearsal_version")]

    def __str__(self) -> str:
        return f"rehearsal of {self.version}"


class RehearsedMember(MerchantScoped):
    """What it came to for one member: purchases and what was paid for them, net; points `before` (as they really were)
    and `after`; their tier today and under the rehearsed programme. `spent` is what the budgets had given out before
    each purchase, where there are budgets."""

    rehearsal = TenantForeignKey(Rehearsal, related_name="rehearsed")
    member = TenantForeignKey("members.Member", related_name="rehearsed")
    orders = models.IntegerField()
    spend_minor = models.BigIntegerField()
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    change = models.BigIntegerField()
    tier_before = models.CharField(max_length=60, blank=True)
    tier_after = models.CharField(max_length=60, blank=True)
    spent = models.JSONField(default=dict)

    class Meta:
        constraints = [
            *tenant("campaigns_rehearsedmember", "rehearsal", "member"),
            models.UniqueConstraint(
                fields=["merchant", "rehearsal", "member"], name="campaigns_rehearsedmember_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "rehearsal", "change", "id"], name="campaigns_rehearsedmember_most"
            ),
            models.Index(fields=["merchant", "member"], name="campaigns_rehearsedmember_who"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
