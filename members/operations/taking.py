"""Take units back out of the lots in which they were given, by the programme's policy for what was spent already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.core.ledger.chart import Do, MerchantAccount, Shortfall
from loyalty.core.ledger.operations import NotEnoughPoints, NothingLeft, Posting, post
from loyalty.core.ledger.queries import SourceLot, settled
from loyalty.core.tenancy import scope


def take_back(
    lots: Sequence[SourceLot], *, owner: UUID, owed: int, policy: Shortfall, key: str, at: datetime,
    now: datetime, said: Mapping[str, Any],
) -> tuple[int, int]:  # fmt: skip
    """Take `owed` units out of `lots` (those one source made, of one unit); (taken, shortfall), which add up to it.

    `owner` has them today, and is locked; lots that stayed behind with a member who was merged away were moved on or
    used up. `key` begins the names of the postings; `said` is what they carry: kind, event, unit, source, version.
    """
    common: dict[str, Any] = {
        "owner": owner, "actor": str(scope.actor()), "at": at, "now": now, "counter": MerchantAccount.ISSUED, **said
    }  # fmt: skip
    taken, short, left = 0, 0, owed
    for lot in [found for found in lots if found.owner == owner]:
        if left > 0:
            took, missing = _from_lot(lot, min(left, lot.granted), policy, key, common)
            taken, short, left = taken + took, short + missing, left - took - missing
    behind = [lot for lot in lots if lot.owner != owner]
    if left > 0:
        # Spent before their member was merged into another: taken from what there is, unless the policy spares it.
        spent = sum(lot.granted for lot in behind) - settled(lot.transfer for lot in behind)
        took = _from_rest(max(0, min(left, spent)), policy, key, common)
        taken, short = taken + took, short + left - took
    return taken, short


def _from_lot(
    lot: SourceLot, amount: int, policy: Shortfall, key: str, common: dict[str, Any]
) -> tuple[int, int]:
    posting = Posting(
        do=Do.TAKE_BACK, key=f"{key}:{lot.id}", amount=amount, lot=lot.id, shortfall=policy, **common
    )
    try:
        answer = post(posting)
    except NothingLeft as nothing:
        return 0, int(nothing.params.get("shortfall", 0))
    return answer.amount, answer.shortfall


def _from_rest(owed: int, policy: Shortfall, key: str, common: dict[str, Any]) -> int:
    if owed <= 0 or policy is Shortfall.ONLY_PENDING:
        return 0
    posting = Posting(do=Do.SPEND, key=f"{key}:rest", amount=owed, **common)
    try:
        return post(posting).amount
    except NotEnoughPoints as short:
        available = int(short.params["available"])
        return post(replace(posting, amount=available)).amount if available > 0 else 0
