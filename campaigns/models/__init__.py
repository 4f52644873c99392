"""Tables of the campaigns' part of the house."""

from campaigns.models.choices import Preferences, Suppression
from campaigns.models.draw import Draw, DrawWinner
from campaigns.models.games import Badge, Challenge, ChallengeAward, ChallengeScore, GameLook, Player
from campaigns.models.instant import InstantPlay, InstantWin
from campaigns.models.message import UNCLAIMED, WAITING, Message
from campaigns.models.newsletter import Newsletter
from campaigns.models.rehearsal import Rehearsal, RehearsedMember
from campaigns.models.segments import PLACED, RfmScale, Segment, SegmentLook
from campaigns.models.shaping import KindSetting, Sending

__all__ = [
    "PLACED",
    "UNCLAIMED",
    "WAITING",
    "Badge",
    "Challenge",
    "ChallengeAward",
    "ChallengeScore",
    "Draw",
    "DrawWinner",
    "GameLook",
    "InstantPlay",
    "InstantWin",
    "KindSetting",
    "Message",
    "Newsletter",
    "Player",
    "Preferences",
    "Rehearsal",
    "RehearsedMember",
    "RfmScale",
    "Segment",
    "SegmentLook",
    "Sending",
    "Suppression",
]
