"""Automations to begin with: what most shops want first, with words that members can read as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from loyalty.core.programme.identity import LANGUAGES

BUYERS = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}
BUDGET = 10_000


@dataclass(frozen=True, slots=True)
class Start:
    """One to begin with: its name, what it is good for, and how it is written in a shop's language."""

    name: Any
    text: Any
    icon: str
    flow: Callable[[str], Mapping[str, Any]]


def _words(subject: Any, body: Any, language: str) -> dict[str, dict[str, str]]:
    """A message in the shop's language and in English."""
    found = {}
    for code in dict.fromkeys((language, "en")):
        if code in LANGUAGES:
            with translation.override(code):
                found[code] = {"subject": str(subject), "body": str(body)}
    return found


def _letter(subject: Any, body: Any, language: str, about: str = "programme") -> dict[str, Any]:
    return {"type": "message", "about": about, "words": _words(subject, body, language)}


def _points(amount: int, reason: Any, language: str) -> dict[str, Any]:
    with translation.override(language):
        return {"type": "points", "amount": amount, "reason": str(reason)}


def _wait(number: int, unit: str = "days") -> dict[str, Any]:
    return {"type": "wait", "number": number, "unit": unit}


_MORNING = {"type": "wait_until", "hour": 9}


def _welcome(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "event", "kind": "member.joined"}],
        "steps": [
            _wait(2),
            _MORNING,
            _letter(
                _("A good place to begin, {first_name}"),
                _("You have {balance} on your card. Come by, show it, and you collect with every purchase."),
                language,
            ),
            _wait(12),
            {"type": "check", "test": BUYERS, "yes": [], "no": [
                _points(50, _("To get you started"), language),
                _letter(
                    _("A little something to get you started"),
                    _("There is something new on your card: {balance} now. We look forward to seeing you."),
                    language,
                ),
            ]},
        ],
        "budget": {"points": BUDGET},
    }  # fmt: skip


def _win_back(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "date", "which": "last_order", "days": 60, "side": "after", "hour": 9}],
        "again": "days",
        "again_days": 180,
        "exit_on": ["order.recorded"],
        "steps": [
            _letter(
                _("We have missed you, {first_name}"),
                _("It has been a while. Your {balance} are still here, and so are we."),
                language,
                "news",
            ),
            _wait(14),
            _points(100, _("Good to have you back"), language),
            _letter(
                _("Something is waiting for you at {shop}"),
                _("We have put a little extra on your card: you have {balance} now. Come and use it."),
                language,
                "news",
            ),
        ],
        "budget": {"points": BUDGET, "points_a_day": 2_000},
    }


def _birthday(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "date", "which": "birthday", "hour": 8}],
        "again": "days",
        "again_days": 300,
        "steps": [
            _points(100, _("Happy birthday"), language),
            _letter(
                _("Happy birthday, {first_name}"),
                _("All the best from all of us at {shop}. Our present is on your card already."),
                language,
            ),
        ],
        "budget": {"points": BUDGET},
    }


def _ending(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "date", "which": "points_end", "days": 14, "side": "before", "hour": 9}],
        "again": "days",
        "again_days": 30,
        "exit_on": ["reward.redeemed"],
        "steps": [
            _letter(
                _("Some of what you collected ends soon"),
                _("You have {balance}, and a part of it ends in two weeks. There is time to enjoy it."),
                language,
            ),
            _wait(10),
            _letter(
                _("The last days to use it, {first_name}"),
                _("A part of your {balance} ends in a few days. Take something nice for it."),
                language,
            ),
        ],
    }


def _review(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "event", "kind": "order.recorded"}],
        "again": "days",
        "again_days": 90,
        "exit_on": ["order.refunded"],
        "steps": [
            _wait(7),
            _MORNING,
            _letter(
                _("How do you like it, {first_name}?"),
                _(
                    "You were with us last week. Tell us and others how it was: it helps us more than anything."
                ),
                language,
                "news",
            ),
        ],
    }


def _first_reward(language: str) -> Mapping[str, Any]:
    enough = {"match": "all", "of": [{"type": "points", "at_least": 100}, {"type": "redeemed", "at_most": 0}]}
    return {
        "starts": [{"type": "event", "kind": "points.earned"}],
        "only": enough,
        "exit_on": ["reward.redeemed"],
        "steps": [
            _wait(3),
            _MORNING,
            _letter(
                _("Your first reward is waiting"),
                _(
                    "You have {balance}: enough for a first treat. Choose it on your card and show it at the till."
                ),
                language,
            ),
        ],
    }


def _tier_at_risk(language: str) -> Mapping[str, Any]:
    return {
        "starts": [{"type": "date", "which": "tier_ends", "days": 30, "side": "before", "hour": 9}],
        "again": "days",
        "again_days": 90,
        "exit_on": ["tier.changed"],
        "steps": [
            _letter(
                _("Keep your level, {first_name}"),
                _(
                    "Your level ends in a month. Your card shows what is missing to keep it: often it is not much."
                ),
                language,
            ),
            _wait(20),
            _letter(
                _("Ten days left to keep your level"),
                _("A visit now can be enough. Your card shows how far you are."),
                language,
            ),
        ],
    }


STARTS: Mapping[str, Start] = {
    "welcome": Start(
        _("Welcome series"),
        _("Two days after joining, and a nudge for who has not bought by then."),
        "hand-heart",
        _welcome,
    ),
    "win-back": Start(
        _("Win back"),
        _("Sixty days without a purchase: first a word, then something extra."),
        "undo-2",
        _win_back,
    ),
    "birthday": Start(
        _("Birthday"), _("A present on the day, on the card and in the mail."), "cake", _birthday
    ),
    "ending": Start(
        _("Points about to end"),
        _("Two weeks before, and again in the last days."),
        "calendar-clock",
        _ending,
    ),
    "review": Start(
        _("Ask how it was"), _("A week after a purchase, at most once in three months."), "star", _review
    ),
    "first-reward": Start(
        _("The first reward"), _("For who has enough and never took one."), "gift", _first_reward
    ),
    "tier-at-risk": Start(
        _("A level about to end"), _("A month before, and again with ten days left."), "medal", _tier_at_risk
    ),
}
