"""Export and erase a member. Erasing deletes the person; the books keep their rows under an id that means
nobody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import ids, privacy
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import open_lots, statement
from loyalty.core.tenancy import scope
from members.models import Identity, Member, Order, Profile, Stats
from members.operations.membership import NotActive, locked


def export_member(*, member: UUID, at: datetime) -> dict[str, Any]:
    """Everything held about a member, as JSON-able data."""
    row = locked(member)
    record("member.exported", subject=row.pk, at=at)
    return {"exported_at": at.isoformat(), "id": ids.encode("mbr", row.pk), **privacy.export(row.pk)}


@transaction.atomic
def erase_member(*, member: UUID, at: datetime) -> Member:
    """Delete the person. What they had left is forfeited by a posting, so that the books still balance."""
    row = locked(member)
    if row.status == Member.Status.ERASED:
        raise NotActive(status=row.status)
    for gone in [row, *Member.objects.filter(merged_into=row)]:
        privacy.erase(gone.pk)
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
    row.status, row.user, row.language = Member.Status.ERASED, None, ""
    row.save(update_fields=["status", "user", "language"])
    record("member.erased", subject=row.pk, at=at)
    return row


def _export(member: UUID) -> dict[str, Any]:
    profile = Profile.objects.filter(member=member).first()
    row = Member.objects.get(pk=member)
    return {
        "joined_at": row.joined_at.isoformat(),
        "channel": row.channel,
        "language": row.language,
        "profile": {
            "given_name": profile.given_name,
            "family_name": profile.family_name,
            "birthday": profile.birthday.isoformat() if profile.birthday else None,
            "news_by_email": profile.news_by_email,
            "news_by_sms": profile.news_by_sms,
        }
        if profile
        else None,
        "identities": list(Identity.objects.filter(member=member).values("kind", "value", "verified_at")),
        "figures": list(Stats.objects.filter(member=member).values("orders_count", "spend_minor")),
        "orders": [
            {
                "external_id": order.external_id,
                "placed_at": order.placed_at.isoformat(),
                "status": order.status,
                "total_minor": order.total_minor,
                "currency": order.currency,
                "points": order.points_earned,
                "lines": list(order.lines.values("number", "sku", "name", "quantity", "amount_minor")),
            }
            for order in Order.objects.filter(member=member).order_by("placed_at")
        ],
        "points": [
            {
                "at": entry.happened_at.isoformat(),
                "kind": entry.kind,
                "change": entry.available,
                "balance": entry.balance_after,
                "reason": entry.reason,
            }
            for entry in statement(member, limit=100_000)
        ],
    }


def _erase(member: UUID) -> None:
    Profile.objects.filter(member=member).delete()
    Identity.objects.filter(member=member).delete()


holder = privacy.Holder("membership", _export, _erase)
