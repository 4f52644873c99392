"""The words of tiers: what a ladder asks and gives, why somebody's tier changed, and what is missing to the next one.

For staff and, more plainly, for the member themselves; in the active language, with figures written its way.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext, ngettext

from loyalty.core import formats
from members.queries.why import Voice
from members.rules.tiers import (
    Basis,
    By,
    Goal,
    Landing,
    OnRefund,
    Perk,
    PerkKind,
    Projection,
    Standing,
    Tier,
    Tiers,
    Valid,
    WindowKind,
    worded,
)
from members.rules.units import CREDITS


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


def tier_name(tiers: Tiers, tier: str) -> str:
    """A tier's name in the active language; its id where it has none or is no longer in the ladder."""
    found = tiers.tier(tier)
    return worded(found.name, _language(), found.id) if found else tier


def perk_name(perk: Perk) -> str:
    """A perk's own name, or what its kind is called."""
    return worded(perk.name, _language()) or _KINDS[perk.kind](perk)


_KINDS: Mapping[PerkKind, Callable[[Perk], str]] = {
    PerkKind.FREE_SHIPPING: lambda perk: gettext("Free shipping"),
    PerkKind.EARLY_ACCESS: lambda perk: ngettext(
        "Access {n} hour before everybody else", "Access {n} hours before everybody else", perk.hours or 0
    ).format(n=formats.number(perk.hours)),
    PerkKind.DEDICATED_SUPPORT: lambda perk: gettext("Support of your own"),
    PerkKind.PERSONALISATION: lambda perk: gettext("Personalisation"),
    PerkKind.RETURNS_WITHOUT_RECEIPT: lambda perk: gettext("Returns without a receipt"),
    PerkKind.CONCIERGE: lambda perk: gettext("Concierge"),
    PerkKind.MEMBER_PRICE: lambda perk: gettext("{n} % off").format(n=formats.number(perk.percent)),
    PerkKind.CUSTOM: lambda perk: perk.id,
}


def quantity(by: By, amount: int, voice: Voice) -> str:
    """So much of what qualifies: "SEK 320", "40 points", "3 purchases"."""
    match by:
        case By.SPEND:
            return voice.money(amount)
        case By.POINTS:
            return voice.points(amount)
        case By.CREDITS:
            return voice.units(amount, CREDITS)
        case By.ORDERS:
            text = ngettext("{n} purchase", "{n} purchases", amount)
        case By.ACTIVITIES:
            text = ngettext("{n} activity", "{n} activities", amount)
        case By.REFERRALS:
            text = ngettext("{n} friend who has bought", "{n} friends who have bought", amount)
    return text.format(n=voice.number(amount))


# --- the ladder --------------------------------------------------------------------------------------------------


def tier_sentence(tiers: Tiers, tier: Tier, voice: Voice) -> str:
    """What a tier takes: "Gold: from SEK 2,000 in a calendar year, kept with SEK 1,500"."""
    name = tier_name(tiers, tier.id)
    if tier.at_least == 0:
        return gettext("{tier}: everybody who joins").format(tier=name)
    values = {
        "tier": name, "amount": quantity(tiers.by, tier.at_least, voice), "window": _window(tiers),
        "keeps": quantity(tiers.by, tier.keeps_at, voice),
    }  # fmt: skip
    if tier.keeps_at != tier.at_least:
        return gettext("{tier}: from {amount} {window}, kept with {keeps}").format(**values)
    return gettext("{tier}: from {amount} {window}").format(**values)


def _window(tiers: Tiers) -> str:
    match tiers.window:
        case WindowKind.CALENDAR_YEAR:
            return gettext("in a calendar year")
        case WindowKind.ANNIVERSARY_YEAR:
            return gettext("in a year of membership")
        case WindowKind.ROLLING:
            text = ngettext("within {n} month", "within {n} months", tiers.months)
            return text.format(n=formats.number(tiers.months))
        case WindowKind.LIFETIME:
            return gettext("in all")


