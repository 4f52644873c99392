"""Challenges, contests and streaks, how far members are in them, what they reached; badges; and how members appear on
boards."""

from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class Badge(MerchantScoped):
    """A badge the shop gives: its name, what it is for, and the drawing on it. Rules and challenges name its handle."""

    handle = models.CharField(max_length=60, db_collation="C")
    name = models.CharField(max_length=80)
    text = models.CharField(max_length=200, blank=True)
    drawing = models.CharField(max_length=30, default="award")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_badge"),
            models.UniqueConstraint(fields=["merchant", "handle"], name="campaigns_badge_handle"),
        ]

    def __str__(self) -> str:
        return self.name


class Challenge(MerchantScoped):
    """Something to do for members, by `terms` (`campaigns.rules.games.Terms`). Until it is opened everything can be
    changed; from then on its terms are a promise. What happens from `starts_at` until before `ends_at` counts. `board`
    shows members how they stand beside each other."""

    class State(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        ENDED = "ended"

    name = models.CharField(max_length=80)
    text = models.CharField(max_length=300, blank=True)
    terms = models.JSONField()
    board = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT, db_collation="C")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *tenant("campaigns_challenge"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="campaigns_challenge_span"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", opened_at=None) | ~Q(state="draft") & Q(opened_at__isnull=False),
                name="campaigns_challenge_opened",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "id"], name="campaigns_challenge_state")]

    def __str__(self) -> str:
        return self.name


class ChallengeScore(MerchantScoped):
    """How far a member was in one round of a challenge when something of theirs last changed: for boards and counts.
    What is given follows from the purchases themselves. `period` is the day a round begins, "" where there is one."""

    challenge = TenantForeignKey(Challenge, related_name="scores")
    period = models.CharField(max_length=10, blank=True, db_collation="C")
    member = TenantForeignKey(Member)
    value = models.BigIntegerField()
    best = models.BigIntegerField()
    reached_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_challengescore", "challenge", "member"),
            models.UniqueConstraint(
                fields=["merchant", "challenge", "period", "member"], name="campaigns_score_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "challenge", "period", "-best", "reached_at"],
                name="campaigns_score_board",
            ),
            models.Index(fields=["merchant", "member"], name="campaigns_score_member"),
        ]

    def __str__(self) -> str:
        return f"{self.best}"


class ChallengeAward(MerchantScoped):
    """What a member got for a milestone: the milestone as it was (`gives`), and the points with the programme version
    they live by. `withdrawn_at` when a refund took it back, with what could be taken and what was used already: the
    points (`shortfall`) and the reward (`reward_kept`), which are not given a second time."""

    challenge = TenantForeignKey(Challenge, related_name="awards")
    period = models.CharField(max_length=10, blank=True, db_collation="C")
    member = TenantForeignKey(Member)
    needed = models.BigIntegerField()
    gives = models.JSONField()
    points = models.BigIntegerField(default=0)
    programme_version = models.UUIDField(null=True)
    reached_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    points_taken = models.BigIntegerField(default=0)
    shortfall = models.BigIntegerField(default=0)
    reward_kept = models.BooleanField(default=False)

    class Meta:
        constraints = [
            *tenant("campaigns_challengeaward", "challenge", "member"),
            models.UniqueConstraint(
                fields=["merchant", "challenge", "period", "member", "needed"],
                condition=Q(withdrawn_at=None),
                name="campaigns_award_once",
            ),
            models.CheckConstraint(
                condition=Q(points_taken__gte=0) & Q(shortfall__gte=0) & Q(points__gte=0),
                name="campaigns_award_sense",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "member", "id"], name="campaigns_award_member")]

    def __str__(self) -> str:
        return f"{self.needed} of {self.challenge_id}"


class Player(MerchantScoped):
    """How a member appears on boards: under a made-up name (as everybody without a row), with their first name, because
    they said so, or not at all. `turn` counts how often they asked for another made-up name."""

    class Shown(models.TextChoices):
        ALIAS = "alias"
        NAME = "name"
        HIDDEN = "hidden"

    member = TenantForeignKey(Member)
    shown = models.CharField(max_length=6, choices=Shown, default=Shown.ALIAS)
    turn = models.IntegerField(default=0)
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("campaigns_player", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="campaigns_player_one"),
        ]

    def __str__(self) -> str:
        return self.shown


class GameLook(MerchantScoped):
    """Somebody to whom something happened: how far they are is to be looked at."""

    member = TenantForeignKey(Member)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [*tenant("campaigns_gamelook", "member")]
        indexes = [models.Index(fields=["merchant", "member"], name="campaigns_gamelook_member")]

    def __str__(self) -> str:
        return f"look at {self.member_id}"
