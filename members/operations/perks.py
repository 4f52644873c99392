"""The services of members' tiers: claimed within their limits, served by somebody, and logged with who did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from loyalty.core import privacy
from loyalty.core.errors import DomainError, InvalidInput, KeyReused, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.models import Member, Order, PerkClaim, TierChange, TierStanding
from members.operations import tiers as reviewing
from members.operations.membership import NotActive
from members.queries import perks as asking
from members.queries import tiers as standings
from members.rules.tiers import Perk, worded


class PerkNotIncluded(DomainError):
    code = "perk_not_included"
    message = _("This member's tier does not bring “{perk}”. It comes with {tier}.")
    field = "perk"


class PerkNeedsNoClaim(DomainError):
    code = "perk_needs_no_claim"
    message = _("“{perk}” comes by itself: there is nothing to claim.")
    field = "perk"


class PerkUsedUp(DomainError):
    code = "perk_used_up"
    message = _("“{perk}” has been claimed as often as it can be: {used} of {times}.")
    field = "perk"


class OrderOfAnother(DomainError):
    code = "order_of_another"
    message = _("This order is not this member's.")
    field = "order"


class ClaimSettled(DomainError):
    code = "claim_settled"
    status = 409
    message = _("This claim is already {status}.")


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order as the shop names it; it may not have been recorded yet."""

    external_id: str
    source: str = "api"


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim, and whether this call was a repetition."""

    claim: PerkClaim
    replayed: bool


@transaction.atomic
def claim_perk(
    *, member: UUID, perk: str, key: str, at: datetime, order: OrderName | None = None, note: str = ""
) -> Claimed:
    """Claim a service of the member's tier, for an order where its limit is per order. The same `key` again answers
    again. Raises `NotActive`, `PerkNotIncluded`, `PerkNeedsNoClaim`, `PerkUsedUp`, `OrderOfAnother`."""
    note = note.strip()
    if len(note) > 300:
        raise InvalidInput.of("note", str(_("At most 300 characters.")))
    reviewing.hold([member])
    mark = fingerprint(
        [str(member), perk, order.external_id if order else "", order.source if order else "", note]
    )
    earlier = PerkClaim.objects.filter(key=key).first()
    if earlier is not None:
        if earlier.fingerprint != mark:
            raise KeyReused(field="Idempotency-Key")
        return Claimed(earlier, True)
    who = Member.objects.filter(pk=member).first()
    if who is None:
        raise NotFound("member")
    if who.status != Member.Status.ACTIVE:
        raise NotActive(status=who.status)
    tier = asking.tier_of(member, at=at)
    _refuse_impossible(_included(tier, perk), who, order, at)
    row = PerkClaim.objects.create(
        member=who, perk=perk, tier=tier, key=key, fingerprint=mark, note=note, claimed_at=at,
        claimed_by=str(scope.actor()), order_source=order.source if order else "",
        order_external_id=order.external_id if order else "",
    )  # fmt: skip
    _tell("perk.claimed", row, at)
    return Claimed(row, False)


def _included(tier: str, perk: str) -> Perk:
    """The perk as the member's tier has it."""
    ladder = standings.ladder_in_force()
    for found in ladder.perks(tier):
        if found.id == perk:
            return found
    language = get_language() or "en"
    for step in ladder.ladder:
        for other in step.perks:
            if other.id == perk:
                name = worded(step.name, language, step.id)
                raise PerkNotIncluded(perk=worded(other.name, language, perk), tier=name)
    raise InvalidInput.of("perk", str(_("No tier brings a perk of this name.")))


def _refuse_impossible(perk: Perk, who: Member, order: OrderName | None, at: datetime) -> None:
    name = worded(perk.name, get_language() or "en", perk.id)
    if not perk.is_service:
        raise PerkNeedsNoClaim(perk=name)
    if perk.limit is not None and perk.limit.period is None and order is None:
        raise InvalidInput.of(
            "order", str(_("Say which order it is for: it can be claimed so often for each."))
        )
    if order is not None:
        _refuse_anothers(order, who.pk)
    if perk.limit is not None:
        zone = ZoneInfo(shop_of_scope().timezone)
        name_of = (order.source, order.external_id) if order else None
        used = asking.used(who.pk, perk=perk, limit=perk.limit, order=name_of, at=at, zone=zone)
        if used >= perk.limit.times:
            raise PerkUsedUp(perk=name, used=used, times=perk.limit.times)


