"""Kinds of events as people choose them: by family, in groups, or one by one."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from loyalty.core.events.kinds import EVERYTHING, families
from loyalty.web.office.audit import SENTENCES

_GROUPS = (
    (
        gettext_lazy("Members"),
        (
            "member",
            "household",
            "segment",
            "badge",
            "draw",
            "challenge",
            "board",
            "instant_win",
            "referral",
            "card_link",
        ),
    ),
    (gettext_lazy("Purchases and activities"), ("order", "refund", "activity", "offer", "payment")),
    (gettext_lazy("Points and stamps"), ("points", "cashback", "credits", "stamps", "card", "transfer")),
    (gettext_lazy("Tiers and memberships"), ("tier", "tiers", "perk", "membership")),
    (gettext_lazy("Rewards and events"), ("reward", "voucher", "pool", "session", "place", "fulfilment")),
    (
        gettext_lazy("The shop"),
        (
            "programme",
            "blueprint",
            "partnership",
            "merchant",
            "staff",
            "api_key",
            "webhook",
            "widget",
            "stripe",
            "wallet",
            "books",
        ),
    ),
)
_REST = gettext_lazy("More")

FAMILIES = {
    "member": gettext_lazy("Members"),
    "household": gettext_lazy("Households"),
    "segment": gettext_lazy("Segments"),
    "badge": gettext_lazy("Badges"),
    "draw": gettext_lazy("Prize draws"),
    "challenge": gettext_lazy("Challenges"),
    "board": gettext_lazy("Boards"),
    "instant_win": gettext_lazy("Instant wins"),
    "referral": gettext_lazy("Referrals"),
    "card_link": gettext_lazy("Linked cards"),
    "order": gettext_lazy("Orders"),
    "refund": gettext_lazy("Refunds"),
    "activity": gettext_lazy("Activities"),
    "offer": gettext_lazy("Offers"),
    "payment": gettext_lazy("Paying with points"),
    "points": gettext_lazy("Points"),
    "cashback": gettext_lazy("Cash-back"),
    "credits": gettext_lazy("Tier credits"),
    "stamps": gettext_lazy("Stamps"),
    "card": gettext_lazy("Full stamp cards"),
    "transfer": gettext_lazy("Gifts of points"),
    "tier": gettext_lazy("Tiers"),
    "tiers": gettext_lazy("Reviews of all tiers"),
    "perk": gettext_lazy("Perks"),
    "membership": gettext_lazy("Paid memberships"),
    "reward": gettext_lazy("Rewards"),
    "voucher": gettext_lazy("Codes"),
    "pool": gettext_lazy("Stocks of codes"),
    "session": gettext_lazy("Dates"),
    "place": gettext_lazy("Locations"),
    "fulfilment": gettext_lazy("Handing over rewards"),
    "programme": gettext_lazy("Programme"),
    "blueprint": gettext_lazy("Ready-made programmes"),
    "partnership": gettext_lazy("Partnerships"),
    "merchant": gettext_lazy("Opening of the shop"),
    "messages": gettext_lazy("Choice of messages"),
    "newsletter": gettext_lazy("Newsletters"),
    "experiment": gettext_lazy("Experiments"),
    "holdout": gettext_lazy("The holdout"),
    "preferences": gettext_lazy("What members want to hear"),
    "address": gettext_lazy("Addresses not written to"),
    "staff": gettext_lazy("Staff"),
    "api_key": gettext_lazy("API keys"),
    "webhook": gettext_lazy("Webhooks"),
    "widget": gettext_lazy("The widget"),
    "stripe": gettext_lazy("Stripe"),
    "wallet": gettext_lazy("Wallets"),
    "books": gettext_lazy("The books"),
}


def choices() -> list[tuple[str, Any]]:
    """Everything that can be chosen, for a form's field."""
    found: list[tuple[str, Any]] = [(EVERYTHING, "")]
    for family, kinds in families().items():
        found.append((f"{family}.*", FAMILIES.get(family, family)))
        found += [(kind.name, kind.name) for kind in kinds]
    return found


def grouped(chosen: Sequence[str]) -> list[dict[str, Any]]:
    """The families in their groups, each with its kinds and what is chosen of them."""
    left, groups = families(), []
    for title, names in (*_GROUPS, (_REST, ())):
        mine = [name for name in (names or list(left)) if name in left]
        rows = [_family(name, left.pop(name), chosen) for name in mine]
        if rows:
            groups.append({"title": title, "families": rows})
    return groups


def _family(name: str, kinds: Sequence[Any], chosen: Sequence[str]) -> dict[str, Any]:
    single = [
        {"name": kind.name, "said": _sentence(kind.name), "chosen": kind.name in chosen} for kind in kinds
    ]
    return {
        "name": f"{name}.*", "label": FAMILIES.get(name, name), "kinds": single, "chosen": f"{name}.*" in chosen,
        "some": sum(one["chosen"] for one in single),
    }  # fmt: skip


def _sentence(kind: str) -> str:
    """What the audit log says of a kind, where it says so without figures."""
    text = str(SENTENCES.get(kind, ""))
    return "" if "{" in text else text


def labels(chosen: Sequence[str]) -> list[str]:
    """What somebody chose, in words where there are words."""
    return [
        str(FAMILIES.get(one[:-2], one)) if one.endswith(".*") else one for one in chosen if one != EVERYTHING
    ]


def tidied(chosen: Sequence[str]) -> list[str]:
    """Without what is in something else that was chosen."""
    if EVERYTHING in chosen:
        return [EVERYTHING]
    whole = {one[:-2] for one in chosen if one.endswith(".*")}
    return [one for one in chosen if one.endswith(".*") or one.partition(".")[0] not in whole]
