"""What the clock starts. Any number of workers may run these at once, twice or late."""

from datetime import timedelta

from celery import shared_task

from loyalty.connectors.wallets import operations, updating
from loyalty.core import clock
from loyalty.core.tenancy.scope import across_merchants

KEPT = timedelta(days=7)
"""How long a phone with the card of an erased member has to come and be told."""


@shared_task
def tell_wallets() -> int:
    """Tell wallets of the cards that changed; how many."""
    return updating.tell_due(at=clock.now())


@shared_task
def forget_phones() -> int:
    """Forget phones whose card has been void for a week; how many."""
    with across_merchants("phones of every shop"):
        return operations.forget_before(before=clock.now() - KEPT)
