"""Stamp cards: a full one gives its reward at once and the next begins; a refund that takes a stamp back reopens it, as
long as nobody has used the reward."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from loyalty.core import ids
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import balance
from loyalty.core.programme.document import Programme
from loyalty.core.tenancy import scope
from members.models import FullCard
from members.operations.gifts import Occasion, shelf
from members.rules.side_units import StampCard


def card_key(full: UUID) -> str:
    """The name under which a full card's reward is handed out."""
    return f"card:{full}"


def fill(*, member: UUID, programme: Programme, at: datetime, version: UUID | None = None) -> int:
    """Turn every full card of a member into its reward; how many were full. `at` is when the last stamp came."""
    full = 0
    for card in programme["side_units"].cards:
        while balance(member, unit=card.unit).available >= card.needed:
            _turn_in(card, member, at, version)
            full += 1
    return full


def _turn_in(card: StampCard, member: UUID, at: datetime, version: UUID | None) -> None:
    row = FullCard(member_id=member, card=card.id, unit=card.unit, stamps=card.needed, reward=card.reward,
                   quantity=card.quantity, filled_at=at)  # fmt: skip
    row.transfer = post(Posting(
        do=Do.SPEND, key=f"card:{row.pk}", kind="card", event="stamps.spent", owner=member,
        actor=str(scope.actor()), at=at, now=at, amount=card.needed, unit=card.unit, counter=MerchantAccount.REDEEMED,
        source_kind="card", source=row.pk, version=version, data={"card": card.id},
    )).transfer  # fmt: skip
    row.save(force_insert=True)
    occasion = Occasion("card", row.pk, member, at)
    shelf().issue(reward=card.reward, quantity=card.quantity, key=card_key(row.pk), occasion=occasion)
    record("card.filled", subject=member, at=at, data={"card": card.id, "full_card": str(row.pk)})


def to_reopen(*, member: UUID, unit: str, wanted: int) -> list[FullCard]:
    """The full cards, last filled first, that may have to be reopened for `wanted` stamps to be taken back."""
    missing = wanted - balance(member, unit=unit).available
    if missing <= 0:
        return []
    rows = FullCard.objects.filter(member_id=member, unit=unit, reopened_at=None).order_by("-id")
    found = []
    for row in rows[:100]:
        if missing <= 0:
            break
        found.append(row)
        missing -= row.stamps
    return found


def reopen(cards: Iterable[FullCard], *, at: datetime) -> None:
    """Put the stamps of full cards back whose reward nobody has used, and take the reward away."""
    for row in cards:
        if shelf().withdraw(key=card_key(row.pk), at=at):
            post(Posting(
                do=Do.GIVE_BACK, key=f"card:{row.pk}:{ids.new()}", kind="card", event="stamps.given_back",
                owner=row.member_id, actor=str(scope.actor()), at=at, now=at, unit=row.unit,
                counter=MerchantAccount.REDEEMED, of=row.transfer, source_kind="card", source=row.pk,
                data={"card": row.card},
            ))  # fmt: skip
            row.reopened_at = at
            row.save(update_fields=["reopened_at"])
            record(
                "card.reopened",
                subject=row.member_id,
                at=at,
                data={"card": row.card, "full_card": str(row.pk)},
            )
