"""What the till shows of a member: enough to serve them, and no more than that on a screen others can see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import staff_names
from loyalty.core.tills import queries
from loyalty.core.tills.models import Action
from loyalty.web.office.frame import language_of
from loyalty.web.portal.gathered import cards_shown
from loyalty.web.portal.rewards import icon_of
from loyalty.web.pos.asking import asked, channel_label, label
from loyalty.web.pos.frame import Desk, url
from loyalty.web.pos.selling import CHANNEL, may_undo
from members.models import Member, PaidMembership
from members.operations.orders import Outcome
from members.queries import directory, paid, perks
from members.queries.offers import offers_of
from members.queries.tier_words import perk_name, tier_name
from members.queries.tiers import ladder_in_force
from members.queries.why import explain, voice_of_scope
from members.rules import units
from members.rules.perks import worded
from rewards.models import Redemption, Voucher
from rewards.operations.showing import show_offers
from rewards.queries import redemptions, why
from rewards.queries.telling import named
from rewards.rules.eligibility import Missing
from rewards.rules.kinds import KINDS

REWARDS_AHEAD, CODES = 3, 20
_HERE_ALREADY = (Member.Status.ACTIVE, Member.Status.BLOCKED)


def short_name(row: directory.Row) -> str:
    """A name as it may stand on a screen in a shop: "Maja L.", or the end of the card of who gave none."""
    profile = row.profile
    given = profile.given_name.strip() if profile else ""
    family = profile.family_name.strip() if profile else ""
    if given:
        return f"{given.split()[0]} {family[0].upper()}." if family else given.split()[0]
    card = row.identities.get("card", "")
    return _("Card …{end}").format(end=card[-4:]) if card else _("Member")


def found(member_id: str) -> directory.Row:
    """The member an address names, or whom they were merged into; `NotFound` for who takes no part any more."""
    row = directory.row(directory.member(ids.decode("mbr", member_id)))
    if row.member.status not in _HERE_ALREADY:
        raise NotFound("member")
    return row


def member_shown(row: directory.Row, desk: Desk, *, by: str = "") -> dict[str, Any]:
    """Everything the till shows of one member. `by` says how they were found."""
    who = row.member.pk
    tier = perks.tier_of(who, at=desk.at)
    return {
        "row": row,
        "name": short_name(row),
        "member_id": ids.encode("mbr", who),
        "blocked": row.member.status == Member.Status.BLOCKED,
        "balance": row.balance,
        "tier": tier_name(ladder_in_force(), tier) if tier else "",
        "plans": _plans(who, desk.at),
        "asks": asks_shown(),
        "stamp_cards": cards_shown(who),
        "rewards": _rewards(who, desk),
        "codes": _codes(who, desk),
        "offers": _offers(who, desk),
        "perks": _perks(who, tier, desk),
        "check_who": by in {"phone", "email", "external"},
    }


def asks_shown() -> dict[str, Any]:
    """What is asked beside the sum, with labels."""
    asks = asked()
    return {
        "items": asks.items,
        "payments": [{"value": name, "label": label(name)} for name in asks.payments],
        "channels": [{"value": name, "label": channel_label(name)} for name in asks.channels],
        "channel": CHANNEL,
    }


def _plans(member: UUID, at: datetime) -> list[dict[str, Any]]:
    """Paid memberships that stand, with until when."""
    standing = (
        PaidMembership.Status.TRIAL,
        PaidMembership.Status.ACTIVE,
        PaidMembership.Status.GRACE,
    )
    language, plans = language_of(get_language()), paid.in_force()
    rows = paid.memberships(member).filter(status__in=standing)
    return [
        {
            "name": worded(plan.name, language, label(row.plan))
            if (plan := plans.plan(row.plan))
            else label(row.plan),
            "until": formats.last_moment(row.covered_until) if row.covered_until else None,
        }
        for row in rows
        if row.covered_until is None or row.covered_until > at
    ]


def _rewards(member: UUID, desk: Desk) -> dict[str, Any]:
    """What they can take here and now, what else is theirs to have elsewhere, and what is nearest."""
    have: list[dict[str, Any]] = []
    elsewhere: list[dict[str, Any]] = []
    ahead: list[dict[str, Any]] = []
    for offer in show_offers(member=member, at=desk.at, channel=CHANNEL):
        shown: dict[str, Any] = {
            "id": ids.encode("rwd", offer.reward.pk),
            "name": named(offer.reward),
            "cost": offer.reward.cost_points,
            "icon": icon_of(offer.reward),
        }
        kind = KINDS[offer.reward.kind]
        if offer.can_have and (kind.booked or kind.at_checkout):
            reason = _("Booked by the member") if kind.booked else _("Used when they pay in the web shop")
            elsewhere.append({**shown, "reason": reason})
        elif offer.can_have:
            have.append(shown)
        elif offer.points_missing and len(offer.missing) == 1:
            ahead.append({**shown, "missing": offer.points_missing})
    ahead.sort(key=lambda one: one["missing"])
    return {"have": have, "elsewhere": elsewhere, "ahead": ahead[:REWARDS_AHEAD]}


def _codes(member: UUID, desk: Desk) -> list[dict[str, Any]]:
    """Codes they hold that are good now."""
    standing = (Redemption.Status.RESERVED, Redemption.Status.COMMITTED)
    rows = list(
        redemptions.redemptions(member=member).filter(status__in=standing).select_related("reward")[:CODES]
    )
    vouchers = redemptions.codes(rows)
    return [
        _code(row, voucher)
        for row in rows
        for voucher in vouchers[row.pk]
        if voucher.status == Voucher.Status.ACTIVE and voucher.expires_at > desk.at
    ]


def _code(row: Redemption, voucher: Voucher) -> dict[str, Any]:
    return {
        "name": named(row.reward),
        "icon": icon_of(row.reward),
        "until": formats.last_moment(voucher.expires_at),
        "gift": row.issued,
        "voucher": str(voucher.pk),
        "redemption": ids.encode("rdm", row.pk),
    }


def code_shown(redemption: Redemption, desk: Desk) -> dict[str, Any]:
    """A code that somebody has shown: what for, whose, and the buttons to use it."""
    member = directory.row(directory.member(redemption.member_id))
    codes = [
        _code(redemption, voucher)
        for voucher in redemptions.codes([redemption])[redemption.pk]
        if voucher.status == Voucher.Status.ACTIVE and voucher.expires_at > desk.at
    ]
    return {
        "reward_name": named(redemption.reward),
        "name": short_name(member),
        "member_id": ids.encode("mbr", member.member.pk),
        "codes": codes,
    }


def handed_out(action: Action) -> list[str]:
    """Codes that came with a reward and are the member's to use elsewhere, as they are written."""
    if action.kind != Action.Kind.REDEEM or action.undone_at is not None:
        return []
    vouchers = redemptions.codes([redemptions.redemption(action.subject)])[action.subject]
    return [voucher.code for voucher in vouchers if voucher.status == Voucher.Status.ACTIVE]


