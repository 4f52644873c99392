"""What happened: one append-only table that is the audit log, the outbox and the source of webhooks.

An event holds ids and figures, so erasing a person leaves it as it is; only a `reason` somebody typed is taken out.
"""

from django.db import models

from loyalty.core.tenancy.models import MerchantKey, MerchantScoped, ScopedManager, TenantPolicy, tenant

COMMON = ("order.recorded", "points.earned")
"""What nearly all events are."""


class ThisTransaction(models.Func):
    """The number of the transaction that writes."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Event(models.Model):
    """One thing that happened. `happened_at` is the business's time, `recorded_at` ours.

    Numbers are given out before transactions commit, so a reader who only remembers the last number it saw would
    miss an event that commits late. `written_by`, the writing transaction, lets `queries.feed` wait for those.
    """

    id = models.BigAutoField(primary_key=True)
    merchant = MerchantKey()
    kind = models.CharField(max_length=60)
    subject = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    written_by = models.BigIntegerField(db_default=ThisTransaction(), editable=False)

    objects = ScopedManager()

    class Meta:
        constraints = [TenantPolicy(name="events_event_policy")]
        indexes = [
            models.Index(fields=["merchant", "id"], name="events_event_feed"),
            models.Index(fields=["merchant", "written_by", "id"], name="events_event_settled"),
            models.Index(fields=["merchant", "subject", "id"], name="events_event_subject"),
            models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="events_event_waiting"),
            # Few among many, for the audit log: neither costs anything where a shop is busy.
            models.Index(
                fields=["merchant", "id"], condition=~models.Q(kind__in=COMMON), name="events_event_rare"
            ),
            models.Index(
                fields=["merchant", "actor", "id"],
                condition=models.Q(actor__begins="staff:"),
                name="events_event_staff",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Reaction(MerchantScoped):
    """One consumer's work on one event after commit: done once, retried with back-off, parked when it keeps
    failing."""

    event_number = models.BigIntegerField()
    consumer = models.CharField(max_length=120)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            *tenant("events_reaction"),
            models.UniqueConstraint(
                fields=["merchant", "event_number", "consumer"], name="events_reaction_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at=None, parked_at=None),
                name="events_reaction_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer} ← {self.event_number}"


class JobRun(MerchantScoped):
    """A periodic job's run for one merchant and period: beat may ring twice or not at all, the row
    decides."""

    job = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)

    class Meta:
        constraints = [
            *tenant("events_jobrun"),
            models.UniqueConstraint(fields=["merchant", "job", "period"], name="events_jobrun_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period}"
