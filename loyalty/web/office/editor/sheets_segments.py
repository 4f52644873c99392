"""The words of segments: what each condition asks, as the builder shows it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules import rfm
from campaigns.rules import segments as s
from loyalty.web.office.editor.parts import Part

_WITHIN = Part("within_days", _("In the last"), _("Nothing filled in: ever."), suffix=_("days"))
_WHERE = (
    Part("channels", _("Channel"), _("As your systems name it, such as web or pos."), more=True),
    Part("locations", _("Shop"), pick="locations", more=True),
    Part("payment_methods", _("Paid with"), _("As your systems name it, such as swish."), more=True),
)
_FROM, _TO = Part("at_least", _("At least")), Part("at_most", _("At most"))
_FROM_MONEY, _TO_MONEY = Part("at_least_minor", _("At least")), Part("at_most_minor", _("At most"))
_DAYS = (
    Part("at_least_days", _("At least"), suffix=_("days")),
    Part("at_most_days", _("At most"), suffix=_("days")),
)

SHEETS: Mapping[Any, tuple[Part, ...]] = {
    s.Conditions: (
        Part("match", _("How they are read"), kind="radio"),
        Part("of", _("Conditions"), _("Add what members must be, or have done.")),
    ),
    s.Group: (
        Part("match", _("How they are read"), kind="radio"),
        Part("of", _("Conditions of the group")),
    ),
    s.Orders: (_FROM, _TO, _WITHIN, *_WHERE),
    s.Spent: (_FROM_MONEY, _TO_MONEY, _WITHIN, *_WHERE),
    s.AverageOrder: (_FROM_MONEY, _TO_MONEY, _WITHIN, *_WHERE),
    s.SinceOrder: _DAYS,
    s.Bought: (
        Part("categories", _("Categories"), suggests="categories"),
        Part("brands", _("Brands"), suggests="brands"),
        Part("skus", _("Article numbers")),
        Part("tags", _("Marked as"), more=True, suggests="tags"),
        Part("times", _("At least"), suffix=_("times")),
        _WITHIN,
    ),
    s.Did: (
        Part("kind", _("What they did"), _("The name your systems give it, such as review or visit.")),
        _FROM,
        _TO,
        _WITHIN,
    ),
    s.Redeemed: (_FROM, _TO, _WITHIN),
    s.Tier: (Part("any_of", _("Any of these tiers"), pick="tiers"),),
    s.Points: (_FROM, _TO),
    s.PointsEnding: (Part("within_days", _("Within"), suffix=_("days")), Part("at_least", _("At least"))),
    s.Lifecycle: (
        Part("any_of", _("Any of these")),
        Part("active_days", _("Active: bought within"), suffix=_("days")),
        Part("lapsed_days", _("Lapsed: not bought for"), suffix=_("days")),
    ),
    s.Rfm: (
        Part("any_of", _("Any of these"),
             _("Worked out each night from when, how often and for how much they buy, against your other buyers.")),
    ),
    s.Foretold: (
        Part("any_of", _("Any of these"),
             _("Worked out each night from how they bought so far, where there is enough to go by.")),
    ),
    s.ForetoldSpend: (_FROM_MONEY, _TO_MONEY),
    s.InSegment: (Part("any_of", _("Any of these"), pick="segments"),),
    s.Answered: (Part("any_of", _("Any of these answers"), pick="answers"),),
    s.Agreed: (Part("to", _("News by")), Part("given", _("They said yes"))),
    s.Joined: _DAYS,
    s.JoinedBy: (Part("any_of", _("Any of these ways"), _("As it was recorded, such as portal, pos or import.")),),
    s.Language: (Part("any_of", _("Any of these"), pick="languages"),),
    s.BirthdaySoon: (Part("within_days", _("Within"), _("0 is today."), suffix=_("days")),),
}  # fmt: skip
TITLES: Mapping[Any, Any] = {
    s.Conditions: _("Segment"),
    s.Orders: _("Number of purchases"),
    s.Spent: _("Money spent"),
    s.AverageOrder: _("Average purchase"),
    s.SinceOrder: _("Days since the last purchase"),
    s.Bought: _("What they bought"),
    s.Did: _("Something they did"),
    s.Redeemed: _("Rewards taken"),
    s.Tier: _("Tier"),
    s.Points: _("Points to spend"),
    s.PointsEnding: _("Points about to end"),
    s.Lifecycle: _("Stage as a customer"),
    s.Rfm: _("Value as a customer"),
    s.Foretold: _("Likely to leave or to stay"),
    s.ForetoldSpend: _("Expected to spend in the coming year"),
    s.InSegment: _("In another segment"),
    s.Answered: _("What they told you"),
    s.Agreed: _("Wants news"),
    s.Joined: _("Days since joining"),
    s.JoinedBy: _("How they joined"),
    s.Language: _("Language"),
    s.BirthdaySoon: _("Birthday soon"),
    s.Group: _("A group of conditions"),
}
CHOICES: Mapping[Any, Mapping[str, Any]] = {
    s.Match: {
        s.Match.ALL: _("All of them hold"),
        s.Match.ANY: _("At least one holds"),
        s.Match.NONE: _("None of them holds"),
    },
    s.Stage: {
        s.Stage.NEVER: _("Never bought"),
        s.Stage.NEW: _("New"),
        s.Stage.ACTIVE: _("Active"),
        s.Stage.SLIPPING: _("Slipping away"),
        s.Stage.LAPSED: _("Lapsed"),
    },
    s.Outlook: {
        s.Outlook.ONCE: _("Bought once: nobody can say yet"),
        s.Outlook.STAYING: _("Staying"),
        s.Outlook.LEAVING: _("About to leave"),
        s.Outlook.GONE: _("Probably gone"),
    },
    rfm.Class: {
        rfm.Class.BEST: _("Best: recent, often, for much"),
        rfm.Class.LOYAL: _("Loyal: often and for much, a while ago"),
        rfm.Class.GROWING: _("Growing: recent, with room for more"),
        rfm.Class.NEW: _("Just begun: recent, little so far"),
        rfm.Class.WAVERING: _("Wavering: neither recent nor much"),
        rfm.Class.AT_RISK: _("At risk: were among the best, not lately"),
        rfm.Class.FADING: _("Fading: bought some, not lately"),
        rfm.Class.GONE: _("Gone quiet: little, and long ago"),
    },
}
LITERALS: Mapping[str, Mapping[str, Any]] = {"to": {"email": _("e-mail"), "sms": _("text message")}}
