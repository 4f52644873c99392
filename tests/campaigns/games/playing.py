"""Café Luna's challenges in a few words."""

from typing import Any

from campaigns.models import Challenge
from campaigns.operations.games.challenges import create_challenge, open_challenge
from campaigns.operations.games.settling import settle
from loyalty.core.ledger.queries import balance
from members.models import Member
from members.rules.shopping import NewLine
from tests.cast import AT


def opened(measure: str = "purchases", *milestones: dict[str, Any], **more: Any) -> Challenge:
    """A challenge that members can take part in; its third step gives fifty points where nothing else is said."""
    fields = {name: more.pop(name) for name in ("name", "board", "starts_at", "ends_at") if name in more}
    terms = {"measure": measure, "milestones": list(milestones) or [{"needed": 3, "points": 50}], **more}
    row = create_challenge(details={"name": "Try three", "terms": terms, "starts_at": AT, **fields}, at=AT)
    return open_challenge(challenge=row.pk, at=AT)


def line(sku: str, kronor: int = 40, **more: Any) -> NewLine:
    """A line of an order."""
    return NewLine(sku=sku, amount_minor=kronor * 100, **more)


def points(member: Member) -> int:
    """What a member can spend."""
    return balance(member.pk).available


__all__ = ["line", "opened", "points", "settle"]
