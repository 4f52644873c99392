"""How a yes came about: noted, told to the member, forgotten with them, and moved with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import privacy
from members.models import Consent, Profile
from members.operations.membership import edit, locked


@transaction.atomic
def choose_news(
    *, member: UUID, chosen: Mapping[str, bool], source: str, at: datetime, proof: str = ""
) -> list[str]:
    """Say yes or no to ways of being written to (`Consent.Purpose` to the choice), and note how it came about:
    `source` names the place, `proof` what was read there. Answers the purposes that changed; choosing what is chosen
    already is nothing. Raises `NotActive` for who is no longer a member."""
    row = locked(member)
    known = Profile.objects.filter(member=row).first()
    wanted = {name: chosen[name] for name in Consent.Purpose.values if name in chosen}
    changed = {name: yes for name, yes in wanted.items() if known is None or getattr(known, name) != yes}
    if not changed:
        return []
    edit(member=row.pk, at=at, details=changed)
    Consent.objects.bulk_create(
        Consent(
            member=row,
            purpose=name,
            given=yes,
            given_at=at,
            source=source[:20],
            proof=proof[:300],
            noted_at=at,
        )
        for name, yes in changed.items()
    )
    return sorted(changed)


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
