"""Challenges in words, for staff and for members: what counts, how far somebody is, and what there is to win."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Badge, Challenge
from campaigns.queries.games.challenges import badges
from campaigns.queries.games.progress import Standing
from campaigns.rules.draws import MILLION
from campaigns.rules.games import Counted, Measure, Milestone, Pace, Step, Task, Terms
from loyalty.core import formats
from members.models import EarnedBadge
from members.queries import rule_words
from members.queries.activities import activities_of_ids
from members.queries.orders import orders_of_ids
from members.queries.sayings import purchase
from members.queries.why import Voice
from members.rules.conditions.activities import kind_words
from rewards.queries.telling import named_by_handle

THINGS = 3
"""Things of a purchase that are named before "and more"."""
ICONS = {
    Measure.PURCHASES: "shopping-bag", Measure.AMOUNT: "banknote", Measure.PRODUCTS: "shapes",
    Measure.CATEGORIES: "layout-grid", Measure.ACTIVITIES: "sparkles", Measure.STREAK: "flame",
    Measure.SCORE: "trophy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What rewards and badges are called, by handle, with the drawings of badges."""

    rewards: Mapping[str, str]
    badges: Mapping[str, Badge]

    def badge(self, handle: str) -> str:
        """A badge's name; its handle where the shop has made none of it."""
        return self.badges[handle].name if handle in self.badges else handle

    def drawing(self, handle: str) -> str:
        """What is on it."""
        return self.badges[handle].drawing if handle in self.badges else "award"


def names_for(terms: Collection[Terms] = ()) -> Names:
    """The names that some challenges' milestones need; two queries."""
    handles = {one.reward for each in terms for one in each.milestones if one.reward}
    return Names(named_by_handle(handles), {row.handle: row for row in badges()})


def amount_of(terms: Terms, number: int, voice: Voice) -> str:
    """So many of what a challenge counts: "3 purchases", "4 weeks in a row"."""
    match terms.measure:
        case Measure.AMOUNT:
            return voice.money(number)
        case Measure.PURCHASES:
            text = ngettext("{n} purchase", "{n} purchases", number)
        case Measure.PRODUCTS:
            text = ngettext("{n} different article", "{n} different articles", number)
        case Measure.CATEGORIES:
            text = ngettext("{n} different kind of goods", "{n} different kinds of goods", number)
        case Measure.STREAK if terms.step is Step.WEEK:
            text = ngettext("{n} week in a row", "{n} weeks in a row", number)
        case Measure.STREAK:
            text = ngettext("{n} month in a row", "{n} months in a row", number)
        case Measure.SCORE:
            text = ngettext("{n} contest point", "{n} contest points", number)
        case _:
            text = ngettext("{n} time", "{n} times", number)
    return text.format(n=formats.number(number))


def gives(one: Milestone, names: Names, voice: Voice) -> str:
    """What a milestone gives: "50 points, the reward “Cup” and the badge “Taster”"."""
    parts = [voice.points(one.points)] if one.points else []
    if one.reward:
        parts.append(_("the reward “{name}”").format(name=names.rewards.get(one.reward, one.reward)))
    if one.badge:
        parts.append(_("the badge “{name}”").format(name=names.badge(one.badge)))
    if one.draw:
        text = ngettext("{n} chance in the prize draw", "{n} chances in the prize draw", one.entries)
        parts.append(text.format(n=formats.number(one.entries)))
    return formats.every(parts)


def rules_of(terms: Terms, voice: Voice) -> list[str]:
    """What counts, sentence by sentence, as members read it."""
    found = [_task(task, voice) for task in terms.tasks] or [_what(terms, voice)]
    if terms.counts_purchases and terms.at_least_minor:
        text = _("A purchase counts from {amount} on.")
        found.append(text.format(amount=voice.money(terms.at_least_minor)))
    for names, text in (
        (terms.only.categories, _("Only {names} count.")),
        (terms.only.brands, _("Only the brands {names} count.")),
        (terms.only.skus, _("Only the articles {names} count.")),
        (terms.only.tags, "" if voice.plain else _("Only what is tagged {names} counts.")),
    ):
        if names and text:
            found.append(text.format(names=formats.every(names)))
    if terms.grace:
        found.append(_grace(terms))
    again = {
        Pace.WEEK: _("It begins anew each week."), Pace.MONTH: _("It begins anew each month."),
        Pace.YEAR: _("It begins anew each year."),
    }  # fmt: skip
    return found + ([again[terms.per]] if terms.per in again else [])


def _what(terms: Terms, voice: Voice) -> str:
    kinds = formats.every([rule_words.say(kind_words(kind), voice) for kind in terms.activities])
    match terms.measure:
        case Measure.AMOUNT:
            return _("What you pay for purchases adds up.")
        case Measure.PRODUCTS:
            return _("Each article counts once, however often you buy it.")
        case Measure.CATEGORIES:
            return _("Each kind of goods counts once, however often you buy it.")
        case Measure.ACTIVITIES:
            return _("It counts {what}.").format(what=kinds)
        case Measure.STREAK if terms.activities:
            weekly = _("Once a week keeps it going: {what}.")
            return (weekly if terms.step is Step.WEEK else _("Once a month keeps it going: {what}.")).format(
                what=kinds
            )
        case Measure.STREAK if terms.step is Step.WEEK:
            return _("One purchase a week keeps it going.")
        case Measure.STREAK:
            return _("One purchase a month keeps it going.")
        case _:
            return _("Each purchase counts.")


