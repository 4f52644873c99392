"""Who they are and what they did."""

from members.models.activity import Activity
from members.models.adding import AddedMark
from members.models.adjusting import (
    AdjustmentLimits,
    AdjustmentPart,
    AdjustmentRequest,
    AdjustmentUse,
)
from members.models.belonging import DrawEntry, EarnedBadge, FullCard, SegmentPlace, TierStanding
from members.models.comparing import ComparisonBook
from members.models.consent import Consent
from members.models.conversion import PointsConversion
from members.models.hold import HoldEvent
from members.models.member import Identity, Member, Profile, Stats
from members.models.offer import OfferActivation
from members.models.order import Order, OrderLine, Refund
from members.models.paid import MembershipPayment, PaidMembership, PlanPerkUse, TrialTaken
from members.models.partners import CardLink, LinkCode, Partnership, SettlementEntry
from members.models.preference import PreferenceAnswer
from members.models.product import Product
from members.models.referral import (
    JoinTrace,
    Referral,
    ReferralClicks,
    ReferralCode,
    ReferralPayout,
    ReferralVisit,
)
from members.models.sharing import Household, HouseholdPlace, PointsTransfer
from members.models.tiers import PerkClaim, TierChange, TierReview
from members.models.usage import BudgetUse, RuleUse

__all__ = [
    "Activity",
    "AddedMark",
    "AdjustmentLimits",
    "AdjustmentPart",
    "AdjustmentRequest",
    "AdjustmentUse",
    "BudgetUse",
    "CardLink",
    "ComparisonBook",
    "Consent",
    "DrawEntry",
    "EarnedBadge",
    "FullCard",
    "HoldEvent",
    "Household",
    "HouseholdPlace",
    "Identity",
    "JoinTrace",
    "LinkCode",
    "Member",
    "MembershipPayment",
    "OfferActivation",
    "Order",
    "OrderLine",
    "PaidMembership",
    "Partnership",
    "PerkClaim",
    "PlanPerkUse",
    "PointsConversion",
    "PointsTransfer",
    "PreferenceAnswer",
    "Product",
    "Profile",
    "Referral",
    "ReferralClicks",
    "ReferralCode",
    "ReferralPayout",
    "ReferralVisit",
    "Refund",
    "RuleUse",
    "SegmentPlace",
    "SettlementEntry",
    "Stats",
    "TierChange",
    "TierReview",
    "TierStanding",
    "TrialTaken",
]
