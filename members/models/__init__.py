"""Who they are and what they did."""

from members.models.member import Identity, Member, Profile, Stats
from members.models.order import Order, OrderLine, Refund

__all__ = ["Identity", "Member", "Order", "OrderLine", "Profile", "Refund", "Stats"]
