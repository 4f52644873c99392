"""Who they are and what they did."""

from members.models.activity import Activity
from members.models.belonging import DrawEntry, EarnedBadge, SegmentPlace, TierStanding
from members.models.member import Identity, Member, Profile, Stats
from members.models.order import Order, OrderLine, Refund
from members.models.referral import (
    JoinTrace,
    Referral,
    ReferralClicks,
    ReferralCode,
    ReferralPayout,
    ReferralVisit,
)
from members.models.usage import BudgetUse, RuleUse

__all__ = [
    "Activity",
    "BudgetUse",
    "DrawEntry",
    "EarnedBadge",
    "Identity",
    "JoinTrace",
    "Member",
    "Order",
    "OrderLine",
    "Profile",
    "Referral",
    "ReferralClicks",
    "ReferralCode",
    "ReferralPayout",
    "ReferralVisit",
    "Refund",
    "RuleUse",
    "SegmentPlace",
    "Stats",
    "TierStanding",
]
