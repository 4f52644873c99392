"""Who they are and what they did."""

from members.models.activity import Activity
from members.models.belonging import DrawEntry, EarnedBadge, SegmentPlace, TierStanding
from members.models.conversion import PointsConversion
from members.models.hold import HoldEvent
from members.models.member import Identity, Member, Profile, Stats
from members.models.order import Order, OrderLine, Refund
from members.models.paid import MembershipPayment, PaidMembership, PlanPerkUse, TrialTaken
from members.models.sharing import Household, HouseholdPlace, PointsTransfer
from members.models.usage import BudgetUse, RuleUse

__all__ = [
    "Activity",
    "BudgetUse",
    "DrawEntry",
    "EarnedBadge",
    "HoldEvent",
    "Household",
    "HouseholdPlace",
    "Identity",
    "Member",
    "MembershipPayment",
    "Order",
    "OrderLine",
    "PaidMembership",
    "PlanPerkUse",
    "PointsConversion",
    "PointsTransfer",
    "Profile",
    "Refund",
    "RuleUse",
    "SegmentPlace",
    "Stats",
    "TierStanding",
    "TrialTaken",
]
