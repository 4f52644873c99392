"""Automations in words: what begins one, what each step does, why somebody left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from campaigns.queries.automated import in_language
from campaigns.queries.segments import wording as segments
from campaigns.rules.automations import (
    AddTo,
    Again,
    AnyStart,
    AnyStep,
    CallWebhook,
    Check,
    Enters,
    Every,
    Flow,
    GiveOffer,
    GivePoints,
    GiveReward,
    Happens,
    Leaves,
    Message,
    OnDate,
    OnSchedule,
    Side,
    Split,
    TakeOff,
    Unit,
    Wait,
    WaitUntil,
    Which,
)
from campaigns.rules.segments import Conditions
from loyalty.core import formats, ids
from loyalty.core.programme import queries as programmes
from loyalty.core.webhooks import queries as webhooks
from members.queries.belonging import segment_labels
from members.queries.why import Voice
from members.rules.conditions.hours import WEEK
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

HAPPENINGS: Mapping[str, Any] = {
    "member.joined": later("A member joined"),
    "member.verified": later("A member proved an address or a number"),
    "member.claimed": later("A member signed in for the first time"),
    "member.answered": later("A member answered a question"),
    "order.recorded": later("An order was recorded"),
    "order.refunded": later("A part of an order came back"),
    "activity.recorded": later("An activity was recorded"),
    "points.earned": later("Points were earned"),
    "points.activated": later("Points became ready to use"),
    "points.expired": later("Points ended"),
    "reward.redeemed": later("A reward was redeemed"),
    "reward.issued": later("A reward was handed out"),
    "offer.activated": later("A member activated an offer"),
    "card.filled": later("A stamp card was filled"),
    "badge.earned": later("A member earned a badge"),
    "tier.changed": later("A member’s tier changed"),
    "referral.joined": later("A friend joined by a member’s code"),
    "referral.rewarded": later("A referral was rewarded"),
    "membership.started": later("A paid membership was started"),
    "membership.cancelled": later("A paid membership was cancelled"),
    "membership.ended": later("A paid membership ended"),
    "preferences.changed": later("A member changed what they want to hear"),
}
"""What most automations wait for, as people choose it. Over the API anything that happens to members can be named."""

REASONS: Mapping[str, Any] = {
    "ended": later("The automation was ended"),
    "exit_when": later("They fitted what ends it"),
    "no_member": later("No active member any more"),
    "merged": later("Two members became one"),
    "erased": later("The member was erased"),
    "fault": later("It could not go on; the server’s log says why"),
}
WHYS: Mapping[str, Any] = {
    "budget": later("the budget is spent"),
    "none_left": later("nothing is left of the reward, or it is not offered any more"),
    "webhook_off": later("the webhook is switched off"),
    "offer_not_ready": later("the offer cannot be activated by them now"),
    "not_found": later("what it names is not there any more"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the shop calls the things that automations name, and the voice they are told in."""

    voice: Voice
    labels: Mapping[str, Mapping[str, str]]
    segments: Mapping[str, str]
    rewards: Mapping[str, str]
    offers: Mapping[str, str]
    endpoints: Mapping[str, str]


def names_of_scope(voice: Voice) -> Names:
    """The names in the shop acted for."""
    current = programmes.in_force()
    language = (get_language() or "en").partition("-")[0]
    offers = current.programme["offers"].offers if current else ()
    return Names(
        voice=voice,
        labels=segments.labels_of_scope(),
        segments=segment_labels(),
        rewards={row.handle: named(row) for row in rewards()[:500]},
        offers={one.id: one.named(language) for one in offers},
        endpoints={ids.encode("whe", row.pk): row.description or row.url for row in webhooks.endpoints()},
    )


def happening(kind: str) -> str:
    """What a kind of event is called."""
    return str(HAPPENINGS.get(kind, kind))


def reason(code: str) -> str:
    """Why a member left early; an event's own words where that was it."""
    return str(REASONS.get(code) or happening(code))


def why_skipped(code: str) -> str:
    """Why a step did nothing."""
    return str(WHYS.get(code, code))


def start_says(start: AnyStart, names: Names) -> str:
    """What begins it, as a sentence without its full stop."""
    match start:
        case Happens():
            said = happening(start.kind)
            facts = [f"{fact.name} {fact.test.value.replace('_', ' ')} {fact.value}" for fact in start.facts]
            return f"{said} ({', '.join(facts)})" if facts else said
        case Enters():
            return _("A member comes into “{name}”").format(name=_called(names.segments, start.segment))
        case Leaves():
            return _("A member leaves “{name}”").format(name=_called(names.segments, start.segment))
        case OnDate():
            return f"{_date(start)}, {formats.clock_time(_hour(start.hour))}"
        case OnSchedule():
            return f"{_schedule(start)}, {formats.clock_time(_hour(start.hour))}"


