"""Export and erase a member. Erasing deletes the person; the books keep their rows under an id that means
nobody."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import ids, privacy
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, hold, post
from loyalty.core.ledger.queries import open_lots, statement
from loyalty.core.tenancy import scope
from members.models import (
    Activity,
    DrawEntry,
    EarnedBadge,
    FullCard,
    Identity,
    Member,
    OfferActivation,
    Order,
    PointsConversion,
    Profile,
    RuleUse,
    SegmentPlace,
    Stats,
)
from members.operations import (
    accounts,
    card_links,
    counting,
    gifts,
    households,
    paid_memberships,
    tiers,
    transfers,
)
from members.operations.locking import lock_counts
from members.operations.membership import NotActive, locked
from members.queries import paid
from members.queries.orders import with_lines
from members.queries.sharing import shared


@transaction.atomic
def export_member(*, member: UUID, at: datetime) -> dict[str, Any]:
    """Everything held about a member as JSON-able data, by holder; `merged` has the same for each membership
    that was merged into theirs."""
    row = locked(member)
    record("member.exported", subject=row.pk, at=at)
    return {
        "exported_at": at.isoformat(),
        "id": ids.encode("mbr", row.pk),
        **privacy.export(row.pk),
        "merged": [
            {"id": ids.encode("mbr", other), **privacy.export(other)} for other in _merged_into(row.pk)
        ],
    }


def _merged_into(member: UUID) -> list[UUID]:
    return list(Member.objects.filter(merged_into=member).order_by("id").values_list("pk", flat=True))


@transaction.atomic
def erase_member(*, member: UUID, at: datetime) -> Member:
    """Delete the person. What they had left is forfeited by a posting, so that the books still balance.

    Open redemptions are released and codes die first, so that nothing comes back to nobody afterwards.
    """
    counts = lock_counts(member)
    row = locked(member)
    if row.status in (Member.Status.ERASED, Member.Status.MERGED):
        raise NotActive(status=row.status)
    addresses = _addresses(row.pk)
    for gone in [row.pk, *_merged_into(row.pk)]:
        privacy.erase(gone)
    hold([row.pk])
    for lot in open_lots(row.pk):
        post(
            Posting(
                do=Do.FORFEIT,
                key=f"erase:{lot.pk}",
                kind="forfeit",
                event="points.forfeited",
                owner=row.pk,
                actor=str(scope.actor()),
                at=at,
                now=at,
                unit=lot.account.unit,
                lot=lot.pk,
                counter=MerchantAccount.EXPIRED,
            )
        )
    counting.forget(row.pk)
    gifts.forget(row.pk)
    tiers.forget_tier(member=row.pk, at=at)
    transfers.forget(row.pk)
    households.forget(member=row.pk, at=at)
    paid_memberships.forget(member=row.pk, at=at)
    card_links.end_links(member=row.pk, at=at)
    counts[row.pk].delete()  # who has no counts is credited with no order any more
    user, row.status, row.user, row.language = row.user_id, Member.Status.ERASED, None, ""
    row.save(update_fields=["status", "user", "language"])
    accounts.forget_unused(user=user, addresses=addresses)
    record("member.erased", subject=row.pk, at=at)
    return row


def _addresses(member: UUID) -> set[str]:
    """The e-mail addresses of somebody: an account may have been opened for one before it was proven."""
    mine = Identity.objects.filter(member=member, kind=Identity.Kind.EMAIL)
    return set(mine.values_list("value", flat=True))


def _export(member: UUID) -> dict[str, Any]:
    row = Member.objects.get(pk=member)
    return {
        "joined_at": row.joined_at.isoformat(),
        "channel": row.channel,
        "language": row.language,
        "profile": _profile(member),
        "identities": _identities(member),
        "figures": list(Stats.objects.filter(member=member).values("orders_count", "spend_minor")),
        "orders": _orders(member),
        "points": _points(member),
        "counted": _counted(member),
        "activities": _activities(member),
        **_gathered(member),
        **shared(member),
        **paid.held(member),
    }


def _profile(member: UUID) -> dict[str, Any] | None:
    profile = Profile.objects.filter(member=member).first()
    if profile is None:
        return None
    return {
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "birthday": _iso(profile.birthday),
        "news_by_email": profile.news_by_email,
        "news_by_sms": profile.news_by_sms,
    }


def _identities(member: UUID) -> list[dict[str, Any]]:
    rows = Identity.objects.filter(member=member).order_by("kind", "id")
    return [{"kind": row.kind, "value": row.value, "verified_at": _iso(row.verified_at)} for row in rows]


def _orders(member: UUID) -> list[dict[str, Any]]:
    """What they bought, in the order they bought it."""
    return [
        {
            "external_id": bought.order.external_id,
            "placed_at": bought.order.placed_at.isoformat(),
            "status": bought.order.status,
            "total_minor": bought.order.total_minor,
            "currency": bought.order.currency,
            "points": bought.order.points_earned,
            "lines": [
                {
                    "number": line.number,
                    "sku": line.sku,
                    "name": line.name,
                    "quantity": str(line.quantity),
                    "amount_minor": line.amount_minor,
                }
                for line in bought.lines
            ],
        }
        for bought in with_lines(Order.objects.filter(member=member).order_by("placed_at", "id"))
    ]


def _points(member: UUID) -> list[dict[str, Any]]:
    """Every movement: how what can be spent and what waits changed, and what could be spent after it."""
    return [
        {
            "at": entry.happened_at.isoformat(),
            "kind": entry.kind,
            "change": entry.available + entry.debt,
            "waiting": entry.pending,
            "balance": entry.balance_after,
            "reason": entry.reason,
        }
        for entry in statement(member, limit=100_000)
    ]


def _activities(member: UUID) -> list[dict[str, Any]]:
    """What they did besides buying, in the order they did it."""
    return [
        {
            "kind": row.kind,
            "external_id": row.external_id,
            "happened_at": row.happened_at.isoformat(),
            "properties": row.properties,
            "product": row.product,
            "channel": row.channel,
            "location": row.location,
            "points": row.points_earned,
            "status": row.status,
            "proof": {"link": row.proof_link, "text": row.proof_text},
            "note": row.note,
        }
        for row in Activity.objects.filter(member=member).order_by("happened_at", "id")
    ]


def _gathered(member: UUID) -> dict[str, Any]:
    """Their badges, segments, full stamp cards and chances in draws."""
    return {
        "badges": [
            {"badge": row.badge, "earned_at": row.earned_at.isoformat()}
            for row in EarnedBadge.objects.filter(member=member).order_by("earned_at", "badge")
        ],
        "segments": [
            {"segment": row.segment, "since": row.since.isoformat(), "until": _iso(row.until)}
            for row in SegmentPlace.objects.filter(member=member).order_by("since", "segment")
        ],
        "full_cards": [
            {"card": row.card, "reward": row.reward, "filled_at": row.filled_at.isoformat()}
            for row in FullCard.objects.filter(member=member).order_by("id")
        ],
        "offers": [
            {
                "offer": row.offer,
                "activated_at": row.activated_at.isoformat(),
                "until": _iso(row.active_until),
            }
            for row in OfferActivation.objects.filter(member=member).order_by("id")
        ],
        "draws": [
            {"draw": row.draw, "entries": row.entries, "entered_at": row.entered_at.isoformat()}
            for row in DrawEntry.objects.filter(member=member).order_by("entered_at", "id")
        ],
        "conversions": [
            {
                "period": row.period,
                "points": row.points,
                "parts": row.parts,
                "reward": row.reward,
                "cashback_minor": row.cashback_minor,
            }
            for row in PointsConversion.objects.filter(member=member).order_by("converted_at")
        ],
    }


def _counted(member: UUID) -> list[dict[str, Any]]:
    """What limited rules have given them, as far as it counts."""
    return [
        {"rule": row.rule, "unit": row.unit, "units": row.units, "at": row.at.isoformat()}
        for row in RuleUse.objects.filter(member=member).order_by("at", "source", "rule")
    ]


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _erase(member: UUID) -> None:
    Profile.objects.filter(member=member).delete()
    Identity.objects.filter(member=member).delete()
    for row in Activity.objects.filter(member=member):
        # What was said, shown or answered is theirs, and so is what the rules compared of it.
        row.properties = {}
        reasons = [{**reason, "values": {}, "conditions": []} for reason in row.decision.get("reasons", ())]
        row.decision = {**row.decision, "reasons": reasons} if reasons else row.decision
        row.proof_link = row.proof_text = row.note = ""
        row.proof_print = None
        if row.status == Activity.Status.WAITING:  # nobody is left whom it could be given to
            row.status = Activity.Status.REFUSED
        row.save(update_fields=[
            "properties", "decision", "proof_link", "proof_text", "proof_print", "note", "status"
        ])  # fmt: skip


holder = privacy.Holder("membership", _export, _erase)
