"""Who brought whom: codes, clicks, referrals, and what was given for them. What people could be recognised by is kept
as keyed hashes only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member
from members.models.order import Order


class ReferralCode(MerchantScoped):
    """A member's code, made when it is first asked for. Those of merged members go on working: they lead to whoever the
    member is now."""

    member = TenantForeignKey(Member)
    code = models.CharField(max_length=12, db_collation="C")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_referralcode", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="members_referralcode_one"),
            models.UniqueConstraint(fields=["merchant", "code"], name="members_referralcode_code"),
        ]

    def __str__(self) -> str:
        return self.code


class ReferralClicks(MerchantScoped):
    """How many people followed a member's link on a day of the shop's calendar."""

    member = TenantForeignKey(Member)
    day = models.DateField()
    clicks = models.IntegerField(default=0)

    class Meta:
        constraints = [
            *tenant("members_referralclicks", "member"),
            models.UniqueConstraint(fields=["merchant", "member", "day"], name="members_referralclicks_day"),
        ]

    def __str__(self) -> str:
        return f"{self.clicks} on {self.day}"


class ReferralVisit(MerchantScoped):
    """That a click was counted, so that it is not counted twice: a keyed hash of where it came from, until it is
    deleted."""

    member = TenantForeignKey(Member)
    print = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_referralvisit", "member"),
            models.UniqueConstraint(
                fields=["merchant", "member", "print"], name="members_referralvisit_once"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "until"], name="members_referralvisit_until")]

    def __str__(self) -> str:
        return str(self.print)


class JoinTrace(MerchantScoped):
    """Something a member joined with, or was known by when they began to bring friends, as a keyed hash: enough to see
    that two are the same, never what it was."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"
        CARD = "card"
        PAYMENT_CARD = "payment_card"
        DEVICE = "device"
        ADDRESS = "address"

    member = TenantForeignKey(Member)
    kind = models.CharField(max_length=12, choices=Kind)
    print = models.UUIDField()

    class Meta:
        constraints = [
            *tenant("members_jointrace", "member"),
            models.UniqueConstraint(
                fields=["merchant", "member", "kind", "print"], name="members_jointrace_once"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "print"], name="members_jointrace_print")]

    def __str__(self) -> str:
        return self.kind


class Referral(MerchantScoped):
    """A friend who joined by a member's code; each member is somebody's friend once at most.

    `order` is the purchase by which it counts, `qualified_at` when that was made, `round` how often one was taken back
    before. `reasons` say why it was held. Whoever changes a row holds the friend's counts; a merge of the referrer
    holds theirs and takes the rows last, sorted by id.
    """

    class Status(models.TextChoices):
        JOINED = "joined"
        HELD = "held"  # nothing is paid until staff have looked at it
        REFUSED = "refused"
        QUALIFIED = "qualified"  # the friend has bought; what is due waits to be paid
        REWARDED = "rewarded"
        REVERSED = "reversed"  # the purchase came back; what was paid is taken back

    referrer = TenantForeignKey(Member)
    friend = TenantForeignKey(Member)
    status = models.CharField(max_length=10, choices=Status, default=Status.JOINED)
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    note = models.CharField(max_length=300, blank=True)
    joined_at = models.DateTimeField()
    order = TenantForeignKey(Order, null=True)
    qualified_at = models.DateTimeField(null=True)
    round = models.IntegerField(default=0)
    approved_at = models.DateTimeField(null=True)
    programme_version = models.UUIDField(null=True)

    class Meta:
        constraints = [
            *tenant("members_referral", "referrer", "friend", "order"),
            models.UniqueConstraint(fields=["merchant", "friend"], name="members_referral_once"),
            models.CheckConstraint(condition=~Q(referrer=F("friend")), name="members_referral_not_oneself"),
        ]
        indexes = [
            # Friends who count, by member and time, from this index alone: what ambassadors' tiers ask.
            models.Index(
                fields=["merchant", "referrer", "status", "qualified_at"], name="members_referral_counted"
            ),
            models.Index(fields=["merchant", "referrer", "joined_at"], name="members_referral_joined"),
            models.Index(
                fields=["merchant", "order"], condition=Q(order__isnull=False), name="members_referral_order"
            ),
            models.Index(fields=["merchant", "id"], condition=Q(status="held"), name="members_referral_held"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class ReferralPayout(MerchantScoped):
    """One thing a referral gives one member: units, or a reward (unit `rewards`, by handle).

    `amount` was decided with the purchase, at the terms of then. `undone` is the part its refunds undo in all, `cut`
    what a cap left out, `given` what the books gave, `taken` and `shortfall` what of that was taken back and could
    not be. `settle_at`: since when, or from when on, the books have to be brought to what is true; null when they are.
    """

    class Role(models.TextChoices):
        REFERRER = "referrer"
        FRIEND = "friend"
        COMMISSION = "commission"

    referral = TenantForeignKey(Referral, related_name="payouts")
    member = TenantForeignKey(Member)
    order = TenantForeignKey(Order)
    role = models.CharField(max_length=10, choices=Role)
    key = models.CharField(max_length=120, db_collation="C")
    unit = models.CharField(max_length=20)
    reward = models.CharField(max_length=60, blank=True)
    amount = models.BigIntegerField()
    undone = models.BigIntegerField(default=0)
    cut = models.BigIntegerField(default=0)
    given = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    shortfall = models.BigIntegerField(default=0)
    decided_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    settle_at = models.DateTimeField(null=True)
    programme_version = models.UUIDField()

    class Meta:
        constraints = [
            *tenant("members_referralpayout", "referral", "member", "order"),
            models.UniqueConstraint(fields=["merchant", "key"], name="members_referralpayout_once"),
            models.CheckConstraint(
                condition=Q(undone__gte=0) & Q(undone__lte=F("amount")) & Q(cut__gte=0) & Q(cut__lte=F("amount"))
                & Q(given__gte=0) & Q(given__lte=F("amount")) & Q(taken__gte=0) & Q(shortfall__gte=0)
                & Q(taken__lte=F("given") - F("shortfall")),
                name="members_referralpayout_within",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["merchant", "referral"], name="members_refpayout_referral"),
            models.Index(fields=["merchant", "order"], name="members_refpayout_order"),
            models.Index(
                fields=["merchant", "member", "role", "decided_at"], name="members_refpayout_member"
            ),
            models.Index(
                fields=["merchant", "settle_at"],
                condition=Q(settle_at__isnull=False),
                name="members_refpayout_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.given} of {self.amount} {self.unit}"

    @property
    def net(self) -> int:
        """What the member is to have of it, as far as is known."""
        return min(self.amount - self.undone, self.amount - self.cut)