def _hour(hour: int) -> time:
    return time(hour)


_DATES: Mapping[Which, Any] = {
    Which.BIRTHDAY: later("a member’s birthday"),
    Which.JOINED: later("the day a member joined, every year"),
    Which.LAST_ORDER: later("a member’s last purchase"),
    Which.POINTS_END: later("the day points of a member’s end"),
    Which.TIER_ENDS: later("the day a member’s tier ends"),
}


def _date(start: OnDate) -> str:
    day = str(_DATES[start.which])
    if start.days == 0:
        return _("On {day}").format(day=day)
    text = (
        ngettext("{n} day before {day}", "{n} days before {day}", start.days)
        if start.side is Side.BEFORE
        else ngettext("{n} day after {day}", "{n} days after {day}", start.days)
    )
    return text.format(n=start.days, day=day)


def _schedule(start: OnSchedule) -> str:
    if start.every is Every.DAY:
        return _("Every day")
    if start.every is Every.WEEK:
        return _("Every week on {day}").format(day=formats.weekday(WEEK.index(start.weekday)))
    return _("Every month on day {n}").format(n=start.day)


def step_says(step: AnyStep, names: Names) -> str:
    """What a step does, as a sentence without its full stop."""
    match step:
        case Wait() | WaitUntil():
            return _wait(step)
        case Check():
            return _("Do they fit: {conditions}?").format(conditions=conditions_say(step.test, names))
        case Split():
            return _("By chance {percent} per cent go the first way").format(percent=step.percent)
        case Message():
            language = (get_language() or "en").partition("-")[0]
            subject = in_language(step, language).get("subject", "")
            return _("Write to them: “{subject}”").format(subject=subject)
        case GivePoints():
            return _("Give {points}: {reason}").format(
                points=names.voice.points(step.amount), reason=step.reason
            )
        case GiveReward():
            return _("Give the reward “{name}”").format(name=_called(names.rewards, step.reward))
        case GiveOffer():
            name = _called(names.offers, step.offer)
            text = (
                _("Activate the offer “{name}” for them")
                if step.active
                else _("Let them have the offer “{name}”")
            )
            return text.format(name=name)
        case AddTo():
            return _("Put them on the list “{name}”").format(name=_called(names.segments, step.segment))
        case TakeOff():
            return _("Take them off the list “{name}”").format(name=_called(names.segments, step.segment))
        case CallWebhook():
            return _("Tell the webhook {name}").format(name=_called(names.endpoints, step.endpoint))
    return _("It ends here")


def _wait(step: Wait | WaitUntil) -> str:
    if isinstance(step, WaitUntil):
        hour = formats.clock_time(_hour(step.hour))
        if not step.weekdays:
            return _("Wait until {hour}").format(hour=hour)
        days = formats.either([formats.weekday(WEEK.index(day)) for day in step.weekdays])
        return _("Wait until {days}, {hour}").format(days=days, hour=hour)
    text = {
        Unit.MINUTES: ngettext("Wait {n} minute", "Wait {n} minutes", step.number),
        Unit.HOURS: ngettext("Wait {n} hour", "Wait {n} hours", step.number),
        Unit.DAYS: ngettext("Wait {n} day", "Wait {n} days", step.number),
    }[step.unit]
    return text.format(n=formats.number(step.number))


def conditions_say(conditions: Conditions, names: Names) -> str:
    """Conditions as a part of a sentence."""
    said = segments.sentence(conditions, names.voice, names.labels)
    return said[:1].lower() + said[1:]


def again_says(flow: Flow) -> str:
    """How often a member goes through."""
    if flow.again is Again.DAYS:
        text = ngettext(
            "Each member at most once in {n} day.", "Each member at most once in {n} days.", flow.again_days
        )
        return text.format(n=flow.again_days)
    if flow.again is Again.ONCE:
        return _("Each member once, ever.")
    return _("Each member every time, but never twice at once.")


def exits_say(flow: Flow, names: Names) -> list[str]:
    """What makes a member leave early, in sentences."""
    found = [
        _("Leaves early: {what}.").format(what=happening(kind)[:1].lower() + happening(kind)[1:])
        for kind in flow.exit_on
    ]
    if flow.exit_when.of:
        text = _("Leaves before a step when they fit: {conditions}.")
        found.append(text.format(conditions=conditions_say(flow.exit_when, names)))
    return found


def _called(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key)
