"""A member's stamp cards: how far each is, which purchases stamped it, and how many were filled."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language

from loyalty.core.ledger.queries import balance, lots
from loyalty.core.programme import queries as programmes
from members.models import FullCard


@dataclass(frozen=True, slots=True)
class Mark:
    """Stamps of one purchase or activity that stand on the card."""

    stamps: int
    at: datetime
    source_kind: str
    source: UUID | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A stamp card. `stamps` of `needed` are on it, `pending` wait; `filled` were full before; `reward` is the handle
    of what a full one gives. `marks` has what stands on it, oldest first."""

    id: str
    name: str
    unit: str
    stamps: int
    pending: int
    needed: int
    filled: int
    reward: str
    quantity: int
    marks: tuple[Mark, ...]


def cards_of(member: UUID) -> list[Card]:
    """The cards of the programme in force, as the member has them."""
    current = programmes.in_force()
    found = []
    for card in current.programme["side_units"].cards if current else ():
        held = balance(member, unit=card.unit)
        filled = FullCard.objects.filter(member=member, card=card.id, reopened_at=None).count()
        open_lots = (
            lots(member, unit=card.unit).filter(pending=False).select_related("transfer").order_by("id")
        )
        marks = tuple(
            Mark(
                lot.remaining,
                lot.transfer.happened_at,
                lot.transfer.source_kind,
                lot.transfer.source,
                lot.expires_at,
            )
            for lot in open_lots
        )
        found.append(Card(card.id, card.named(get_language() or "en"), card.unit, held.available, held.pending,
                          card.needed, filled, card.reward, card.quantity, marks))  # fmt: skip
    return found
