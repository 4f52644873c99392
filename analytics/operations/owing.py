"""Count what a large shop owes its members, and keep it: reading every lot and the whole books takes longer than a page
may."""

from datetime import datetime, timedelta

from django.db import transaction

from analytics.models import Fact, Mark
from analytics.operations.filling import keep_sums
from analytics.queries.freshness import is_large, today_of
from analytics.queries.liability import OWED, as_sums, count, kept_at
from loyalty.core.merchants.queries import shop_of_scope

EVERY = timedelta(hours=1)


@transaction.atomic
def keep_owed(*, at: datetime) -> bool:
    """Count it anew where what was kept is older than an hour; whether it was. A shop that is not large keeps nothing:
    it is counted whenever somebody looks. One at a time for a shop."""
    zone = shop_of_scope().timezone
    list(Mark.objects.select_for_update())
    if not is_large(today_of(zone, at)):
        Fact.objects.filter(family=OWED).delete()
        return False
    last = kept_at()
    if last is not None and at - last < EVERY:
        return False
    found = as_sums(count(zone=zone, at=at))
    Fact.objects.filter(family=OWED).delete()
    for grain, sums in found.items():
        keep_sums(family=OWED, grain=grain, sums=sums)
    return True
