"""How redemptions appear in the member's story."""

from uuid import UUID

from django.utils.translation import get_language

from members.queries.story import Thing
from rewards.models import Redemption, Reward


def named(reward: Reward, language: str | None = None) -> str:
    """The reward's name in a language (the active one by default), else in English, else in any."""
    words = reward.name
    return words.get(language or get_language() or "en") or words.get("en") or next(iter(words.values()), "")


def tell(redemptions: list[UUID]) -> dict[UUID, Thing]:
    """Redemptions by id as what they were for and how far they have come; one query."""
    rows = Redemption.objects.filter(pk__in=redemptions).select_related("reward")
    return {row.pk: Thing(named(row.reward), row.status) for row in rows}
