"""The codes of a redemption: made for it, taken out of an imported pool, or none, as its kind says.

Called with the reward locked, so that no code of a pool is given out twice and none is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from loyalty.core.events.operations import record
from rewards.models import PoolCode, Redemption, Reward, Voucher
from rewards.operations import vouchers
from rewards.rules.kinds import KindTerms


class PoolIsEmpty(RuntimeError):
    """The count of the pool says there is a code and there is none: a bug, never an answer to a person."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a redemption will hand out: its vouchers, and the codes of the pool they are."""

    vouchers: Sequence[Voucher]
    pool: Sequence[PoolCode] = ()


def ready(*, row: Redemption, terms: KindTerms, valid_days: int) -> Ready:
    """The codes for a redemption that is about to be written, good from when it is made."""
    if terms.codes == "none":
        return Ready([])
    good_until = vouchers.good_until(row.reserved_at, days=valid_days)
    if terms.codes == "made":
        return Ready(
            [vouchers.made(redemption=row, expires_at=good_until) for _number in range(row.quantity)]
        )
    pool = list(lock_free(PoolCode.objects.filter(reward=row.reward_id, redemption=None))[: row.quantity])
    if len(pool) < row.quantity:
        raise PoolIsEmpty(
            f"{row.quantity} codes of reward {row.reward_id} were counted, {len(pool)} are there."
        )
    return Ready(
        [
            Voucher(redemption=row, code=code.code, digest=bytes(code.digest), expires_at=good_until)
            for code in pool
        ],
        pool,
    )


def lock_free(rows: QuerySet[PoolCode]) -> QuerySet[PoolCode]:
    """Codes that nobody has yet, first imported first. Locked, should anybody ever come without the reward's lock."""
    return rows.select_for_update(no_key=True).order_by("id")


def given(*, row: Redemption, codes: Ready, low_at: int) -> None:
    """The codes of the pool are the redemption's now, for good. Says so when few are left, and when none is."""
    if not codes.pool:
        return
    at = row.reserved_at
    PoolCode.objects.filter(pk__in=[code.pk for code in codes.pool]).update(redemption=row, given_at=at)
    left = Reward.objects.filter(pk=row.reward_id).values_list(F("stock") - F("taken"), flat=True).get()
    before = left + len(codes.pool)
    if left == 0:
        record("pool.out", subject=row.reward_id, at=at, data={"left": 0})
    elif left <= low_at < before:
        record("pool.low", subject=row.reward_id, at=at, data={"left": left})
