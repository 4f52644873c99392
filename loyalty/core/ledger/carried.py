"""What the books add up to, carried forward: each seal keeps the sums of everything written before it, so that only
what was written since has to be added up, in a shop of any age.

A shop's own accounts have no running balance, so that no two of its customers wait for each other; their sums are
those of their lines.
"""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import connection

from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.models import Seal
from loyalty.core.tenancy import scope

HELD = "held"
"""All accounts of members together."""

type Sums = dict[str, dict[str, int]]
"""By unit and the merchant's account, or `HELD`; signed as the lines are. What has no line is missing."""

# The merchant's accounts are a handful; which account of a member a line is on need not be looked up.
_LINES = """
SELECT e.unit, a.kind, sum(e.amount)
  FROM ledger_entry e
  LEFT JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.owner IS NULL
 WHERE e.merchant_id = %s
"""


def first_id(since: datetime) -> UUID:
    """The smallest identifier that can have been made at `since`: ids sort by the instant they were made."""
    return UUID(int=int(since.timestamp() * 1000) << 80)


def lines_within(*, since: datetime | None = None, until: datetime | None = None) -> Sums:
    """The sums of the lines written from `since` until just before `until`; of all with neither."""
    # Written into the statement, and made of a number: how much a stretch holds can only be planned for when the
    # stretch is known.
    cuts = f" AND e.transfer_id >= '{first_id(since)}'" if since is not None else ""
    cuts += f" AND e.transfer_id < '{first_id(until)}'" if until is not None else ""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(f"{_LINES}{cuts} GROUP BY e.unit, a.kind", [scope.merchant_id()])
        for unit, kind, total in cursor.fetchall():
            found[unit][kind or HELD] = int(total)
    return dict(found)


def forward(seal: Seal | None, *, until: datetime | None = None) -> Sums:
    """The sums of everything written before `until` (None: of all): what a seal carries and the lines since.

    A seal without sums carries nothing, and all lines are read: one from before they were kept, or one of books that
    were still empty, into which an archive may have brought older lines afterwards.
    """
    had: Sums = seal.sums if seal is not None else {}
    more = lines_within(since=seal.until if seal is not None and had else None, until=until)
    return {
        unit: {
            kind: had.get(unit, {}).get(kind, 0) + more.get(unit, {}).get(kind, 0)
            for kind in {*had.get(unit, {}), *more.get(unit, {})}
        }
        for unit in {*had, *more}
    }


def last_seal() -> Seal | None:
    """The merchant's newest seal."""
    return Seal.objects.order_by("-day").first()


def sums(*, unit: str = POINTS) -> dict[str, int]:
    """What all lines of a unit add up to now: on each of the merchant's accounts, and `HELD` by members."""
    return forward(last_seal()).get(unit, {})