def terms_sentences(tiers: Tiers) -> list[str]:
    """How long a tier lasts, what happens afterwards, what a refund does."""
    found = [_valid(tiers)]
    if tiers.valid is Valid.FOREVER:
        return found
    if tiers.grace_days:
        text = ngettext(
            "Who has not kept it by then has {n} day of grace.",
            "Who has not kept it by then has {n} days of grace.",
            tiers.grace_days,
        )
        found.append(text.format(n=formats.number(tiers.grace_days)))
    if tiers.landing is Landing.ONE_STEP:
        found.append(gettext("Nobody falls more than one tier at a time."))
    if tiers.on_refund is OnRefund.REVIEW:
        found.append(gettext("A tier that was reached with what is returned is gone with it."))
    return found


def _valid(tiers: Tiers) -> str:
    yearly = tiers.window is WindowKind.CALENDAR_YEAR
    match tiers.valid:
        case Valid.FOREVER:
            return gettext("A tier is for good.")
        case Valid.MONTHS:
            text = ngettext("A tier lasts {n} month.", "A tier lasts {n} months.", tiers.valid_months)
            return text.format(n=formats.number(tiers.valid_months))
        case Valid.PERIOD_END if yearly:
            return gettext("A tier lasts until the end of the year it is reached in.")
        case Valid.PERIOD_END:
            return gettext("A tier lasts until the end of the year of membership it is reached in.")
        case _ if yearly:
            return gettext("A tier lasts until the end of the year after the one it is reached in.")
        case _:
            return gettext(
                "A tier lasts until the end of the year of membership after the one it is reached in."
            )


# --- why a tier changed ------------------------------------------------------------------------------------------


def change_sentence(
    reason: str, from_tier: str, to_tier: str, values: Mapping[str, Any], *, tiers: Tiers, voice: Voice
) -> str:
    """One change of a member's tier as a sentence. A reason this version does not know is shown as it is."""
    tell = _TOLD.get((reason, bool(to_tier)))
    words = {"from": tier_name(tiers, from_tier), "to": tier_name(tiers, to_tier)}
    if tell is not None:
        try:
            return tell().format(**words, **_figures(values, voice))
        except (KeyError, ValueError, TypeError):  # kept by a version that recorded other values
            pass
    return gettext("From {from} to {to}: {reason}.").format(
        **{name: word or gettext("no tier") for name, word in words.items()}, reason=reason
    )


def _figures(values: Mapping[str, Any], voice: Voice) -> dict[str, str]:
    found = {}
    if "by" in values:
        by = By(values["by"])
        for name in ("amount", "needs", "needed"):
            if name in values:
                found[name] = quantity(by, values[name], voice)
    if values.get("until"):
        found["until"] = _last_day(datetime.fromisoformat(values["until"]), voice)
    elif "until" in values:
        found["until"] = gettext("for good")
    return found


def _last_day(end: datetime, voice: Voice) -> str:
    """The last day of what ends at midnight."""
    return voice.day(formats.last_moment(end))


