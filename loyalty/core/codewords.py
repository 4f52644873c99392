"""Codes that refusals and events carry, as people read them.

A program reads `status: "blocked"` in every language; a person reads "This member is blocked" in theirs. Apps use the
codes of their own models, and all of them stand here, because one sentence may come from any app. A code without an
entry is shown as it is.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

_STATUS: Mapping[str, Any] = {
    "active": pgettext_lazy("status", "active"),
    "approved": pgettext_lazy("status", "approved"),
    "attended": pgettext_lazy("status", "attended"),
    "blocked": pgettext_lazy("status", "blocked"),
    "booked": pgettext_lazy("status", "booked"),
    "cancelled": pgettext_lazy("status", "cancelled"),
    "collected": pgettext_lazy("status", "collected"),
    "committed": pgettext_lazy("status", "committed"),
    "done": pgettext_lazy("status", "done"),
    "erased": pgettext_lazy("status", "erased"),
    "held": pgettext_lazy("status", "held"),
    "joined": pgettext_lazy("status", "joined"),
    "merged": pgettext_lazy("status", "merged"),
    "missed": pgettext_lazy("status", "missed"),
    "open": pgettext_lazy("status", "open"),
    "passed": pgettext_lazy("status", "passed"),
    "prepared": pgettext_lazy("status", "prepared"),
    "qualified": pgettext_lazy("status", "qualified"),
    "recorded": pgettext_lazy("status", "recorded"),
    "refused": pgettext_lazy("status", "refused"),
    "released": pgettext_lazy("status", "released"),
    "reserved": pgettext_lazy("status", "reserved"),
    "reversed": pgettext_lazy("status", "reversed"),
    "rewarded": pgettext_lazy("status", "rewarded"),
    "sent": pgettext_lazy("status", "sent"),
    "served": pgettext_lazy("status", "served"),
    "undone": pgettext_lazy("status", "undone"),
    "waiting": pgettext_lazy("status", "waiting"),
}
_IDENTITY: Mapping[str, Any] = {
    "email": gettext_lazy("e-mail address"),
    "phone": gettext_lazy("phone number"),
    "external": gettext_lazy("customer number"),
    "card": pgettext_lazy("what a member is known by", "card"),
}
#: What was looked for and is not there.
_THINGS: Mapping[str, Any] = {
    "activity": gettext_lazy("activity"),
    "advice": pgettext_lazy("what was looked for", "advice"),
    "automation": gettext_lazy("automation"),
    "run": gettext_lazy("run"),
    "answer": pgettext_lazy("what was looked for", "answer"),
    "campaign": gettext_lazy("campaign"),
    "experiment": gettext_lazy("experiment"),
    "follow-up": pgettext_lazy("what was looked for", "follow-up"),
    "survey": gettext_lazy("survey"),
    "API key": gettext_lazy("API key"),
    "blueprint": gettext_lazy("blueprint"),
    "booking": gettext_lazy("booking"),
    "chart": pgettext_lazy("what was looked for", "chart"),
    "checklist": pgettext_lazy("what was looked for", "checklist"),
    "claim": gettext_lazy("claim"),
    "code": gettext_lazy("code"),
    "delivery": pgettext_lazy("what was looked for", "delivery"),
    "draft": gettext_lazy("draft"),
    "draw": pgettext_lazy("what was looked for", "draw"),
    "badge": gettext_lazy("badge"),
    "challenge": gettext_lazy("challenge"),
    "entry": pgettext_lazy("what was looked for", "entry"),
    "figure": gettext_lazy("figure"),
    "file": pgettext_lazy("what was looked for", "file"),
    "fulfilment": gettext_lazy("fulfilment"),
    "goal": pgettext_lazy("what was looked for", "goal"),
    "household": gettext_lazy("household"),
    "import": pgettext_lazy("what was looked for", "import"),
    "instant win": gettext_lazy("instant win"),
    "invitation": pgettext_lazy("what was looked for", "invitation"),
    "job": pgettext_lazy("what was looked for", "job"),
    "member": gettext_lazy("member"),
    "message": pgettext_lazy("what was looked for", "message"),
    "newsletter": pgettext_lazy("what was looked for", "newsletter"),
    "offer": gettext_lazy("offer"),
    "product": gettext_lazy("product"),
    "order": gettext_lazy("order"),
    "paid membership": gettext_lazy("paid membership"),
    "part": pgettext_lazy("what was looked for", "part"),
    "partners": pgettext_lazy("what was looked for", "partners"),
    "partnership": gettext_lazy("partnership"),
    "person": gettext_lazy("person"),
    "picture": pgettext_lazy("what was looked for", "picture"),
    "place": pgettext_lazy("what was looked for", "place"),
    "plans": pgettext_lazy("what was looked for", "plans"),
    "pool": pgettext_lazy("what was looked for", "pool"),
    "programme": gettext_lazy("programme"),
    "programme version": gettext_lazy("programme version"),
    "question": pgettext_lazy("what was looked for", "question"),
    "questions": pgettext_lazy("what was looked for", "questions"),
    "redemption": gettext_lazy("redemption"),
    "referral": gettext_lazy("referral"),
    "referrals": pgettext_lazy("what was looked for", "referrals"),
    "rehearsal": pgettext_lazy("what was looked for", "rehearsal"),
    "report": pgettext_lazy("what was looked for", "report"),
    "request": pgettext_lazy("what was looked for", "request"),
    "reward": pgettext_lazy("what was looked for", "reward"),
    "secret": pgettext_lazy("what was looked for", "secret"),
    "segment": gettext_lazy("segment"),
    "service": pgettext_lazy("what was looked for", "service"),
    "session": gettext_lazy("session"),
    "set-up": pgettext_lazy("what was looked for", "set-up"),
    "shop": gettext_lazy("shop"),
    "site": pgettext_lazy("what was looked for", "site"),
    "stage": pgettext_lazy("what was looked for", "stage"),
    "step": pgettext_lazy("what was looked for", "step"),
    "suppressed address": pgettext_lazy("what was looked for", "suppressed address"),
    "test shop": pgettext_lazy("what was looked for", "test shop"),
    "thing": gettext_lazy("thing"),
    "tiers": pgettext_lazy("what was looked for", "tiers"),
    "till": pgettext_lazy("what was looked for", "till"),
    "transfer": gettext_lazy("transfer"),
    "transfers": pgettext_lazy("what was looked for", "transfers"),
    "webhook endpoint": pgettext_lazy("what was looked for", "webhook endpoint"),
}
#: Which words belong to which place in a sentence.
PLACES: Mapping[str, Mapping[str, Any]] = {
    "status": _STATUS,
    "state": _STATUS,
    "was": _STATUS,
    "wanted": _STATUS,
    "kind": _IDENTITY,
    "what": _THINGS,
}


def in_words(place: str, value: Any) -> Any:
    """A value as it stands at `{place}` of a sentence: several codes with commas between are translated one by one."""
    known = PLACES.get(place)
    if known is None or not isinstance(value, str):
        return value
    return ", ".join(str(known.get(part, part)) for part in value.split(", "))
