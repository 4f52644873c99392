"""Every address the server answers, found by walking Django's resolver; nothing is listed by hand.

What is written here by hand is only how to fill an address: which kind of thing each parameter names. A
parameter that is not known fails the sweep, so a new address cannot slip past it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

KINDS = {
    "slug": "slug", "shop": "slug", "merchant": "slug", "merchant_slug": "slug",
    "member": "member", "member_id": "member",
    "order": "order", "order_id": "order",
    "external_id": "order_external", "order_external_id": "order_external",
    "refund": "refund", "refund_id": "refund",
    "reward": "reward", "reward_id": "reward", "product_id": "product",
    "redemption": "redemption", "redemption_id": "redemption",
    "transfer": "transfer", "transfer_id": "transfer", "entry_id": "transfer",
    "lot": "lot", "lot_id": "lot",
    "session_id": "session", "booking_id": "booking",
    "key_id": "key",
    "staff": "staff", "staff_id": "staff", "invitation_id": "invitation", "place_id": "place",
    "job_id": "job", "import_id": "import", "till_id": "till", "action_id": "till_action",
    "voucher": "voucher", "code": "voucher", "voucher_id": "voucher",
    "endpoint_id": "endpoint", "delivery_id": "delivery",
    "site_id": "site", "message_id": "message", "suppression_id": "suppression", "newsletter_id": "newsletter",
    "serial_number": "wallet_pass", "segment_id": "segment", "rehearsal_id": "rehearsal", "draw_id": "draw",
    "experiment_id": "experiment",
    "goal_id": "goal", "advice_id": "advice",
    "survey_id": "survey", "follow_up_id": "follow_up",
    "automation_id": "automation", "run_id": "automation_run",
    "challenge_id": "challenge", "game_id": "instant_win", "badge_id": "badge",
    "campaign_id": "campaign",
}  # fmt: skip
"""Parameters that name something of a merchant's, by what they name."""

FOLDERS = {
    "members": "member", "orders": "order", "activities": "activity", "refunds": "refund", "rewards": "reward", "lots": "lot",
    "sessions": "session", "bookings": "booking", "fulfilments": "fulfilment",
    "redemptions": "redemption", "claims": "claim", "vouchers": "voucher", "entries": "transfer", "staff": "staff",
    "keys": "key", "api-keys": "key", "transfers": "points_transfer", "households": "household",
    "approvals": "request", "memberships": "paid_membership", "referrals": "referral", "partnerships": "partnership",
    "webhook-endpoints": "endpoint", "webhook-deliveries": "delivery", "jobs": "job",
    "segments": "segment", "experiments": "experiment", "goals": "goal",
    "surveys": "survey", "survey-follow-ups": "follow_up",
    "automations": "automation", "automation-runs": "automation_run",
    "challenges": "challenge", "draws": "draw", "instant-wins": "instant_win", "badges": "badge",
    "campaigns": "campaign",
}  # fmt: skip
"""What a plain `id` names, by the word before it."""

FREE = {
    "pass_type": "pass.com.example.loyalty", "device": "a-phone",
    "message_kind": "welcome", "rule": "leaving",
    "area": "earning", "part": "rules", "item": "base", "move": "copy",
    "partner": "nobody", "offer": "happy-hour", "offer_id": "happy-hour", "question": "roast", "number": "1", "version": "1", "name": "orders", "key": "x", "figure": "orders", "digest": "0" * 16, "size": "small", "shape": "square", "token": "x", "kind": "external", "value": "nobody",
    "path": "css/base.css", "url": "x", "uidb36": "1", "app_label": "members", "content_type_id": "1",
    "object_id": "1", "version_id": "1", "format": "json", "event_id": "1", "form_key": "0" * 32, "invitation": "AAAAAAAA",
}  # fmt: skip
"""Parameters that name nothing of a merchant's, with a value to try."""

_HOLE = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """One address. `template` has its parameters as `<name>`."""

    template: str
    view: Any

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters, in order."""
        return _HOLE.findall(self.template)

    def kind(self, name: str) -> str | None:
        """What a parameter names: a kind of a merchant's things, "" for nothing of a merchant's, None for
        unknown."""
        if name in KINDS:
            return KINDS[name]
        if name in {"id", "pk"}:
            before = self.template.partition(f"/<{name}>")[0].rpartition("/")[2]
            return FOLDERS.get(before)
        return "" if name in FREE else None

    @property
    def kinds(self) -> set[str]:
        """The kinds of a merchant's things the address names."""
        return {kind for name in self.parameters if (kind := self.kind(name))}

    @property
    def unknown(self) -> list[str]:
        """Parameters nobody has said how to fill."""
        return [name for name in self.parameters if self.kind(name) is None]

    @property
    def is_api(self) -> bool:
        """True below `/api/`."""
        return self.template.startswith("/api/v")

    @property
    def is_front(self) -> bool:
        """True for a page of a shop's portal or widget that names nothing but the shop, or what it offers to everybody: a
        reward, a date of an event, a prize draw with its proof, a survey, a challenge, an instant win.

        Anybody may knock there, sign in or join. What a visitor may read there is swept all the same.
        """
        front = self.template.startswith(("/<slug>/", "/w/<slug>/"))
        return front and self.kinds <= {
            "slug",
            "reward",
            "session",
            "draw",
            "survey",
            "challenge",
            "instant_win",
        }

    @property
    def methods(self) -> tuple[str, ...]:
        """What to try: what a class-based view has, GET and POST for a function."""
        view = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        if view is None:
            return ("get", "post")
        return tuple(method for method in METHODS if hasattr(view, method)) or ("get",)

    def filled(self, ids: dict[str, str]) -> str:
        """The address with the given things in it."""
        return _HOLE.sub(
            lambda hole: ids[kind] if (kind := self.kind(hole[1])) else FREE[hole[1]], self.template
        )


def routes(urlconf: str | None = None) -> list[Route]:
    """Every address of the server (or of one URLconf), each once."""
    found = {route.template: route for route in _walk(get_resolver(urlconf).url_patterns, "/")}
    return list(found.values())


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        template = prefix + _plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, template)
        else:
            yield Route(template, pattern.callback)


def _plain(pattern: str) -> str:
    """A path or a regular expression as text with `<name>` where something is filled in."""
    if "(?P<" not in pattern and "^" not in pattern and "$" not in pattern:
        return _HOLE.sub(r"<\1>", pattern)
    text = _GROUP.sub(r"<\1>", pattern)
    return (
        re.sub(r"\\([-./])", r"\1", text)
        .replace("^", "")
        .replace("$", "")
        .replace("\\Z", "")
        .replace("/?", "/")
    )
