"""Tables of the campaigns' part of the house."""

from campaigns.models.campaign import Campaign, CampaignPolicy
from campaigns.models.choices import Preferences, Suppression
from campaigns.models.draw import Draw, DrawWinner
from campaigns.models.message import UNCLAIMED, WAITING, Message
from campaigns.models.newsletter import Newsletter
from campaigns.models.rehearsal import Rehearsal, RehearsedMember
from campaigns.models.segments import PLACED, RfmScale, Segment, SegmentLook
from campaigns.models.shaping import KindSetting, Sending

__all__ = [
    "PLACED",
    "UNCLAIMED",
    "WAITING",
    "Campaign",
    "CampaignPolicy",
    "Draw",
    "DrawWinner",
    "KindSetting",
    "Message",
    "Newsletter",
    "Preferences",
    "Rehearsal",
    "RehearsedMember",
    "RfmScale",
    "Segment",
    "SegmentLook",
    "Sending",
    "Suppression",
]
