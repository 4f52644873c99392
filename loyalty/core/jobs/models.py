"""Work in the background, and the files it takes and leaves. Files are rows: any number of web and worker machines
share them without sharing a disk."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import (
    MerchantKey,
    MerchantScoped,
    ScopedManager,
    TenantForeignKey,
    TenantPolicy,
    TenantReference,
    tenant,
)


class File(MerchantScoped):
    """A file in parts. `personal`: it may name people, and goes when one of them is erased. `gone_at`: its content has
    been deleted; the row stays, so that whoever asks is told so."""

    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the whole, once it is complete
    parts = models.IntegerField(default=0)
    personal = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    forget_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [*tenant("jobs_file")]
        indexes = [
            models.Index(
                fields=["merchant", "forget_at"], condition=Q(gone_at=None), name="jobs_file_forgotten"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FilePart(models.Model):
    """A stretch of a file's bytes; `number` counts from 0."""

    pk = models.CompositePrimaryKey("merchant_id", "file_id", "number")
    merchant = MerchantKey()
    file = TenantForeignKey(File)
    number = models.IntegerField()
    content = models.BinaryField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            TenantPolicy(name="jobs_filepart_policy"),
            TenantReference(name="jobs_filepart_file_same_merchant", field="file"),
        ]

    def __str__(self) -> str:
        return f"part {self.number}"


class Job(MerchantScoped):
    """One piece of work, done in chunks that are committed one by one. `cursor` is where the next chunk begins,
    committed with the chunk before it: whoever goes on after a crash does nothing twice. `attempts` counts beginnings
    of the next chunk; `about` is what the job is for."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    about = models.UUIDField(null=True)
    options = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict)
    file = TenantForeignKey(File, null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    language = models.CharField(max_length=8, blank=True)
    asked_by = models.CharField(max_length=80)
    asked_role = models.CharField(max_length=16, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("jobs_job", "file"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at=None)
                | Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False),
                name="jobs_job_finished_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "id"], name="jobs_job_list"),
            models.Index(fields=["merchant", "about", "id"], name="jobs_job_about"),
            models.Index(
                fields=["due_at"], condition=Q(state__in=["waiting", "running"]), name="jobs_job_waiting"
            ),
            models.Index(
                fields=["merchant", "finished_at"],
                condition=Q(finished_at__isnull=False),
                name="jobs_job_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        """True while there is something left to do."""
        return self.state in (self.State.WAITING, self.State.RUNNING)
