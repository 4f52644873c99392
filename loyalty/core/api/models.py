"""Answers that were given, so that a repeated request gets the same one; and which first calls were seen."""

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


class Sighting(MerchantScoped):
    """A step of the quickstart that a key of the shop has done, and when it last did."""

    step = models.CharField(max_length=20)
    credential = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("api_sighting"),
            models.UniqueConstraint(fields=["merchant", "step"], name="api_sighting_once"),
        ]

    def __str__(self) -> str:
        return self.step
