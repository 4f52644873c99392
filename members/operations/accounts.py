"""The accounts members sign in with: gone when the last thing they served is."""

from collections.abc import Iterable

from django.db import transaction

from loyalty.core.merchants.models import Staff
from loyalty.core.people.operations import forget_accounts
from loyalty.core.people.queries import accounts_of
from loyalty.core.tenancy.scope import across_merchants
from members.models import Member


@transaction.atomic
def forget_unused(*, user: int | None, addresses: Iterable[str]) -> None:
    """Delete an account (None: there is none) and those that were opened for some addresses before anybody proved them,
    with all that browsers hold of them. What serves another membership, a job or the operator stays."""
    with across_merchants("do these accounts serve anyone else"):
        known = accounts_of(user, addresses)
        gone = {one.lower() for one in addresses} | set(known.values())
        kept = set(Member.objects.filter(user__in=known).values_list("user", flat=True))
        kept |= set(Staff.objects.filter(user__in=known).values_list("user", flat=True))
        forget_accounts(users=known.keys() - kept, addresses=gone - {known[one] for one in kept})
