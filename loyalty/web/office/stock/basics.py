"""What the pages about rewards share: the picture of each kind, and the month that runs."""

from datetime import UTC, datetime, time

from django.utils import timezone

from rewards.models import Reward

ICONS = {
    Reward.Kind.FREE_PRODUCT: "coffee",
    Reward.Kind.MONEY_OFF: "banknote",
    Reward.Kind.PERCENT_OFF: "ticket-percent",
    Reward.Kind.FREE_SHIPPING: "truck",
    Reward.Kind.SAMPLE: "flask-conical",
    Reward.Kind.GIFT_CARD: "credit-card",
    Reward.Kind.EXCLUSIVE_PRODUCT: "gem",
    Reward.Kind.EXPERIENCE: "party-popper",
    Reward.Kind.WORKSHOP: "calendar-days",
    Reward.Kind.DONATION: "heart-handshake",
    Reward.Kind.EARLY_ACCESS: "door-open",
    Reward.Kind.COUPON: "ticket",
    Reward.Kind.PARTNER: "handshake",
    Reward.Kind.PAY_WITH_POINTS: "wallet",
    Reward.Kind.CUSTOM: "gift",
}

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything that there is to count."""


def month_of(at: datetime) -> datetime:
    """When the month of an instant began in the shop's zone."""
    first = timezone.localdate(at).replace(day=1)
    return datetime.combine(first, time(), tzinfo=timezone.get_current_timezone())
