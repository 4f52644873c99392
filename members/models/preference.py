"""What members told about themselves when the shop asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from loyalty.core.tenancy.models import MerchantScoped, TenantForeignKey, tenant
from members.models.member import Member


class PreferenceAnswer(MerchantScoped):
    """A member's answer to one question of the programme: the ids of the options they chose, sorted. No row: not
    answered, or taken back."""

    member = TenantForeignKey(Member, related_name="preference_answers")
    question = models.CharField(max_length=40, db_collation="C")
    chosen = ArrayField(models.CharField(max_length=40, db_collation="C"))
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            *tenant("members_preferenceanswer", "member"),
            models.UniqueConstraint(
                fields=["merchant", "member", "question"], name="members_preferenceanswer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {', '.join(self.chosen)}"