def _task(task: Task, voice: Voice) -> str:
    what = rule_words.say(kind_words(task.activity), voice) if task.activity else _("for a purchase")
    text = ngettext("{n} contest point {what}", "{n} contest points {what}", task.gives)
    said = text.format(n=formats.number(task.gives), what=what)
    if task.at_most is None:
        return said
    often = ngettext("{task}, once", "{task}, at most {n} times", task.at_most)
    return often.format(task=said, n=formats.number(task.at_most))


def _grace(terms: Terms) -> str:
    if terms.step is Step.WEEK:
        text = ngettext(
            "You may miss {n} week, and it goes on.",
            "You may miss {n} weeks at a time, and it goes on.",
            terms.grace,
        )
    else:
        text = ngettext(
            "You may miss {n} month, and it goes on.", "You may miss {n} months at a time, and it goes on.",
            terms.grace,
        )  # fmt: skip
    return text.format(n=formats.number(terms.grace))


def steps_of(one: Standing, names: Names, voice: Voice) -> list[dict[str, Any]]:
    """The milestones with what they give, and which are reached."""
    return [
        {
            "asks": amount_of(one.terms, milestone.needed, voice),
            "gives": gives(milestone, names, voice),
            "done": milestone.needed in one.given or one.progress.best >= milestone.needed,
        }
        for milestone in one.terms.milestones
    ]


def shown(one: Standing, names: Names, voice: Voice) -> dict[str, Any]:
    """How a member stands in a challenge, as pages show it."""
    ahead, value = one.next, one.progress.value
    goal = ahead.needed if ahead else one.terms.goal
    return {
        "row": one.challenge,
        "icon": ICONS[one.terms.measure],
        "steps": steps_of(one, names, voice),
        "rules": rules_of(one.terms, voice),
        "value": min(value, goal),
        "max": goal,
        "text": _("{have} of {needs}").format(
            have=voice.money(value) if one.terms.measure is Measure.AMOUNT else formats.number(value),
            needs=amount_of(one.terms, goal, voice),
        ),
        "note": _next(one, names, voice),
        "done": ahead is None,
        "until": formats.last_moment(one.challenge.ends_at) if one.challenge.ends_at else None,
    }


def _next(one: Standing, names: Names, voice: Voice) -> str:
    if one.next is None:
        return _("You have reached everything there is. Well done!")
    left = amount_of(one.terms, one.next.needed - one.progress.value, voice)
    return _("{left} more for {prize}.").format(left=left, prize=gives(one.next, names, voice))


def counted_of(items: Collection[Counted[UUID]], terms: Terms, voice: Voice) -> list[dict[str, Any]]:
    """What counted, last first, each with what it was and what it added."""
    bought = {one.order.pk: one for one in orders_of_ids([one.id for one in items if one.of_order])}
    done = {row.pk: row for row in activities_of_ids([one.id for one in items if not one.of_order])}
    found = []
    for one in reversed(list(items)):
        title, detail = "", ", ".join(one.new)
        if one.of_order and one.id in bought:
            title = purchase(bought[one.id].order, voice)
            things = [line.name for line in bought[one.id].lines if line.name][:THINGS]
            detail = detail if terms.measure is Measure.CATEGORIES and detail else ", ".join(things) or detail
        elif one.id in done:
            words = rule_words.say(kind_words(done[one.id].kind), voice)
            title = words[:1].upper() + words[1:]
        added = "" if terms.measure is Measure.STREAK else f"+{amount_of(terms, one.added, voice)}"
        found.append({"title": title, "detail": detail, "at": one.at, "added": added})
    return found


def odds(in_a_million: int) -> str:
    """How likely something is, as people say it: "1 in 20"."""
    if in_a_million <= 0:
        return _("none left")
    if in_a_million >= MILLION:
        return _("every ticket wins")
    one_in = MILLION / in_a_million
    shown_as = formats.number(round(one_in)) if one_in >= 10 or one_in.is_integer() else f"{one_in:.1f}"
    return _("1 in {n}").format(n=shown_as)


def why_earned(row: EarnedBadge, challenges: Mapping[UUID, Challenge], voice: Voice) -> str:
    """What a badge was earned for."""
    if row.source_kind == "challenge" and row.source in challenges:
        return _("Challenge “{name}”").format(name=challenges[row.source].name)
    if row.source_kind == "order":
        found = orders_of_ids([row.source])
        return purchase(found[0].order, voice) if found else _("A purchase")
    if row.source_kind == "activity":
        done = activities_of_ids([row.source])
        words = rule_words.say(kind_words(done[0].kind), voice) if done else _("Something you did")
        return words[:1].upper() + words[1:]
    return _("From the shop")


def ends(instant: datetime | None) -> datetime | None:
    """The last moment of something, to be told by its day."""
    return formats.last_moment(instant) if instant else None
