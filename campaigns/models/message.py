"""A message to one member: what it is about, and how far it has come. Never its text, never an address.

Both are made anew from what is known when it is handed over; so nothing a person could be recognised by is kept here.
"""

from django.db import models
from django.db.models import Q

from campaigns.models.newsletter import Newsletter
from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member

WAITING = ("queued", "held", "sending")
"""What a worker looks at: what is being sent may be a dead one's."""
UNCLAIMED = ("queued", "held")
"""What nobody has in hands: what is changed about the others is changed too late."""


class Message(MerchantScoped):
    """`occasion` is what makes it the only one of its kind: an event, a day, a reward. `due_at` is when it is looked at
    next; of one that is being sent, until when its worker has it. `data` holds ids and figures."""

    class State(models.TextChoices):
        QUEUED = "queued"
        HELD = "held"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        SUPPRESSED = "suppressed"

    member = TenantForeignKey(Member)
    newsletter = TenantForeignKey(Newsletter, null=True)
    kind = models.CharField(max_length=30)
    channel = models.CharField(max_length=10, default="email")
    occasion = models.CharField(max_length=80)
    event_number = models.BigIntegerField(null=True)
    language = models.CharField(max_length=8, blank=True)
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=30, blank=True)
    planned_for = models.DateTimeField()
    due_at = models.DateTimeField()
    priority = models.SmallIntegerField(default=2)
    attempts = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            *tenant("campaigns_message", "member", "newsletter"),
            models.UniqueConstraint(
                fields=["merchant", "member", "kind", "channel", "occasion"], name="campaigns_message_once"
            ),
        ]
        indexes = [
            # Of all shops: a worker takes what waits longest, whoever's it is.
            models.Index(
                fields=["priority", "due_at"], condition=Q(state__in=WAITING), name="campaigns_message_next"
            ),
            models.Index(fields=["merchant", "state", "id"], name="campaigns_message_state"),
            models.Index(fields=["merchant", "kind", "id"], name="campaigns_message_kind"),
            models.Index(
                fields=["merchant", "newsletter", "state"],
                condition=Q(newsletter__isnull=False),
                name="campaigns_message_newsletter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
