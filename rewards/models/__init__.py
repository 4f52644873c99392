"""What points buy."""

from rewards.models.fulfilment import Fulfilment
from rewards.models.place import Booking, Session
from rewards.models.pool import PoolCode
from rewards.models.redemption import Redemption, Voucher
from rewards.models.reward import Reward

__all__ = ["Booking", "Fulfilment", "PoolCode", "Redemption", "Reward", "Session", "Voucher"]
