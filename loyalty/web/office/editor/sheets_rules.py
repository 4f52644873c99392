"""The words of the earning rules: what they give, what they look at, what must hold, how far they go."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.web.office.editor.parts import Part
from members.rules import conditions as c
from members.rules import earning as e

_NAME = Part("name", _("Name"), _("Stands before what it gives, so that members know what it is for."))
_UNIT = Part("unit", _("What it gives"), pick="units")
_AMOUNT = Part("amount", _("How many"))

ONLY = Part(
    "only",
    _("Which purchases"),
    _("Nothing filled in: all of them. What is filled in must all fit."),
    folded=True,
)
WHEN = Part("when", _("Conditions"), _("All of them must hold."))
_LIMITS = Part("limits", _("At most"), _("Nothing filled in: without an end."), folded=True)
_REST = (
    Part("window", _("From when until when"), _("Nothing filled in: always."), folded=True),
    Part("group", _("Group"), _("Rules of one group need not add up."), pick="groups", more=True),
    Part("priority", _("Priority"), _("The higher goes first, where only one counts and where a budget runs out."),
         kind="count", more=True),
    Part("off", _("Switched off: it gives nothing for now"), more=True),
)  # fmt: skip


def _rule(*own: Part) -> tuple[Part, ...]:
    return (*own, ONLY, WHEN, _LIMITS, *_REST)


_FROM_TO_DAYS = (
    Part("at_least_days", _("At least"), suffix=_("days")),
    Part("at_most_days", _("At most"), suffix=_("days")),
)
_AROUND = (
    Part("days_before", _("Days before"), kind="count", suffix=_("days")),
    Part("days_after", _("Days after"), kind="count", suffix=_("days")),
)

SHEETS: Mapping[Any, tuple[Part, ...]] = {
    e.PointsPerAmount: _rule(
        Part("points", _("Give")),
        Part("per_minor", _("For every")),
        _UNIT,
        Part("rounding", _("Part amounts")),
        Part("at_least_minor", _("Smallest purchase that earns"), kind="amount"),
        Part("name", _("Name"), _("For you and your colleagues.")),
    ),
    e.Multiplier: _rule(
        _NAME,
        Part("factor", _("Times as many"), _("2 is double. It multiplies what money spent gives, nothing else."),
             kind="exact"),
        _UNIT,
        Part("rounding", _("Part amounts"), more=True),
    ),
    e.Fixed: _rule(_NAME, _AMOUNT, _UNIT, Part("for_each", _("Given"), kind="radio")),
    e.Threshold: _rule(
        _NAME,
        Part("steps", _("Steps"), _("Each begins above the one before it.")),
        _UNIT,
        Part("each", _("All steps reached count together, not only the highest")),
    ),
    e.Step: (Part("at_least_minor", _("From")), Part("amount", _("How many"))),
    e.GiveReward: _rule(
        Part("reward", _("Reward"), pick="rewards"),
        Part("quantity", _("How many")),
        _NAME,
    ),
    e.GiveBadge: _rule(
        _NAME, Part("badge", _("Badge"), _("A short name that stays, such as early-bird. Members read the name above."))
    ),
    e.GiveEntries: _rule(
        _NAME,
        Part("draw", _("Draw"), _("A short name that stays, such as summer-draw.")),
        Part("entries", _("Chances")),
    ),
    e.PlaceInSegment: _rule(
        Part("segment", _("Segment"), _("A short name that stays, such as regulars. Members are not told.")), _NAME
    ),
    e.Filter: (
        Part("categories", _("Categories"), suggests="categories"),
        Part("brands", _("Brands"), suggests="brands"),
        Part("skus", _("Article numbers")),
        Part("tags", _("Labels"), _("Such as sustainable or own-brand, as your shop system marks things."),
             suggests="tags"),
        Part("channels", _("Channels"), _("Such as web, pos or app.")),
        Part("locations", _("Locations"), pick="locations"),
        Part("payment_methods", _("Paid with"), _("As your till or shop calls it, such as card or swish.")),
        Part("quantity_at_least", _("At least so many of the same"), kind="count"),
        Part("not_categories", _("Not these categories"), more=True, suggests="categories"),
        Part("not_brands", _("Not these brands"), more=True, suggests="brands"),
        Part("not_skus", _("Not these article numbers"), more=True),
        Part("not_tags", _("Not these labels"), more=True, suggests="tags"),
    ),
    e.Window: (Part("from", _("Starts")), Part("until", _("Ends"))),
    e.Limits: (
        Part("per_order", _("For one purchase")),
        Part("per", _("For one member"), _("In a day, a week, a month, a year or in all.")),
        Part("budget", _("For all together"), pick="budgets"),
    ),
    e.PeriodLimit: (
        Part("period", _("In what time")),
        Part("times", _("How often")),
        Part("units", _("How many in all")),
    ),
    e.Group: (
        Part("name", _("Name"), _("For you and your colleagues.")),
        Part("mode", _("How its rules combine"), kind="radio"),
    ),
    e.Budget: (
        Part("name", _("Name"), _("For you and your colleagues.")),
        Part("unit", _("What is counted"), pick="counted"),
        Part("units", _("How many may go out in all")),
        Part("money_minor", _("How much money it may cost in all")),
        Part("unit_cost_minor", _("What one costs you"), _("Asked for when the budget is of money."), kind="fine",
             suffix="currency"),
    ),
    e.Earning: (
        Part("rules", _("Rules")),
        Part("earns", _("What earns"), _("Which parts of a purchase count.")),
        Part("on_points", _("What is paid with points earns, too")),
        Part("groups", _("Groups")),
        Part("budgets", _("Budgets")),
    ),
    # --- conditions ---
    c.OrderAmount: (
        Part("at_least_minor", _("At least")), Part("at_most_minor", _("At most")), Part("of", _("Of what"), more=True)
    ),
    c.Quantity: (
        Part("at_least", _("At least")), Part("at_most", _("At most")),
        Part("of", _("Only of these things"), more=True),
    ),
    c.OrderNumber: (
        Part("number", _("The purchase with this number"), _("1 is the first.")),
        Part("every", _("Or each time so many are full"), _("10: the tenth, the twentieth and so on.")),
        Part("per", _("Counted")),
    ),
    c.SinceOrder: _FROM_TO_DAYS,
    c.Repeat: (
        Part("times", _("For at least the so-manieth time")),
        Part("within_days", _("Within"), suffix=_("days")),
    ),
    c.Hours: (
        Part("days", _("Days of the week"), _("None ticked: every day.")),
        Part("from", _("From"), kind="time"),
        Part("until", _("Until"), _("Two equal times are the whole day."), kind="time"),
    ),
    c.MembershipAge: _FROM_TO_DAYS,
    c.Birthday: _AROUND,
    c.Anniversary: _AROUND,
    c.InTier: (Part("any_of", _("In one of these tiers"), pick="tiers"),),
    c.InSegment: (
        Part("any_of", _("In one of these segments"), pick="segments"),
        Part("none_of", _("In none of these"), pick="segments"),
    ),
    c.Activity: (
        Part("kinds", _("Activities"), _("Such as review, photo, survey, social_follow, or any word of your own.")),
        Part("where", _("With these properties"), more=True),
    ),
    c.Property: (
        Part("name", _("Property"), _("Such as stars.")),
        Part("any_of", _("One of these values")),
        Part("at_least", _("Or at least")),
        Part("at_most", _("Or at most")),
    ),
    c.Following: (
        Part("after", _("After"), _("“purchase”, or a kind of activity such as review.")),
        Part("within_days", _("Within"), suffix=_("days")),
        Part("same_product", _("Of the same product")),
    ),
    c.CoolDown: (
        Part("minutes", _("Again after"), suffix=_("minutes")),
        Part("rule", _("After which rule gave"), pick="rules", more=True),
    ),
}  # fmt: skip

TITLES: Mapping[Any, Any] = {
    e.PointsPerAmount: _("Points for money spent"),
    e.Multiplier: _("More points for a while"),
    e.Fixed: _("A fixed bonus"),
    e.Threshold: _("A bonus from an amount on"),
    e.GiveReward: _("A reward as a gift"),
    e.GiveBadge: _("A badge"),
    e.GiveEntries: _("Chances in a draw"),
    e.PlaceInSegment: _("A place in a segment"),
    e.Step: _("Step"),
    e.Group: _("Group"),
    e.Budget: _("Budget"),
    e.PeriodLimit: _("In a time"),
    c.OrderAmount: _("Amount of the purchase"),
    c.Quantity: _("Number of things"),
    c.OrderNumber: _("Which purchase of theirs it is"),
    c.SinceOrder: _("Time since their last purchase"),
    c.Repeat: _("Bought the same again"),
    c.Hours: _("Days and hours"),
    c.MembershipAge: _("How long they have been a member"),
    c.Birthday: _("Around their birthday"),
    c.Anniversary: _("Around the day they joined"),
    c.InTier: _("Their tier"),
    c.InSegment: _("Their segment"),
    c.Activity: _("Something they do besides buying"),
    c.Following: _("After something else"),
    c.CoolDown: _("Not too often"),
    c.Property: _("Property"),
}

DESCRIPTIONS: Mapping[Any, Any] = {
    e.PointsPerAmount: _("1 point for every 10 spent. What most programmes begin with."),
    e.Multiplier: _("Double points at the weekend, for gold members, on coffee."),
    e.Fixed: _("50 points for a review, a stamp for each coffee, 100 for joining."),
    e.Threshold: _("100 points from 500 on, 300 from 1,000 on."),
    e.GiveReward: _("The tenth coffee, or a cake on the birthday, without points."),
    e.GiveBadge: _("Something to collect and to be proud of."),
    e.GiveEntries: _("A purchase is a ticket in the summer draw."),
    e.PlaceInSegment: _("Marks members, so that other rules, offers and rewards can be for them."),
}
"""What each kind of rule is good for, by an example."""
