"""The words of everything else a programme holds: life, tiers, stamps, friends, sharing, offers, plans, activities."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.core.programme.identity import Identity, PointsName
from loyalty.web.office.editor.parts import Part
from members.rules import moderation, offers, perks, plans, questions, referrals, sharing, side_units, tiers
from members.rules.conversion import Conversion
from members.rules.points_life import PointsLife

_WORDS = Part("name", _("Name"), kind="words")
_TEXT = Part("text", _("Description"), kind="long_words")
_SEGMENTS = Part("segments", _("Only for these segments"), pick="segments", more=True)
_YEARLY = ("rolling", "month_end", "fixed_date")
_CONVERTS = ("every", "month", "quarter", "half_year", "year")

SHEETS: Mapping[Any, tuple[Part, ...]] = {
    Identity: (
        Part("name", _("Name of the programme"), kind="words"),
        Part("tagline", _("One sentence about it"), kind="words"),
        Part("points", _("Your word for points")),
    ),
    PointsName: (Part("one", _("One"), _("star")), Part("other", _("Many"), _("stars"))),
    PointsLife: (
        Part("hold_days", _("Days to wait"), _("So many days pass before new points can be spent."), kind="count",
             suffix=_("days")),
        Part("hold_until", _("Not before this day"), more=True),
        Part("hold_event", _("What they wait for"), _("For example order.shipped."), more=True),
        Part("expiry", _("Unused points expire")),
        Part("months", _("Months"), suffix=_("months"), only=("expiry", *_YEARLY)),
        Part("day", _("Day of the year"), _("Month and day, such as 12-31."), kind="day",
             only=("expiry", "fixed_date")),
        Part("days", _("Days without activity"), suffix=_("days"), only=("expiry", "sliding")),
        Part("grace_days", _("Days that points given back live"),
             _("Points of a reward that is undone after their time was over come back for so long."), suffix=_("days"),
             more=True),
        Part("on_shortfall", _("A refund, when its points are already spent")),
    ),
    Conversion: (
        Part("every", _("When")),
        Part("points", _("Each full"), suffix="points", only=_CONVERTS),
        Part("at_least", _("Who has fewer keeps them"), kind="count", suffix="points", only=_CONVERTS),
        Part("reward", _("Become this reward"), pick="rewards", only=_CONVERTS),
        Part("cashback_minor", _("Or this much cash-back"), kind="amount", only=_CONVERTS),
    ),
    # --- tiers ---
    tiers.Tiers: (
        Part("by", _("What counts")),
        Part("kinds", _("Which activities"), _("Such as review or photo."), only=("by", "activities")),
        Part("window", _("In what time")),
        Part("months", _("How many months"), suffix=_("months"), only=("window", "rolling")),
        Part("valid", _("How long a tier is theirs")),
        Part("valid_months", _("For how many months"), suffix=_("months"), only=("valid", "months")),
        Part("grace_days", _("Days of grace after that"), kind="count", suffix=_("days")),
        Part("landing", _("Who has not kept it goes"), kind="radio"),
        Part("on_refund", _("When money goes back"), kind="radio"),
        Part("perks_add_up", _("Higher tiers have the perks of the lower ones, too")),
        Part("ladder", _("Tiers")),
    ),
    tiers.Tier: (
        _WORDS,
        Part("at_least", _("Reached with"), _("0: everybody has it who joins."), kind="quantity"),
        Part("keep_at_least", _("Kept with"), _("Empty: as much as reaching it takes."), kind="quantity"),
        Part("perks", _("Perks"), _("What it brings besides points.")),
    ),
    perks.Perk: (
        Part("kind", _("What it is")),
        _WORDS,
        Part("hours", _("Hours before everybody else"), suffix=_("hours"), only=("kind", "early_access")),
        Part("percent", _("Per cent off"), suffix="%", only=("kind", "member_price")),
        Part("service", _("Members ask for it, and somebody carries it out"), only=("kind", "custom")),
        Part("limit", _("How often it can be asked for"), _("Empty: as often as they like."),
             only=("kind", "dedicated_support", "personalisation", "returns_without_receipt", "concierge", "custom")),
        Part("text", _("Description"), kind="long_words", more=True),
    ),
    perks.Limit: (Part("times", _("How often")), Part("per", _("For each"), kind="choice", pick="limit_per")),
    # --- stamps and other units ---
    side_units.SideUnits: (Part("units", _("Units")), Part("cards", _("Stamp cards"))),
    side_units.Unit: (
        Part("id", _("Unit"), _("stamps, credits or cashback, or a part of one, such as stamps-coffee.")),

        Part("life", _("How long what is earned of it lives")),
    ),
    side_units.StampCard: (
        _WORDS,
        Part("needed", _("Stamps on a full card")),
        Part("reward", _("A full card gives"), pick="rewards"),
        Part("quantity", _("How many"), more=True),
        Part("unit", _("Stamps"), _("“stamps”, or stamps of their own, such as stamps-coffee."), more=True),
    ),
    # --- friends ---
    referrals.Referrals: (
        Part("on", _("Members can invite friends")),
        Part("friend", _("What the friend gets")),
        Part("referrer", _("What the member gets who invited them")),
        Part("purchase", _("Which purchase of the friend counts")),
        Part("per", _("At most so many friends for one member")),
        Part("again", _("A friend whose purchase came back can still count by a later one"), more=True),
        Part("commission", _("A part of what friends spend"), _("For members who bring many: affiliates, ambassadors."),
             more=True),
        Part("guard", _("What staff look at first"), more=True),
    ),
    referrals.Side: (
        Part("units", _("Points and other units")),
        Part("reward", _("Reward"), pick="rewards"),
        Part("quantity", _("How many of it"), more=True),
    ),
    referrals.Gift: (
        Part("amount", _("How many")),
        Part("unit", _("What it gives"), pick="units"),
    ),
    referrals.Purchase: (
        Part("at_least_minor", _("Of at least"), kind="amount"),
        Part("first_order", _("Only their very first one")),
        Part("within_days", _("Within so many days after joining"), _("Empty: whenever."), kind="count",
             suffix=_("days")),
        Part("wait_days", _("Days for returns before anybody is rewarded"), kind="count", suffix=_("days")),
    ),
    referrals.Cap: (Part("period", _("In what time")), Part("most", _("At most"))),
    referrals.Commission: (
        Part("basis_points", _("Per cent of what friends spend"), _("Empty: nothing."), kind="share", suffix="%"),
        Part("unit", _("Given as")),
        Part("minor_per_point", _("One point stands for"), only=("unit", "points")),
        Part("on", _("For"), kind="radio"),
        Part("months", _("For how many months after joining"), suffix=_("months"), only=("on", "every")),
        Part("per", _("At most for one member")),
    ),
    referrals.Guard: (
        Part("joins_per_day", _("More friends in a day than"), _("A member who brings more is looked at first.")),
        Part("chain_days", _("People who bring each other within"), _("0: it does not matter."), suffix=_("days")),
    ),
    # --- sharing ---
    sharing.Sharing: (
        Part("transfers", _("Giving points to another member")),
        Part("household", _("Households with one balance")),
    ),
    sharing.Transfers: (
        Part("on", _("Members can give points to each other")),
        Part("minimum", _("At least at once"), suffix="points"),
        Part("maximum", _("At most at once"), suffix="points"),
        Part("maximum_per_period", _("At most in a time"), suffix="points"),
        Part("period", _("In what time")),
    ),
    sharing.Household: (
        Part("on", _("Members can share one balance")),
        Part("largest", _("At most so many members")),
    ),
    # --- offers, plans, activities ---
    offers.Offers: (Part("offers", _("Offers")),),
    offers.Offer: (
        _WORDS,
        _TEXT,
        Part("reward", _("Hand out this reward when it is activated"), pick="rewards"),
        Part("window", _("When it can be activated")),
        Part("days", _("How long it is active"), _("Empty: to the end of its time."), suffix=_("days")),
        Part("tiers", _("Only for these tiers"), pick="tiers"),
        _SEGMENTS,
        Part("again_after_days", _("Can be activated again after"), _("Empty: once only."), suffix=_("days"),
             more=True),
    ),
    questions.Questions: (Part("questions", _("Questions")),),
    questions.Question: (
        Part("name", _("The question"), kind="words"),
        Part("text", _("Why you ask"), kind="long_words"),
        Part("answers", _("How many answers"), kind="radio"),
        Part("options", _("Answers to choose from")),
    ),
    questions.Option: (Part("name", _("Answer"), kind="words"),),
    plans.MembershipPlans: (
        Part("plans", _("Plans")),
        Part("on_refund", _("What a member gets back"), kind="radio"),
        Part("notice_days", _("Days of notice before a new price"), suffix=_("days")),
    ),
    plans.Plan: (
        _WORDS,
        Part("price_minor", _("Price")),
        Part("period", _("Paid")),
        Part("trial_days", _("Days to try it first"), kind="count", suffix=_("days")),
        Part("grace_days", _("Days of grace when a payment is missing"), suffix=_("days")),
        Part("perks", _("Perks"), _("What it brings besides points.")),
        Part("segment", _("Segment"), _("Who has it is in this segment. Empty: plan- and its short name."), more=True),
    ),
    moderation.Activities: (
        Part("kinds", _("Activities that are looked at")),
        Part("birthday_grace_days", _("Days after a birthday on which it still counts"), suffix=_("days")),
    ),
    moderation.Moderated: (
        Part("kind", _("Activity"), _("Such as review, photo or social_share.")),
        Part("needs", _("What it needs"), kind="radio"),
        Part("proof_required", _("Without a link or a text it is refused")),
    ),
}  # fmt: skip

TITLES: Mapping[Any, Any] = {
    tiers.Tier: _("Tier"),
    perks.Perk: _("Perk"),
    perks.Limit: _("Limit"),
    side_units.Unit: _("Unit"),
    side_units.StampCard: _("Stamp card"),
    referrals.Gift: _("Gift"),
    referrals.Cap: _("Limit"),
    offers.Offer: _("Offer"),
    plans.Plan: _("Plan"),
    moderation.Moderated: _("Activity"),
    questions.Question: _("Question"),
    questions.Option: _("Answer"),
}