def ready_now(member: UUID, desk: Desk) -> int:
    """How many rewards the member could take here and now."""
    return len(_rewards(member, desk)["have"])


def _offers(member: UUID, desk: Desk) -> list[dict[str, Any]]:
    """Offers they have activated, and those they could."""
    language = language_of(get_language())
    return [
        {
            "id": one.offer.id,
            "name": one.offer.named(language),
            "text": one.offer.said(language),
            "active": one.state == "active",
            "until": formats.last_moment(one.active_until) if one.active_until else None,
        }
        for one in offers_of(member, at=desk.at, shown_only=True)
    ]


def _perks(member: UUID, tier: str, desk: Desk) -> list[dict[str, Any]]:
    """What their tier brings: services to claim, and what simply counts."""
    return [
        {
            "id": has.perk.id,
            "name": perk_name(has.perk),
            "service": has.perk.is_service,
            "left": has.left,
            "claimable": has.perk.is_service and has.left != 0,
        }
        for has in perks.perks_of(member, tier=tier, at=desk.at)
    ]


def quoted(outcome: Outcome, words: dict[str, str]) -> dict[str, Any]:
    """What a sale gives, part by part ("184 + 92 Silver"), what else comes with it, and why something does not."""
    said = explain(outcome.decision, voice_of_scope())
    given = [one for one in said if one.matched and one.amount]
    parts = [
        {"amount": one.amount, "name": one.name, "sentence": one.sentence}
        for one in given
        if one.unit == units.POINTS
    ]
    others = [one.sentence for one in said if one.matched and one.unit != units.POINTS]
    return {
        "points": outcome.points,
        "parts": parts,
        "others": others,
        "waits": outcome.terms.pending and outcome.points > 0,
        "why_not": [one.sentence for one in said if not one.matched],
        "gives": formats.points(outcome.points, words),
    }


def refusals(reasons: tuple[Missing, ...]) -> str:
    """Every reason why a reward cannot be had, for staff."""
    voice = voice_of_scope()
    return ". ".join(why.sentence(one, voice) for one in reasons) + "."


_TITLES = {
    Action.Kind.EARN: lambda: _("Purchase"),
    Action.Kind.REDEEM: lambda: _("Reward"),
    Action.Kind.CODE: lambda: _("Code used"),
    Action.Kind.JOIN: lambda: _("New member"),
    Action.Kind.OFFER: lambda: _("Offer"),
    Action.Kind.PERK: lambda: _("Service"),
}
_ICONS = {
    Action.Kind.EARN: "shopping-bag", Action.Kind.REDEEM: "gift", Action.Kind.CODE: "ticket",
    Action.Kind.JOIN: "user-plus", Action.Kind.OFFER: "badge-percent", Action.Kind.PERK: "concierge-bell",
}  # fmt: skip


def last_shown(desk: Desk) -> list[dict[str, Any]]:
    """The last things done at this till, last first, with who they were for and by whom."""
    rows = queries.last_at(desk.till.pk)
    members = directory.by_ids(row.member for row in rows)
    staff = staff_names({row.staff_id for row in rows})
    return [
        {
            "action": row,
            "title": row.what or _TITLES[Action.Kind(row.kind)](),
            "icon": _ICONS[Action.Kind(row.kind)],
            "name": short_name(members[row.member]) if row.member in members else "",
            "staff": staff.get(row.staff_id, ""),
            "undo_url": url("undo", row.pk) if may_undo(row, desk) else "",
        }
        for row in rows
    ]
