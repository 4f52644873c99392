"""Reading redemptions with their codes."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.errors import NotFound
from members.queries.whole import of_whole
from rewards.models import Redemption, Voucher


def redemptions(
    *, member: UUID | None = None, reward: UUID | None = None, status: str = ""
) -> QuerySet[Redemption]:
    """Redemptions, last made first; a member's include those of members merged into them. The caller
    slices."""
    found = Redemption.objects.order_by("-id")
    if member is not None:
        found = found.filter(of_whole(member))
    if reward is not None:
        found = found.filter(reward=reward)
    return found.filter(status=status) if status else found


def redemption(redemption_id: UUID) -> Redemption:
    """One redemption; `NotFound` otherwise."""
    found = Redemption.objects.filter(pk=redemption_id).first()
    if found is None:
        raise NotFound("redemption")
    return found


def codes(rows: Sequence[Redemption]) -> dict[UUID, list[Voucher]]:
    """The vouchers of each redemption, by redemption id; one query."""
    found: dict[UUID, list[Voucher]] = {row.pk: [] for row in rows}
    for voucher in Voucher.objects.filter(redemption__in=list(found)).order_by("id"):
        found[voucher.redemption_id].append(voucher)
    return found
