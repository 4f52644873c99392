"""What analytics foretells of a member: told to them, and forgotten with them."""

from typing import Any
from uuid import UUID

from analytics.models import MemberValue
from analytics.operations.valuing import forget_member
from loyalty.core import privacy


def _export(member: UUID) -> dict[str, Any] | None:
    row = MemberValue.objects.filter(member=member).first()
    if row is None:
        return None
    return {
        "worked_out_on": row.day.isoformat(),
        "still_buys": round(row.alive, 4),
        "purchases_expected": round(row.expected, 2),
        "spending_expected_minor": row.predicted_minor,
        "stage": row.stage,
    }


def _erase(member: UUID) -> None:
    forget_member(member=member)


holder = privacy.Holder("predictions", _export, _erase)
