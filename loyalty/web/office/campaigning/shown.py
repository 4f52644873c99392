"""A campaign in words and figures, as its pages show it."""

from collections.abc import Iterable
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Campaign
from campaigns.queries import rehearsals
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.reading import content_of, public_id
from campaigns.queries.campaigning.templates import BY_KEY
from campaigns.rules.braking import Pace
from campaigns.rules.campaigning import CampaignContent, added
from loyalty.core import formats, ids
from loyalty.core.pages import Here
from loyalty.web.office.frame import words
from loyalty.web.sentences import voice_of
from members.queries.belonging import segment_labels
from members.queries.rule_words import rule_sentence
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force
from members.rules.conditions.hours import WEEK
from members.rules.earning import Rule
from rewards.queries.telling import named_by_handle

State = Campaign.State
STATES = {
    State.DRAFT: (gettext_lazy("Draft"), ""),
    State.WAITING: (gettext_lazy("Waits for approval"), "warn"),
    State.PLANNED: (gettext_lazy("Planned"), "info"),
    State.RUNNING: (gettext_lazy("Running"), "good"),
    State.PAUSED: (gettext_lazy("Paused"), "warn"),
    State.ENDED: (gettext_lazy("Ended"), ""),
}
ENDS = {
    "over": gettext_lazy("Its time is over."),
    "by_hand": gettext_lazy("Somebody ended it before its time."),
    "budget": gettext_lazy("Its budget is spent: it gave all it was meant to."),
}


def url_of(here: Here, name: str, row: Campaign) -> str:
    """An address about one campaign."""
    return reverse(f"office:{name}", args=[here.merchant.slug, public_id(row)])


def who(content: CampaignContent) -> str:
    """For whom it is, in words."""
    names = []
    if content.segment:
        names.append(segment_labels().get(content.segment, content.segment))
    if content.tier:
        names.append(tier_name(ladder_in_force(), content.tier))
    return _("{first}, in the tier {second}").format(first=names[0], second=names[1]) if len(names) == 2 else (
        names[0] if names else _("Everybody")
    )  # fmt: skip


def when(content: CampaignContent) -> str:
    """On which days and at which hours within its time; "" for always."""
    parts = []
    if content.days:
        numbers = sorted(WEEK.index(day) for day in content.days)
        parts.append(formats.every([formats.weekday(number) for number in numbers]))
    if content.from_time != content.until_time:
        parts.append(
            _("{begin} to {end}").format(
                begin=formats.clock_time(time.fromisoformat(content.from_time)),
                end=formats.clock_time(time.fromisoformat(content.until_time)),
            )
        )
    return ", ".join(parts)


def says(rules: Iterable[Rule], here: Here, *, plain: bool = False) -> list[str]:
    """What rules give, sentence by sentence; `plain` as members read it."""
    voice = voice_of(here.merchant.currency, words(), plain=plain)
    return [rule_sentence(rule, voice) for rule in rules]


def gives(content: CampaignContent, here: Here) -> list[dict[str, str]]:
    """Everything a campaign does, line by line, with an icon."""
    found = [{"icon": "sparkles", "text": text} for text in says(content.rules, here)]
    if content.offer is not None:
        text = _("Counts for whoever activates the offer on their phone.")
        if content.offer.days:
            text = ngettext("Counts for {n} day, for whoever activates the offer on their phone.",
                            "Counts for {n} days, for whoever activates the offer on their phone.",
                            content.offer.days).format(n=content.offer.days)  # fmt: skip
        found.append({"icon": "smartphone", "text": text})
    names = named_by_handle(content.rewards)
    if content.rewards:
        listed = formats.every([names.get(handle, handle) for handle in content.rewards])
        text = _("Only for them: {rewards}.") if content.segment or content.tier else _("With {rewards}.")
        found.append({"icon": "gift", "text": text.format(rewards=listed)})
    if content.match_percent:
        text = _("You add {percent} to every donation.").format(percent=f"{content.match_percent} %")
        found.append({"icon": "hand-heart", "text": text})
    if content.words:
        found.append({"icon": "mail", "text": _("A message goes out when it starts.")})
    if content.partner:
        found.append(
            {"icon": "handshake", "text": _("Together with {partner}.").format(partner=content.partner)}
        )
    return found


def shown(row: Campaign, here: Here) -> dict[str, Any]:
    """A campaign as lists show it."""
    content = content_of(row)
    label, badge = STATES[State(row.state)]
    template = BY_KEY.get(row.kind)
    return {
        "row": row, "name": row.name, "url": url_of(here, "campaign", row), "state": label, "badge": badge,
        "who": who(content), "when": when(content), "icon": template.icon if template else "megaphone",
        "gives": gives(content, here)[:1],
    }  # fmt: skip


def banner(row: Campaign, here: Here, *, asked_by: str) -> dict[str, str] | None:
    """What to know about how it stands, before anything else; None when there is nothing."""
    points = lambda number: formats.points(number, words())  # noqa: E731 - only a shorter name
    match row.state, row.reason:
        case (State.WAITING, _any):
            text = _(
                "It may cost more than one person decides. {name} asked for it; somebody else has to say yes."
            )
            return {
                "kind": "warn",
                "icon": "shield-check",
                "text": text.format(name=asked_by or _("A colleague")),
            }
        case (State.PAUSED, "too_fast"):
            pace = Pace(*(int(row.figures.get(name, 0)) for name in ("spent", "expected", "planned")))
            text = _(
                "It stopped itself: {spent} went out where {expected} were planned by then. Look at who got them."
            )
            return {"kind": "bad", "icon": "octagon-pause",
                    "text": text.format(spent=points(pace.spent), expected=points(pace.expected))}  # fmt: skip
        case (State.PAUSED, "reward_taken"):
            text = _("It did not start: “{name}” is for the audience of another campaign.")
            return {
                "kind": "bad",
                "icon": "octagon-pause",
                "text": text.format(name=row.figures.get("reward", "")),
            }
        case (State.PAUSED, _any):
            return {
                "kind": "warn",
                "icon": "circle-pause",
                "text": _("It is paused and gives nothing until it goes on."),
            }
        case (State.DRAFT, "refused"):
            note = str(row.figures.get("note", ""))
            text = _("It was sent back: {note}").format(note=note) if note else _("It was sent back.")
            return {"kind": "warn", "icon": "undo-2", "text": text}
        case (State.ENDED, reason):
            return {"kind": "info", "icon": "flag", "text": str(ENDS.get(reason, ENDS["over"]))}
    return None


def foreseen(row: Campaign) -> dict[str, Any] | None:
    """The last time it was tried on the past; None when it never was."""
    last = rehearsals.of_version(row.pk).first()
    if last is None:
        return None
    state = rehearsals.states([last])[last.pk]
    found = None
    if last.finished_at is not None:
        found = figures.foreseen(row, rehearsals.figures_of(last), last.costs)
    return {
        "row": last, "state": state, "found": found, "id": ids.encode("rhs", last.pk),
        "is_old": last.asked_at < row.changed_at,
    }  # fmt: skip


def members_read(content: CampaignContent, here: Here) -> list[str]:
    """How members would read its rules, with its caps and its times."""
    made = added("cmp_preview", content, counts_from=None)
    return says(made.rules, here, plain=True)


def zone_of(here: Here) -> ZoneInfo:
    """The shop's zone."""
    return ZoneInfo(here.merchant.timezone)
