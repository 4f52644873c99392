"""Take back what a source gave, from the lots it made and at the terms they were made under, whoever has them today.

An order's refunds, a referral that is reversed and an activity that is undone all come here.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount, Shortfall
from loyalty.core.ledger.operations import NotEnoughPoints, NothingLeft, Posting, hold, post
from loyalty.core.ledger.queries import SourceLot, lots_of_source, settled
from loyalty.core.tenancy import scope


@dataclass(slots=True)
class Taken:
    """Units that were taken, and those that should have been but could not: already used, or expired unused."""

    taken: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is asked back: `owed` units that `source` gave, of its lots that `owner` has today. `key` names the claim
    for good; `at` is when it happened, `now` when it is written."""

    kind: str
    key: str
    source_kind: str
    source: UUID
    owner: UUID
    owed: int
    policy: Shortfall
    at: datetime
    now: datetime
    unit: str = POINTS
    version: UUID | None = None
    reason: str = ""
    data: Any = None

    def posting(self, do: Do, part: str, amount: int, **more: Any) -> Posting:
        """The posting of a part of the claim."""
        return Posting(
            do=do, key=f"{self.key}:{part}", kind=self.kind, event=f"{self.unit.partition('-')[0]}.taken_back",
            owner=self.owner, actor=str(scope.actor()), at=self.at, now=self.now, amount=amount, unit=self.unit,
            counter=MerchantAccount.ISSUED, source_kind=self.source_kind, source=self.source, version=self.version,
            reason=self.reason, data=self.data, **more,
        )  # fmt: skip


def take_back(claim: Claim) -> Taken:
    """Take what is owed, by the claim's policy; what cannot be taken is told, never dropped. What of it expired unused
    is not taken a second time. Locks the owner's accounts."""
    found, owed = Taken(), claim.owed
    if owed <= 0:
        return found
    hold([claim.owner])
    # What still waits goes first.
    lots = sorted(lots_of_source(claim.source, unit=claim.unit), key=lambda lot: not lot.pending)
    for lot in [one for one in lots if one.owner == claim.owner]:
        if owed > 0:
            owed -= _from(lot, min(owed, lot.granted), claim, found)
    left_behind = [lot for lot in lots if lot.owner != claim.owner]
    if owed > 0:
        spent = sum(lot.granted for lot in left_behind) - settled(lot.transfer for lot in left_behind)
        there = max(0, min(owed, spent))
        _rest(there, claim, found)
        found.short += owed - there
    return found


def _from(lot: SourceLot, amount: int, claim: Claim, found: Taken) -> int:
    try:
        answer = post(
            claim.posting(Do.TAKE_BACK, str(lot.id), amount, lot=lot.id, shortfall=claim.policy),
        )
    except NothingLeft as nothing:
        left = int(nothing.params.get("available", 0))
        if left and "shortfall" not in nothing.params:
            # A part of the lot was set free by itself, as a lot of its own.
            return _from(lot, left, claim, found)
        missing = int(nothing.params.get("shortfall", 0))
        found.short += missing
        return missing
    found.taken += answer.amount
    found.short += answer.shortfall
    return answer.amount + answer.shortfall


def _rest(owed: int, claim: Claim, found: Taken) -> None:
    """What no lot of the source is left for: spent before their member was merged into another. Taken from what there
    is, unless the policy spares it."""
    left = owed
    if owed > 0 and claim.policy is not Shortfall.ONLY_PENDING:
        posting = claim.posting(Do.SPEND, "rest", left)
        try:
            left -= post(posting).amount
        except NotEnoughPoints as short:
            if short.params["available"] > 0:
                left -= post(replace(posting, amount=short.params["available"])).amount
    found.taken += owed - left
    found.short += left
