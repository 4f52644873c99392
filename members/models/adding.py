"""That something counts besides the programme, for who decides orders."""

from django.db import models
from django.db.models import Q

from loyalty.core.tenancy.models import MerchantScoped, tenant


class AddedMark(MerchantScoped):
    """The one row of a shop in which upper floors ever added rules to the programme. `mark` is a new one each time what
    they add changes: it is read with who buys, so that nobody else need be asked while it is the same."""

    only = models.BooleanField(default=True)
    mark = models.UUIDField()

    class Meta:
        constraints = [
            *tenant("members_addedmark"),
            models.UniqueConstraint(fields=["merchant", "only"], name="members_addedmark_one"),
            models.CheckConstraint(condition=Q(only=True), name="members_addedmark_only"),
        ]

    def __str__(self) -> str:
        return str(self.mark)
