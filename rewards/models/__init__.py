"""What points buy."""

from rewards.models.redemption import Redemption, Voucher
from rewards.models.reward import Reward

__all__ = ["Redemption", "Reward", "Voucher"]
