"""The words of eligibility: every reason why a reward cannot be had, in a sentence."""

from collections.abc import Callable

from django.utils.translation import gettext

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


def _limit(missing: Missing, _voice: Voice) -> str:
    if missing.needed == 1:
        return gettext("Once for each member, and you have had it")
    return gettext("At most {limit} for each member, and you have had them").format(limit=missing.needed)


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
    "other_channel": lambda _missing, _voice: gettext("Offered elsewhere, not here"),
    "not_enough_points": _lacking,
}


def codes() -> frozenset[str]:
    """The codes that have words; a test holds the rules to them."""
    return frozenset(_TELLERS)
