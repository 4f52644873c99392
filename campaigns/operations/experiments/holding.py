"""The shop's holdout: a part of its members who get nothing of what campaigns and experiments add, so that it can be
seen what all of that brings together."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations.experiments.running import SOON
from campaigns.queries.experiments import reading
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from members.operations.comparisons import keep_book
from members.queries.comparisons import current
from members.rules.comparisons import Comparisons, Holdout

MOST = 2000
"""A fifth of the members: more than that is a shop that does without its programme."""


class ExperimentsRun(DomainError):
    code = "experiments_run"
    message = _("“{name}” runs. Stop it first: who is held out must not change under an experiment.")
    status = 409


@transaction.atomic
def set_holdout(*, share: int, at: datetime) -> None:
    """Hold out so many hundredths of a percent of all members, from a few seconds on; 0 ends it. Raising the share
    leaves everybody in who was in. Raises `InvalidInput`, `ExperimentsRun`."""
    if not 0 <= share <= MOST:
        raise InvalidInput.of("share", str(_("Hold out at most a fifth of all members.")))
    Merchant.objects.select_for_update(no_key=True).get(pk=scope.merchant_id())
    book = current()
    if share == book.share_held_out(at + SOON):
        return
    for row in reading.running(at):
        raise ExperimentsRun(name=row.name)
    salt = book.salt or f"{scope.merchant_id()}"
    keep_book(comparisons=Comparisons(salt, book.of, (*book.holdouts, Holdout(at + SOON, share))))
    record("holdout.set", subject=None, at=at, data={"share": share})
