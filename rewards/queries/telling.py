"""How redemptions appear in the member's story."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import get_language

from members.queries.given import Given
from members.queries.story import Thing
from rewards.models import Redemption, Reward


def named(reward: Reward, language: str | None = None) -> str:
    """The reward's name in a language (the active one by default), else in English, else in any."""
    words = reward.name
    return words.get(language or get_language() or "en") or words.get("en") or next(iter(words.values()), "")


def named_by_handle(handles: Collection[str]) -> dict[str, str]:
    """The names of rewards by their handles, in the active language; one query."""
    return {row.handle: named(row) for row in Reward.objects.filter(handle__in=handles)} if handles else {}


def gifts(member: UUID, before: UUID | None, limit: int) -> list[Given]:
    """What a member was handed out without points, last given first; one query."""
    rows = Redemption.objects.filter(member=member).exclude(source_kind="").order_by("-id")
    rows = (rows.filter(pk__lt=before) if before else rows).select_related("reward")
    return [
        Given(
            row.pk, named(row.reward) if row.quantity == 1 else f"{row.quantity} × {named(row.reward)}",
            row.source_kind, row.source, row.status != Redemption.Status.COMMITTED, row.reserved_at,
        )
        for row in rows[:limit]
    ]  # fmt: skip


def tell(redemptions: list[UUID]) -> dict[UUID, Thing]:
    """Redemptions by id as what they were for and how far they have come; one query."""
    rows = Redemption.objects.filter(pk__in=redemptions).select_related("reward")
    return {row.pk: Thing(named(row.reward), row.status) for row in rows}
