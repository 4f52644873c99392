"""How a yes came about: noted, told to the member, forgotten with them, and moved with them."""

from typing import Any
from uuid import UUID

from loyalty.core import privacy
from members.models import Consent


def move(*, to: UUID, of: UUID) -> None:
    """Two memberships become one: what either agreed to was agreed to by the same person."""
    Consent.objects.filter(member=of).update(member=to)


def _export(member: UUID) -> list[dict[str, Any]]:
    return [
        {
            "purpose": row.purpose,
            "given": row.given,
            "given_at": row.given_at.isoformat() if row.given_at else None,
            "source": row.source,
            "proof": row.proof,
        }
        for row in Consent.objects.filter(member=member).order_by("id")
    ]


def _erase(member: UUID) -> None:
    Consent.objects.filter(member=member).delete()


holder = privacy.Holder("consents", _export, _erase)
