"""Answers that were given, so that a repeated request gets the same one."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class Answer(MerchantScoped):
    """One request's answer, written in the same transaction as what it did. Kept for good."""

    credential = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.UUIDField()
    status = models.SmallIntegerField()
    body = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("api_answer"),
            models.UniqueConstraint(fields=["merchant", "credential", "key"], name="api_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