def _refuse_anothers(order: OrderName, member: UUID) -> None:
    row = Order.objects.filter(source=order.source, external_id=order.external_id).first()
    if row is None or row.member_id is None:
        return
    owner = Member.objects.get(pk=row.member_id)
    if member not in (owner.pk, owner.merged_into_id):
        raise OrderOfAnother()


def serve_claim(*, claim: UUID, at: datetime, outcome: str = "") -> PerkClaim:
    """Log that a claim was served, and by whom: whoever acts. Serving twice is fine; a cancelled one is refused with
    `ClaimSettled`."""
    return _settle(claim, PerkClaim.Status.SERVED, at, outcome, "perk.served")


def cancel_claim(*, claim: UUID, at: datetime, outcome: str = "") -> PerkClaim:
    """Take a claim back: it counts no longer. Cancelling twice is fine; a served one is refused with `ClaimSettled`."""
    return _settle(claim, PerkClaim.Status.CANCELLED, at, outcome, "perk.cancelled")


@transaction.atomic
def _settle(claim: UUID, status: PerkClaim.Status, at: datetime, outcome: str, kind: str) -> PerkClaim:
    outcome = outcome.strip()
    if len(outcome) > 300:
        raise InvalidInput.of("outcome", str(_("At most 300 characters.")))
    row = PerkClaim.objects.select_for_update().filter(pk=claim).first()
    if row is None:
        raise NotFound("claim")
    if row.status == status:
        return row
    if row.status != PerkClaim.Status.OPEN:
        raise ClaimSettled(status=row.get_status_display())
    row.status, row.outcome = status, outcome
    row.settled_at, row.settled_by = at, str(scope.actor())
    row.save(update_fields=["status", "outcome", "settled_at", "settled_by"])
    _tell(kind, row, at)
    return row


def _tell(kind: str, row: PerkClaim, at: datetime) -> None:
    record(
        kind, subject=row.member_id, at=at, data={"claim": str(row.pk), "perk": row.perk, "tier": row.tier}
    )


def move(*, to: UUID, of: UUID) -> None:
    """What one member claimed is another's from now on. The caller holds both members' counts."""
    PerkClaim.objects.filter(member_id=of).update(member_id=to)


def _export(member: UUID) -> Mapping[str, Any]:
    """Their tier, how they came to it, and what they claimed."""
    rows = TierStanding.objects.filter(member=member)
    return {
        "tier": [
            {"tier": row.tier, "since": row.since.isoformat(), "valid_until": _iso(row.valid_until)} for row in rows
        ],
        "history": [
            {"from": change.from_tier, "to": change.to_tier, "reason": change.reason, "values": change.values,
             "at": change.changed_at.isoformat()}
            for change in TierChange.objects.filter(member=member).order_by("id")
        ],
        "claims": [
            {"perk": claim.perk, "order": claim.order_external_id, "status": claim.status, "note": claim.note,
             "outcome": claim.outcome, "claimed_at": claim.claimed_at.isoformat(), "settled_at": _iso(claim.settled_at)}
            for claim in PerkClaim.objects.filter(member=member).order_by("id")
        ],
    }  # fmt: skip


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _erase(member: UUID) -> None:
    """What was typed about them goes; that something was claimed and served stays, of nobody. Nobody waits for what is
    still open."""
    mine = PerkClaim.objects.filter(member=member)
    for row in mine.filter(status=PerkClaim.Status.OPEN):
        row.status, row.settled_at, row.settled_by = (
            PerkClaim.Status.CANCELLED,
            row.claimed_at,
            str(scope.actor()),
        )
        row.save(update_fields=["status", "settled_at", "settled_by"])
    mine.update(note="", outcome="", order_external_id="", order_source="")


holder = privacy.Holder("tiers", _export, _erase)
