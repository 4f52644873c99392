"""Reasons that were typed about a member go with the member; the books stay as they were proved."""

from uuid import UUID

from loyalty.core import privacy
from loyalty.core.ledger.models import Entry, Transfer


def _erase(member: UUID) -> None:
    """Empty the reasons of the member's transfers. They are in no hash and no seal."""
    # By way of the member's accounts, which have an index; transfers need none of their own.
    moved = Entry.objects.filter(account__owner=member).values("transfer")
    Transfer.objects.filter(pk__in=moved).exclude(reason="").update(reason="")


holder = privacy.Holder("books", None, _erase)
"""What it holds is exported with the membership, as the points' story."""
