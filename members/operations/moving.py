"""Move everything a member has to another: when two memberships become one, and for what comes back afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.core import ids
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import open_lots
from loyalty.core.tenancy import scope


def move_points(*, to: UUID, of: UUID, at: datetime) -> None:
    """Each lot leaves the one and arrives at the other with the same source and dates, so refunds find it.

    The caller holds both accounts. What leaves is what arrives, to the point.
    """
    for lot in open_lots(of):
        common: dict[str, Any] = {
            "kind": "merge", "event": "points.moved", "actor": str(scope.actor()), "at": at, "now": at,
            "unit": lot.account.unit, "counter": MerchantAccount.ADJUSTED,
            "source_kind": lot.transfer.source_kind, "version": lot.transfer.programme_version,
        }  # fmt: skip
        # A lot can move twice: points that a reversal puts back into it follow the first ones.
        move = ids.new()
        left = post(Posting(do=Do.FORFEIT, key=f"merge:{move}:out", owner=of, lot=lot.pk, **common))
        post(
            Posting(
                do=Do.GRANT,
                key=f"merge:{move}:in",
                owner=to,
                amount=left.amount,
                pending=lot.pending,
                available_from=lot.available_from,
                expires_at=lot.expires_at,
                slides_days=lot.slides_days,
                source=lot.transfer.source,
                **common,
            )
        )
