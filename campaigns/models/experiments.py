"""Experiments: what is compared, and who was exposed to which variant when."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class Experiment(MerchantScoped):
    """What is varied (`kind`, `target`), in which variants (`arms`: key, name, weight, values; the first is what there
    is now), for whom (`audience`, a segment; "" is everybody), and by what it is judged: `metric` within `window_days`
    of a member's exposure, where a change of `smallest_percent` would matter, and `guardrails` (metric, percent) that
    must not suffer more than that. `base` is the target and `scale` each metric's smallest difference, as they were
    when it began. It counts from `begins_at` to before `ends_at`; `decided` is the variant that was taken over."""

    class Kind(models.TextChoices):
        EARNING = "earning"
        REWARD = "reward"
        MESSAGE = "message"
        OTHER = "other"

    class State(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"
        DECIDED = "decided"

    name = models.CharField(max_length=100)
    hypothesis = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    target = models.CharField(max_length=60, blank=True)
    audience = models.CharField(max_length=60, blank=True)
    arms = models.JSONField()
    metric = models.CharField(max_length=20)
    smallest_percent = models.SmallIntegerField()
    window_days = models.SmallIntegerField()
    guardrails = models.JSONField(default=list)
    planned_days = models.SmallIntegerField()
    base = models.JSONField(null=True)
    scale = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            *tenant("campaigns_experiment"),
            models.CheckConstraint(
                condition=Q(state="draft", begins_at=None) | ~Q(state="draft") & Q(begins_at__isnull=False),
                name="campaigns_experiment_begun",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "id"], name="campaigns_experiment_state")]

    def __str__(self) -> str:
        return self.name


class Exposure(MerchantScoped):
    """A member met a variant for the first time: by an order, an activity, a page with rewards, a message. `mixed`:
    they are two who are one now and met different variants, so that nothing can be learnt from them."""

    experiment = TenantForeignKey(Experiment)
    member = TenantForeignKey(Member)
    variant = models.CharField(max_length=40)
    at = models.DateTimeField()
    source_kind = models.CharField(max_length=20)
    source = models.UUIDField(null=True)
    mixed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            *tenant("campaigns_exposure", "experiment", "member"),
            models.UniqueConstraint(
                fields=["merchant", "experiment", "member"], name="campaigns_exposure_once"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "member"], name="campaigns_exposure_member")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.variant}"
