"""The pages of the programme: which section each is about, which lists it has, and which terms stand beside them."""

from dataclasses import dataclass
from typing import Any, get_args

from django.utils.translation import gettext_lazy as _

from loyalty.core.programme.identity import Identity
from members.rules import moderation, offers, plans, questions, referrals, sharing, side_units, tiers
from members.rules.conversion import Conversion
from members.rules.earning import Budget, Earning, Group, Rule
from members.rules.points_life import PointsLife


@dataclass(frozen=True, slots=True)
class Many:
    """A list whose items have pages of their own. `key` is the field that names an item for good."""

    name: str
    structs: tuple[Any, ...]
    title: Any
    add: Any
    icon: str
    empty: Any
    example: Any
    key: str = "id"


@dataclass(frozen=True, slots=True)
class Terms:
    """Single fields of a section that have one form. `only` names them where the section also has lists."""

    name: str
    section: str
    struct: Any
    title: Any
    icon: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A tab of the programme. The lists belong to `section`."""

    name: str
    section: str
    label: Any
    note: Any
    lists: tuple[Many, ...] = ()
    terms: tuple[Terms, ...] = ()

    def many(self, name: str) -> Many | None:
        """A list of the area by its name."""
        return next((one for one in self.lists if one.name == name), None)

    def single(self, name: str) -> Terms | None:
        """Terms of the area by their name."""
        return next((one for one in self.terms if one.name == name), None)


AREAS: tuple[Area, ...] = (
    Area(
        "earning", "earning", _("Earning"), _("What members do, and what they get for it."),
        (
            Many("rules", get_args(Rule), _("Rules"), _("Add a rule"), "circle-plus",
                 _("A rule says what earns: a purchase, a review, a birthday. Begin with points for money spent."),
                 _("1 point for every 10 spent")),
            Many("groups", (Group,), _("Groups"), _("Add a group"), "group",
                 _("Rules add up unless they are in a group of which only one counts."),
                 _("Weekend and gold bonus: only the one that gives most")),
            Many("budgets", (Budget,), _("Budgets"), _("Add a budget"), "wallet",
                 _("A budget ends what rules give to all members together, so that a campaign cannot cost more than you"
                   " planned."), _("At most 50,000 points for the summer bonus")),
        ),
        (Terms("counts", "earning", Earning, _("What counts"), "receipt-text", ("earns", "on_points")),),
    ),
    Area(
        "life", "points_life", _("Points"), _("When they can be spent, when they end, what they become."), (),
        (
            Terms("terms", "points_life", PointsLife, _("From earning to the end"), "hourglass"),
            Terms("conversion", "conversion", Conversion, _("What points become by themselves"), "repeat"),
        ),
    ),
    Area(
        "tiers", "tiers", _("Tiers"), _("Steps that members climb, and what each brings."),
        (Many("ladder", (tiers.Tier,), _("The ladder"), _("Add a tier"), "medal",
              _("Tiers give members something to climb to. Two or three are enough to begin with."),
              _("Silver from 2,000 in a year, gold from 5,000")),),
        (Terms("terms", "tiers", tiers.Tiers, _("How tiers are reached and kept"), "route",
               ("by", "kinds", "window", "months", "valid", "valid_months", "grace_days", "landing", "on_refund",
                "perks_add_up")),),
    ),
    Area(
        "stamps", "side_units", _("Stamps"), _("Stamp cards, status credits and cash-back."),
        (
            Many("cards", (side_units.StampCard,), _("Stamp cards"), _("Add a stamp card"), "stamp",
                 _("A card fills with stamps, and a full one gives a reward at once. A rule gives the stamps."),
                 _("Ten coffees, the next one free")),
            Many("units", (side_units.Unit,), _("Units"), _("Describe a unit"), "coins",
                 _("Stamps, status credits and cash-back live for ever unless you say how long."),
                 _("Stamps end after a year without a visit")),
        ),
    ),
    Area(
        "referrals", "referrals", _("Friends"), _("Members who bring friends, and what both get for it."), (),
        (Terms("terms", "referrals", referrals.Referrals, _("Inviting friends"), "users"),),
    ),
    Area(
        "sharing", "sharing", _("Sharing"), _("Points given to each other, and households with one balance."), (),
        (Terms("terms", "sharing", sharing.Sharing, _("Sharing"), "arrow-left-right"),),
    ),
    Area(
        "offers", "offers", _("Offers"), _("What members activate themselves, ready on the phone."),
        (Many("offers", (offers.Offer,), _("Offers"), _("Add an offer"), "ticket-percent",
              _("A member activates an offer, and rules and rewards that are for it count for them from then on."),
              _("Double points this week, for whoever taps it")),),
    ),
    Area(
        "plans", "membership_plans", _("Plans"), _("A fee that buys perks."),
        (Many("plans", (plans.Plan,), _("Plans"), _("Add a plan"), "id-card",
              _("Members pay each month or year, and have perks for as long as they do."),
              _("Free shipping and double points for 299 a year")),),
        (Terms("terms", "membership_plans", plans.MembershipPlans, _("Refunds and new prices"), "hand-coins",
               ("on_refund", "notice_days")),),
    ),
    Area(
        "activities", "activities", _("Activities"), _("What has to be proved or looked at before it counts."),
        (Many("kinds", (moderation.Moderated,), _("What is looked at"), _("Add an activity"), "shield-check",
              _("What is not listed counts at once. List what could be made up: reviews, photos, shares."),
              _("A share needs a link, a photo is looked at"), key="kind"),),
        (Terms("terms", "activities", moderation.Activities, _("Birthdays"), "cake", ("birthday_grace_days",)),),
    ),
    Area(
        "questions", "questions", _("Questions"), _("What you would like to know of members, and they may tell."),
        (Many("questions", (questions.Question,), _("Questions"), _("Add a question"), "message-circle-question-mark",
              _("Members answer if they like. Each answer is a segment, so rules, offers and rewards can be for it."),
              _("Which roast do you like? Light, medium, dark")),),
    ),
    Area(
        "words", "identity", _("Words"), _("What the programme and its points are called, in each language."),
        (), (Terms("terms", "identity", Identity, _("Name and words"), "languages"),),
    ),
)  # fmt: skip
BY_NAME = {area.name: area for area in AREAS}
