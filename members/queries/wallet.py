"""A member's balances by one id, in one statement: the busiest question a storefront asks."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from loyalty.core.errors import NotFound
from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.queries import Balance
from loyalty.core.tenancy import scope

# CASE, where COALESCE would say the same in fewer words: under row-level security PostgreSQL does not let that one look
# into an index, and reads every member of the shop instead.
_WALLET = """
SELECT m.id, m.status, a.unit, a.kind, a.balance, a.version,
       (SELECT p.household_id FROM members_householdplace p
         WHERE p.merchant_id = m.merchant_id AND p.member_id = m.id LIMIT 1),
       EXISTS (SELECT 1 FROM members_cardlink c WHERE c.merchant_id = m.merchant_id AND c.member_id = m.id)
  FROM members_member f
  JOIN members_member m ON m.merchant_id = f.merchant_id
   AND m.id = CASE WHEN f.merged_into_id IS NULL THEN f.id ELSE f.merged_into_id END
  LEFT JOIN ledger_account a ON a.merchant_id = m.merchant_id AND a.owner = m.id
 WHERE f.merchant_id = %s AND f.id = %s
"""


@dataclass(frozen=True, slots=True)
class Wallet:
    """The member asked for, or the one they were merged into, and their balance of each unit; points
    always. `household` is theirs, if they are in one; `linked` says whether a card of theirs is or
    was linked with a partner's."""

    member: UUID
    status: str
    balances: dict[str, Balance]
    household: UUID | None = None
    linked: bool = False


def wallet(member_id: UUID) -> Wallet:
    """What a member has now; `NotFound` when there is no such member here."""
    with connection.cursor() as cursor:
        cursor.execute(_WALLET, [scope.merchant_id(), member_id])
        rows = cursor.fetchall()
    if not rows:
        raise NotFound("member")
    units: dict[str, dict[str, int]] = {POINTS: {}}
    for _member, _status, unit, kind, amount, version, _household, _linked in rows:
        if unit is not None:
            kinds = units.setdefault(unit, {})
            kinds[kind] = amount
            if kind == "available":
                kinds["version"] = version
    return Wallet(
        rows[0][0],
        rows[0][1],
        {
            unit: Balance(
                available=kinds.get("available", 0) + kinds.get("debt", 0),
                pending=kinds.get("pending", 0),
                reserved=kinds.get("reserved", 0),
                debt=-kinds.get("debt", 0),
                version=kinds.get("version", 0),
            )
            for unit, kinds in units.items()
        },
        rows[0][6],
        rows[0][7],
    )
