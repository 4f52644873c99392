"""The words of automations: what begins one, what it does, and when it ends, as the form shows it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules import automations as a
from loyalty.web.office.editor.parts import Part

_HOUR = Part("hour", _("At"), suffix=_("o’clock"))
_LIST = Part("segment", _("List"), pick="lists")

SHEETS: Mapping[Any, tuple[Part, ...]] = {
    a.Flow: (
        Part("starts", _("What begins it"), _("Any of these lets a member in.")),
        Part("only", _("Who it is for"), _("Nothing filled in: everybody."), folded=True),
        Part("steps", _("What happens"), _("One after the other, for each member on their own.")),
        Part("again", _("How often"), kind="radio"),
        Part("again_days", _("Days between two times"), suffix=_("days")),
        Part("exit_on", _("Leaves when this happens"), _("For example when they buy: then nothing more is done."),
             pick="events"),
        Part("exit_when", _("Leaves when they fit this"), _("Looked at before each step."), folded=True),
        Part("budget", _("Budget"), _("What it may give to all members together.")),
    ),
    a.Happens: (
        Part("kind", _("What happens"), pick="events"),
        Part("facts", _("Only if"), _("Figures of what happened, by their names in the API."), more=True),
    ),
    a.Fact: (
        Part("name", _("Figure"), _("Such as total_minor, to or kind.")),
        Part("test", _("How it is compared")),
        Part("value", _("With")),
    ),
    a.Enters: (Part("segment", _("Segment"), pick="all_segments"),),
    a.Leaves: (Part("segment", _("Segment"), pick="all_segments"),),
    a.OnDate: (
        Part("which", _("Which day")),
        Part("days", _("How many days"), _("0 is the day itself."), suffix=_("days")),
        Part("side", _("Before or after it")),
        _HOUR,
    ),
    a.OnSchedule: (
        Part("every", _("How often")),
        Part("weekday", _("Weekday"), _("For every week.")),
        Part("day", _("Day of the month"), _("For every month; the last day where a month is shorter.")),
        _HOUR,
    ),
    a.Wait: (Part("number", _("How long")), Part("unit", _("Counted in"))),
    a.WaitUntil: (Part("weekdays", _("Weekdays"), _("None ticked: any day.")), _HOUR),
    a.Check: (
        Part("test", _("Does the member fit this, at that moment?")),
        Part("yes", _("Who fits"), _("Without steps they go on below.")),
        Part("no", _("Who does not"), _("Without steps they go on below.")),
    ),
    a.Split: (
        Part("percent", _("Go the first way"), _("By chance, and each member always the same way."), suffix="%"),
        Part("first", _("First way")),
        Part("second", _("Second way")),
    ),
    a.Message: (
        Part("about", _("What it is about"), kind="radio"),
        Part("words", _("What it says"),
             _("In braces you can write: {first_name}, {shop}, {programme}, {balance}. Who reads a language that is not"
               " written gets the English text, or the first there is.")),
    ),
    a.Words: (Part("subject", _("Subject")), Part("body", _("Text"), kind="letter")),
    a.GivePoints: (
        Part("amount", _("How many"), suffix="points"),
        Part("reason", _("What for"), _("Members read it.")),
    ),
    a.GiveReward: (Part("reward", _("Reward"), pick="rewards"),),
    a.GiveOffer: (
        Part("offer", _("Offer"), pick="offers"),
        Part("active", _("Active at once; otherwise they activate it themselves")),
    ),
    a.AddTo: (_LIST,),
    a.TakeOff: (_LIST,),
    a.CallWebhook: (
        Part("endpoint", _("Webhook"), pick="endpoints"),
        Part("label", _("Name for the receiver"), _("Travels with it, so that your system knows what to do.")),
    ),
    a.Stop: (),
    a.Budget: (
        Part("points", _("At most in all"), suffix="points"),
        Part("points_a_day", _("At most on one day"), suffix="points"),
        Part("rewards", _("Rewards at most"), more=True),
    ),
}  # fmt: skip
TITLES: Mapping[Any, Any] = {
    a.Flow: _("Automation"),
    a.Happens: _("Something happens"),
    a.Fact: _("Figure"),
    a.Enters: _("Comes into a segment"),
    a.Leaves: _("Leaves a segment"),
    a.OnDate: _("A day of the member’s"),
    a.OnSchedule: _("Every day, week or month"),
    a.Message: _("Write to them"),
    a.Wait: _("Wait"),
    a.WaitUntil: _("Wait for a time of day"),
    a.Check: _("Ask whether they fit"),
    a.Split: _("Divide by chance"),
    a.GivePoints: _("Give points"),
    a.GiveReward: _("Give a reward"),
    a.GiveOffer: _("Give an offer"),
    a.AddTo: _("Put on a list"),
    a.TakeOff: _("Take off a list"),
    a.CallWebhook: _("Tell a webhook"),
    a.Stop: _("End here"),
}
CHOICES: Mapping[Any, Mapping[str, Any]] = {
    a.Again: {
        a.Again.ONCE: _("Once, ever"),
        a.Again.DAYS: _("Again after some days"),
        a.Again.OUTSIDE: _("Every time, but never twice at once"),
    },
    a.Test: {
        a.Test.IS: _("is"),
        a.Test.IS_NOT: _("is not"),
        a.Test.AT_LEAST: _("is at least"),
        a.Test.AT_MOST: _("is at most"),
    },
    a.Which: {
        a.Which.BIRTHDAY: _("Their birthday"),
        a.Which.JOINED: _("The day they joined, every year"),
        a.Which.LAST_ORDER: _("Their last purchase"),
        a.Which.POINTS_END: _("The day points of theirs end"),
        a.Which.TIER_ENDS: _("The day their tier ends"),
    },
    a.Side: {a.Side.BEFORE: _("before"), a.Side.AFTER: _("after")},
    a.Every: {
        a.Every.DAY: _("Every day"),
        a.Every.WEEK: _("Every week"),
        a.Every.MONTH: _("Every month"),
    },
    a.Unit: {a.Unit.MINUTES: _("minutes"), a.Unit.HOURS: _("hours"), a.Unit.DAYS: _("days")},
    a.About: {
        a.About.PROGRAMME: _("Their membership: goes to members who want news of their card"),
        a.About.NEWS: _("News and offers: goes to members who said yes to news"),
    },
}
