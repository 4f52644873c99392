"""What a shop decides about its messages: which go out, in which words, and when never."""

from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, tenant


class KindSetting(MerchantScoped):
    """A kind that differs from the house's own: switched off, or with words of the shop's,
    `{"sv": {"subject": …, "body": …}}`."""

    kind = models.CharField(max_length=30)
    on = models.BooleanField(default=True)
    words = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_kindsetting"),
            models.UniqueConstraint(fields=["merchant", "kind"], name="campaigns_kindsetting_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {'on' if self.on else 'off'}"


class Sending(MerchantScoped):
    """The one row of a shop that has said when it writes. Hours are of the reader's day; `weekly_most` 0 is any
    amount."""

    only = models.BooleanField(default=True)
    quiet_from = models.SmallIntegerField(default=21)
    quiet_until = models.SmallIntegerField(default=8)
    weekly_most = models.SmallIntegerField(default=5)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_sending"),
            models.UniqueConstraint(fields=["merchant", "only"], name="campaigns_sending_one"),
            models.CheckConstraint(condition=models.Q(only=True), name="campaigns_sending_only"),
        ]

    def __str__(self) -> str:
        return f"quiet from {self.quiet_from} to {self.quiet_until}"