_TOLD: Mapping[tuple[str, bool], Callable[[], str]] = {
    ("joined", True): lambda: gettext("{to} from the start."),
    ("reached", True): lambda: gettext("{to} was reached: {amount} of the {needs} it takes."),
    ("kept", True): lambda: gettext("{to} is kept: {amount} of the {needs} it takes."),
    ("not_kept", True): lambda: gettext(
        "The time of {from} was over: {amount} of the {needed} that keep it. It is {to} now."
    ),
    ("not_kept", False): lambda: gettext(
        "The time of {from} was over: {amount} of the {needed} that keep it."
    ),
    ("landed", True): lambda: gettext(
        "The time of {from} was over: {amount} of the {needed} that keep it. One step down: {to}."
    ),
    ("refunded", True): lambda: gettext(
        "After a refund {amount} is left of the {needed} that {from} takes. It is {to} now."
    ),
    ("refunded", False): lambda: gettext(
        "After a refund {amount} is left of the {needed} that {from} takes."
    ),
    ("ladder_changed", True): lambda: gettext("The tiers are other ones: {amount} is {to}."),
    ("ladder_changed", False): lambda: gettext("The tiers are other ones: {amount} reaches none."),
    ("tier_removed", True): lambda: gettext("{from} is no longer a tier. It is {to} now."),
    ("tier_removed", False): lambda: gettext("{from} is no longer a tier."),
    ("given", True): lambda: gettext("{to} was given by the shop, until {until}."),
    ("given_over", True): lambda: gettext("The time for which {from} was given is over. It is {to} now."),
    ("given_over", False): lambda: gettext("The time for which {from} was given is over."),
    ("given_ended", True): lambda: gettext(
        "The shop has taken back {from}, which it had given. It is {to} now."
    ),
    ("given_ended", False): lambda: gettext("The shop has taken back {from}, which it had given."),
    ("merged", True): lambda: gettext("{to} comes from the other membership."),
    ("merged", False): lambda: gettext("{from} went to the other membership."),
    ("erased", False): lambda: gettext("The member was erased."),
}


def reasons() -> frozenset[str]:
    """Every reason that has words; a test holds the rules to them."""
    return frozenset(reason for reason, _to in _TOLD)


# --- what is missing ---------------------------------------------------------------------------------------------


def projection_sentences(
    tiers: Tiers, found: Projection, now: Standing | None, *, at: datetime, voice: Voice
) -> list[str]:
    """Where a member is and what it takes to go up and to stay: "SEK 320 more by 31 Dec 2026 for Gold"."""
    said = []
    if now is not None and tiers.tier(now.tier):
        said.append(_holds(tiers, now, at, voice))
    if found.keep is not None:
        said.append(_keeps(tiers, found.keep, voice))
    elif found.starts_anew:
        said.append(gettext("What is counted after that decides anew."))
    if found.next is not None:
        said.append(_goes_up(tiers, found.next, voice))
    return said


def _holds(tiers: Tiers, now: Standing, at: datetime, voice: Voice) -> str:
    name, end = tier_name(tiers, now.tier), now.valid_until
    if now.basis is Basis.BY_HAND and end is not None:
        text = (
            gettext("{tier} is a gift of the shop until {day}.")
            if voice.plain
            else gettext("{tier} was given by hand, until {day}.")
        )
        return text.format(tier=name, day=_last_day(end, voice))
    if end is None:
        return gettext("{tier} is for good.").format(tier=name)
    if end <= at and now.review_at is not None:
        text = gettext("{tier} has ended on {day}; its grace lasts until {grace}.")
        return text.format(tier=name, day=_last_day(end, voice), grace=_last_day(now.review_at, voice))
    text = gettext("You are {tier} until {day}.") if voice.plain else gettext("{tier} until {day}.")
    return text.format(tier=name, day=_last_day(end, voice))


def _keeps(tiers: Tiers, goal: Goal, voice: Voice) -> str:
    name = tier_name(tiers, goal.tier)
    if not goal.missing:
        return gettext("{tier} will be kept by what is there already.").format(tier=name)
    text = gettext("{missing} more by {day} to keep {tier}.")
    missing = quantity(tiers.by, goal.missing, voice)
    return text.format(missing=missing, day=_last_day(goal.before, voice) if goal.before else "", tier=name)


def _goes_up(tiers: Tiers, goal: Goal, voice: Voice) -> str:
    values = {"missing": quantity(tiers.by, goal.missing, voice), "tier": tier_name(tiers, goal.tier)}
    if goal.before is not None:
        day = _last_day(goal.before, voice)
        return gettext("{missing} more by {day} for {tier}.").format(**values, day=day)
    if tiers.window is WindowKind.ROLLING:
        text = ngettext(
            "{missing} more for {tier}; the last month counts.",
            "{missing} more for {tier}; the last {n} months count.",
            tiers.months,
        )
        return text.format(**values, n=formats.number(tiers.months))
    return gettext("{missing} more for {tier}.").format(**values)
