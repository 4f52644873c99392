"""Surveys, what members answered, and whom to get back to.

Figures and choices stay with their group when somebody is erased; what they wrote and who they are goes.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class Survey(MerchantScoped):
    """One survey. `content` is `campaigns.rules.surveys.Content`. `segment` (its handle, "" for everybody) says who is
    asked, within `opens_at` and `closes_at`. Members answer once, or again `again_after_days` later where that is not
    0; nobody is asked who was asked or has answered anything within `rest_days`. `position` is how far the planning of
    its mails has come, null before and after; `invited` how many mails were planned."""

    class State(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        CLOSED = "closed"

    handle = models.CharField(max_length=60, db_collation="C")
    name = models.CharField(max_length=100)
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    segment = models.CharField(max_length=60, blank=True)
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    on_card = models.BooleanField(default=True)
    alerts = models.BooleanField(default=True)
    again_after_days = models.IntegerField(default=0)
    rest_days = models.IntegerField(default=30)
    mailing = models.BooleanField(default=False)
    mailing_round = models.IntegerField(default=0)
    position = models.JSONField(null=True)
    invited = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            *tenant("campaigns_survey"),
            models.UniqueConstraint(fields=["merchant", "handle"], name="campaigns_survey_handle"),
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(opens_at=None) | Q(closes_at__gt=F("opens_at")),
                name="campaigns_survey_window",
            ),
            models.CheckConstraint(
                condition=Q(again_after_days__gte=0) & Q(rest_days__gte=0), name="campaigns_survey_pauses"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state"], name="campaigns_survey_state")]

    def __str__(self) -> str:
        return self.handle


class SurveyAnswer(MerchantScoped):
    """What one member answered, the `round`-th time. `given` holds numbers and choices by question, never what was
    written; `score` is that of the NPS question. `tier` and `segments` are theirs as they were. `member` is null once
    they are erased."""

    survey = TenantForeignKey(Survey, related_name="answers")
    member = TenantForeignKey(Member, null=True)
    round = models.IntegerField(default=1)
    given = models.JSONField(default=dict)
    score = models.SmallIntegerField(null=True)
    tier = models.CharField(max_length=60, blank=True)
    segments = ArrayField(models.CharField(max_length=60), default=list)
    language = models.CharField(max_length=8, blank=True)
    came_by = models.CharField(max_length=10)
    points = models.BigIntegerField(default=0)
    activity = models.UUIDField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_surveyanswer", "survey", "member"),
            models.UniqueConstraint(
                fields=["merchant", "survey", "member", "round"], name="campaigns_surveyanswer_once"
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=10), name="campaigns_surveyanswer_score"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "member", "answered_at"], name="campaigns_surveyanswer_member"),
            models.Index(fields=["merchant", "survey", "answered_at"], name="campaigns_surveyanswer_at"),
        ]

    def __str__(self) -> str:
        return f"answer {self.round} to {self.survey_id}"


class SurveyText(MerchantScoped):
    """What somebody wrote in answer to one question. Personal: it goes when they do."""

    answer = TenantForeignKey(SurveyAnswer, related_name="texts")
    question = models.CharField(max_length=40, db_collation="C")
    text = models.TextField()

    class Meta:
        constraints = [
            *tenant("campaigns_surveytext", "answer"),
            models.UniqueConstraint(
                fields=["merchant", "answer", "question"], name="campaigns_surveytext_once"
            ),
        ]

    def __str__(self) -> str:
        return f"text to {self.question}"


class SurveyAlert(MerchantScoped):
    """A member who would not recommend the shop: a task for staff. `note` is what they did about it, for each other to
    read; personal, as the row itself is."""

    class State(models.TextChoices):
        OPEN = "open"
        TAKEN = "taken"
        DONE = "done"

    answer = TenantForeignKey(SurveyAnswer, related_name="alerts")
    member = TenantForeignKey(Member)
    score = models.SmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    note = models.CharField(max_length=500, blank=True)
    taken_by = models.CharField(max_length=80, blank=True)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_surveyalert", "answer", "member"),
            models.UniqueConstraint(fields=["merchant", "answer"], name="campaigns_surveyalert_once"),
        ]
        indexes = [
            models.Index(fields=["merchant", "state", "id"], name="campaigns_surveyalert_state"),
            models.Index(fields=["merchant", "member"], name="campaigns_surveyalert_member"),
        ]

    def __str__(self) -> str:
        return f"{self.score} {self.state}"
