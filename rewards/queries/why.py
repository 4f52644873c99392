"""The words of eligibility: every reason why a reward cannot be had, in a sentence."""

from collections.abc import Callable

from django.utils.translation import gettext

from loyalty.core import formats
from members.queries.why import Voice
from rewards.rules.eligibility import Missing


def sentence(missing: Missing, voice: Voice) -> str:
    """One reason in the active language, with the merchant's word for points."""
    tell = _TELLERS.get(missing.code)
    return tell(missing, voice) if tell else gettext("Not possible: {code}.").format(code=missing.code)


def _lacking(missing: Missing, voice: Voice) -> str:
    lacking = voice.points((missing.needed or 0) - (missing.have or 0))
    return gettext("{lacking} to go: you have {have} of {needed}").format(
        lacking=lacking, have=voice.number(missing.have or 0), needed=voice.number(missing.needed or 0)
    )


_TIMES: dict[str, Callable[[], str]] = {
    "day": lambda: gettext("At most {limit} a day; again from {when}"),
    "week": lambda: gettext("At most {limit} a week; again from {when}"),
    "month": lambda: gettext("At most {limit} a month; again from {when}"),
    "year": lambda: gettext("At most {limit} a year; again from {when}"),
}


def _limit(missing: Missing, voice: Voice) -> str:
    if missing.period in _TIMES and missing.when is not None:
        return _TIMES[missing.period]().format(limit=missing.needed, when=voice.day(missing.when))
    if missing.needed == 1:
        return gettext("Once for each member, and you have had it")
    return gettext("At most {limit} for each member, and you have had them").format(limit=missing.needed)


def _tier(missing: Missing, _voice: Voice) -> str:
    return gettext("For the tier {tiers}").format(
        tiers=formats.either([name.title() for name in missing.any_of])
    )


def _too_short(missing: Missing, voice: Voice) -> str:
    text = gettext("For those who have been members for {days} days: from {when}")
    return text.format(days=missing.needed, when=voice.day(missing.when) if missing.when else "")


def _birthday(missing: Missing, voice: Voice) -> str:
    if missing.when is None:
        return gettext("Around your birthday")
    return gettext("Around your birthday: from {when}").format(when=voice.day(missing.when))


_TELLERS: dict[str, Callable[[Missing, Voice], str]] = {
    "retired": lambda _missing, _voice: gettext("No longer offered"),
    "gift_only": lambda _missing, _voice: gettext("A gift: it cannot be taken for points"),
    "member_not_active": lambda _missing, _voice: gettext("This membership is paused"),
    "over": lambda missing, voice: gettext("Was offered until {when}").format(
        when=voice.instant(missing.when) if missing.when else ""
    ),
    "not_yet": lambda missing, voice: gettext("Offered from {when}").format(
        when=voice.instant(missing.when) if missing.when else ""
    ),
    "out_of_stock": lambda _missing, _voice: gettext("All taken"),
    "limit_reached": _limit,
    "other_tier": _tier,
    "not_in_segment": lambda _missing, _voice: gettext("For chosen members"),
    "in_excluded_segment": lambda _missing, _voice: gettext("Not for this membership"),
    "member_too_short": _too_short,
    "not_birthday": _birthday,
    "no_birthday": lambda _missing, _voice: gettext("Tell us your birthday to have it"),
    "needs_place": lambda _missing, _voice: gettext("Choose a date and book a place"),
    "needs_order": lambda _missing, _voice: gettext("Used when you pay for an order"),
    "order_too_small": lambda _missing, _voice: gettext("The order is too small for it"),
    "other_channel": lambda _missing, _voice: gettext("Offered elsewhere, not here"),
    "not_enough_points": _lacking,
}


def codes() -> frozenset[str]:
    """The codes that have words; a test holds the rules to them."""
    return frozenset(_TELLERS)
