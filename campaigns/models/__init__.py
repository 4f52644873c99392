"""Tables of the campaigns' part of the house."""

from campaigns.models.automation import (
    Automation,
    AutomationEdition,
    AutomationRun,
    AutomationSpark,
    AutomationSpend,
    AutomationStep,
)
from campaigns.models.campaign import Campaign, CampaignPolicy
from campaigns.models.choices import Preferences, Suppression
from campaigns.models.draw import Draw, DrawWinner
from campaigns.models.experiments import Experiment, Exposure
from campaigns.models.games import Badge, Challenge, ChallengeAward, ChallengeScore, GameLook, Player
from campaigns.models.instant import InstantPlay, InstantWin
from campaigns.models.message import UNCLAIMED, WAITING, Message
from campaigns.models.newsletter import Newsletter
from campaigns.models.rehearsal import Rehearsal, RehearsedMember
from campaigns.models.segments import PLACED, RfmScale, Segment, SegmentLook
from campaigns.models.shaping import KindSetting, Sending
from campaigns.models.suggestions import KnownProduct, ProductLink, SuggestionNight
from campaigns.models.surveys import Survey, SurveyAlert, SurveyAnswer, SurveyText

__all__ = [
    "PLACED",
    "UNCLAIMED",
    "WAITING",
    "Automation",
    "AutomationEdition",
    "AutomationRun",
    "AutomationSpark",
    "AutomationSpend",
    "AutomationStep",
    "Badge",
    "Campaign",
    "CampaignPolicy",
    "Challenge",
    "ChallengeAward",
    "ChallengeScore",
    "Draw",
    "DrawWinner",
    "Experiment",
    "Exposure",
    "GameLook",
    "InstantPlay",
    "InstantWin",
    "KindSetting",
    "KnownProduct",
    "Message",
    "Newsletter",
    "Player",
    "Preferences",
    "ProductLink",
    "Rehearsal",
    "RehearsedMember",
    "RfmScale",
    "Segment",
    "SegmentLook",
    "Sending",
    "SuggestionNight",
    "Suppression",
    "Survey",
    "SurveyAlert",
    "SurveyAnswer",
    "SurveyText",
]
