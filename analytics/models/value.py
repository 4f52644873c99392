"""What members are worth, as of a night: the models that were fitted, how well they foretold what had already
happened, and what they say of each member."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models import Member


class ValueFit(MerchantScoped):
    """One night's work, one row a day. `buying` and `spending` are the models' parameters with how likely they make
    what happened; `spending` is {} where amounts differ too much for a model, and the average stands in. `checked`
    is how predictions made earlier compare with what followed, {} where nothing followed. `told` has groups and
    distributions. Where there was too little data, `reason` says what was missing: `have` of `need`."""

    class State(models.TextChoices):
        FITTED = "fitted"
        TOO_LITTLE = "too_little"

    day = models.DateField()
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=30, blank=True)
    have = models.IntegerField(default=0)
    need = models.IntegerField(default=0)
    customers = models.IntegerField(default=0)
    months = models.SmallIntegerField(default=12)
    buying = models.JSONField(default=dict)
    spending = models.JSONField(default=dict)
    checked = models.JSONField(default=dict)
    told = models.JSONField(default=dict)
    worked_out_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("analytics_valuefit"),
            models.UniqueConstraint(fields=["merchant", "day"], name="analytics_valuefit_day"),
            models.CheckConstraint(
                condition=Q(state="fitted", reason="") | Q(state="too_little") & ~Q(reason=""),
                name="analytics_valuefit_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"


class MemberValue(MerchantScoped):
    """What is foretold of a member: the chance that they still buy, how many purchases to expect and what they come to
    over the fit's months, in minor units, with the range that eight of ten such members end in. `purchases` counts days
    with a purchase, `spent_minor` is all they have spent."""

    class Stage(models.TextChoices):
        ONCE = "once"
        STAYING = "staying"
        LEAVING = "leaving"
        GONE = "gone"

    member = TenantForeignKey(Member)
    day = models.DateField()
    stage = models.CharField(max_length=8, choices=Stage)
    purchases = models.IntegerField()
    spent_minor = models.BigIntegerField()
    alive = models.FloatField()
    expected = models.FloatField()
    predicted_minor = models.BigIntegerField()
    low_minor = models.BigIntegerField()
    high_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            *tenant("analytics_membervalue", "member"),
            models.UniqueConstraint(fields=["merchant", "member"], name="analytics_membervalue_one"),
            models.CheckConstraint(
                condition=Q(alive__gte=0, alive__lte=1, low_minor__gte=0), name="analytics_membervalue_sense"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "stage", "-spent_minor", "-id"], name="analytics_membervalue_stage"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.predicted_minor}"
