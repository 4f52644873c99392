"""Campaigns to begin with: what most shops want, written out, to be changed before they are launched.

Each is a whole campaign but for its times. `rows` names what of the requirements it plays; a story test plays each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules.campaigning import CampaignContent, CampaignOffer
from loyalty.core.money import exponent
from members.rules.conditions import Activity, Birthday, Following, OrderNumber, Repeat, SinceOrder, Weekday
from members.rules.earning import Filter, Fixed, Multiplier, Step, Threshold

SUSTAINABLE = "sustainable"
NEW = "new"


@dataclass(frozen=True, slots=True)
class Template:
    """One to begin with: its name, what it is good for, and its content. `asks` says what the shop has to fill in
    itself: "segment", "rewards", "donation", "partner"."""

    key: str
    name: Any
    text: Any
    icon: str
    rows: tuple[str, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[str, ...] = ()

    def content(self, *, currency: str, language: str) -> CampaignContent:
        """The campaign, with amounts in the shop's currency and the template's words in the active language."""
        made = dict(self.fields)
        unit = 10 ** exponent(currency)
        if "rules" in made:
            made["rules"] = tuple(rule(unit) if callable(rule) else rule for rule in made["rules"])
        if "offer" in made:
            made["offer"] = CampaignOffer(
                name={language: str(self.name)}, text={language: str(self.text)}, days=made["offer"]
            )
        return CampaignContent(name=str(self.name), note=str(self.text), kind=self.key, **made)


def _double(**more: Any) -> Multiplier:
    return Multiplier(id="double", factor="2", **more)


def _season(unit: int) -> Threshold:
    return Threshold(id="season", steps=(Step(500 * unit, 100), Step(1000 * unit, 300)))


_WEEKEND, _WORKDAYS = (Weekday.SAT, Weekday.SUN), tuple(Weekday)[:5]
TEMPLATES: tuple[Template, ...] = (
    Template(
        "double-weekend", _("Double points weekend"), _("Twice as much on Saturday and Sunday."), "calendar-heart",
        ("C1",), {"days": _WEEKEND, "rules": (_double(),), "budget_points": 50_000},
    ),
    Template(
        "quiet-hours", _("Fill the quiet hours"), _("Twice as much on weekdays from two to four."), "clock",
        ("C1",), {"days": _WORKDAYS, "from_time": "14:00", "until_time": "16:00", "rules": (_double(),),
                  "budget_points": 30_000},
    ),
    Template(
        "season", _("A season’s bonus"), _("A bonus for the larger purchase, and more for the largest."), "snowflake",
        ("C1",), {"rules": (_season,),
                  "budget_points": 100_000},
    ),
    Template(
        "launch", _("Product launch"), _("Points for everybody who tries what is new: mark it “new” in your shop."),
        "rocket",
        ("C1", "P19"), {"rules": (Fixed(id="new", amount=50, only=Filter(tags=(NEW,))),), "member_times": 1,
                        "budget_points": 50_000},
    ),
    Template(
        "win-back", _("Win back"), _("Something extra for the first purchase after a long time."), "undo-2",
        ("C4",), {"rules": (Fixed(id="back", amount=150, when=(SinceOrder(at_least_days=60),)),), "member_times": 1,
                  "budget_points": 75_000},
    ),
    Template(
        "birthday", _("Birthday of the usual"),
        _("Around their birthday, three times as much for what they always buy."),
        "cake", ("M7", "C4"),
        {"rules": (Multiplier(id="usual", factor="3", when=(Birthday(days_before=3, days_after=3),
                                                            Repeat(times=3, within_days=365))),),
         "budget_points": 50_000},
    ),
    Template(
        "fourth-bag", _("Your fourth bag"), _("Who buys the same for the fourth time gets a thank-you."), "repeat",
        ("P22",), {"rules": (Fixed(id="fourth", amount=100, when=(Repeat(times=4, within_days=180),)),),
                   "member_times": 1, "budget_points": 50_000},
    ),
    Template(
        "sustainable", _("Sustainable week"), _("Twice as much on everything marked “sustainable”."), "leaf",
        ("C1", "P14"), {"rules": (_double(only=Filter(tags=(SUSTAINABLE,))),), "budget_points": 50_000},
    ),
    Template(
        "friend", _("Bring a friend"), _("Points for who refers a friend, and for the friend’s first purchase."),
        "users",
        ("C6", "P16"),
        {"rules": (Fixed(id="referrer", name="", amount=100, when=(Activity(kinds=("referral",)),)),
                   Fixed(id="friend", amount=50, when=(OrderNumber(number=1),))),
         "budget_points": 75_000},
    ),
    Template(
        "reviews", _("Review drive"), _("Points for reviews of what somebody bought in the last two months."), "star",
        ("C7", "M3"),
        {"rules": (Fixed(id="review", amount=30, when=(Activity(kinds=("review",)),
                                                       Following(within_days=60, same_product=True))),),
         "member_times": 5, "budget_points": 30_000},
    ),
    Template(
        "donations", _("We match your donation"), _("Whatever members give to a good cause, you give as much."),
        "hand-heart",
        ("C11", "P14"), {"match_percent": 100}, ("donation",),
    ),
    Template(
        "offer", _("An offer to activate"), _("Twice as much for two days, from the tap on the phone."), "smartphone",
        ("P13", "C9"), {"rules": (_double(),), "offer": 2, "budget_points": 50_000},
    ),
    Template(
        "early", _("Early access"), _("Some of your members get a reward before everybody else."), "key-round",
        ("P19",), {}, ("segment", "rewards"),
    ),
    Template(
        "partner", _("With a partner"), _("A bonus for who activates a joint offer with another business."),
        "handshake",
        ("C11", "P18"), {"rules": (Fixed(id="partner", amount=75),), "offer": 30, "member_times": 1,
                         "budget_points": 30_000}, ("partner",),
    ),
    Template(
        "opening", _("Launch day"), _("A welcome for everybody who joins in these days."), "party-popper",
        ("C10",), {"rules": (Fixed(id="welcome", amount=50, when=(Activity(kinds=("account_created",)),)),),
                   "budget_points": 50_000},
    ),
)  # fmt: skip
BY_KEY = {one.key: one for one in TEMPLATES}
