"""What members did besides buying, whom they brought, what was written to them, which groups they are in: as tables."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Message
from loyalty.core import ids
from loyalty.exchange.lists.base import WHO, Page, Table, money, next_after, stretch, when, who
from members.models import Activity, Referral, Refund, SegmentPlace


def _activities(after: list[Any] | None) -> Page:
    rows = stretch(Activity.objects.all(), after)
    named = who(row.member_id for row in rows)
    out = [
        [row.kind, row.external_id, row.source, when(row.happened_at), row.status, row.sku, row.channel, row.location,
         row.points_earned, row.points_taken, row.note, *named[row.member_id]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _refunds(after: list[Any] | None) -> Page:
    rows = stretch(Refund.objects.select_related("order"), after)
    named = who(row.order.member_id for row in rows if row.order)
    out = [
        [row.external_id, row.order_external_id, row.source, when(row.refunded_at), row.status, row.cancels,
         money(row.amount_minor, row.order.currency) if row.order else "", row.order.currency if row.order else "",
         row.points_taken, row.shortfall, row.note, *named[row.order.member_id if row.order else None]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _referrals(after: list[Any] | None) -> Page:
    rows = stretch(Referral.objects.select_related("order"), after)
    named = who(one for row in rows for one in (row.referrer_id, row.friend_id))
    out = [
        [ids.encode("ref", row.pk), row.status, when(row.joined_at), when(row.qualified_at),
         row.order.external_id if row.order else "", " ".join(row.reasons), row.note, named[row.friend_id][0],
         *named[row.referrer_id]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _messages(after: list[Any] | None) -> Page:
    rows = stretch(Message.objects.all(), after)
    named = who(row.member_id for row in rows)
    out = [
        [row.kind, row.channel, row.language, row.state, row.reason or row.error, when(row.created_at),
         when(row.planned_for), when(row.handed_at), row.attempts, row.provider_id, *named[row.member_id]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _places(after: list[Any] | None) -> Page:
    rows = stretch(SegmentPlace.objects.all(), after)
    named = who(row.member_id for row in rows)
    out = [[row.segment, when(row.since), when(row.until), *named[row.member_id]] for row in rows]
    return out, next_after(rows)


ENGAGING = (
    Table(
        name="activities", label=_("Activities"), icon="sparkles", permission="members.export",
        note=_("What members did besides buying, and what it gave."),
        head=("kind", "number", "source", "happened_at", "status", "sku", "channel", "location", "points_earned",
              "points_taken", "note", *WHO),
        read=_activities, every=lambda: Activity.objects.all(),
    ),
    Table(
        name="refunds", label=_("Refunds"), icon="undo-2", permission="members.export",
        note=_("What came back, and the points it took."),
        head=("number", "order_number", "source", "refunded_at", "status", "cancels", "amount_refunded", "currency",
              "points_taken", "shortfall", "note", *WHO),
        read=_refunds, every=lambda: Refund.objects.all(),
    ),
    Table(
        name="referrals", label=_("Friends"), icon="users-round", permission="members.export",
        note=_("Who brought whom, and how far it has come."),
        head=("referral", "status", "joined_at", "qualified_at", "order_number", "reasons", "note", "friend", *WHO),
        read=_referrals, every=lambda: Referral.objects.all(),
    ),
    Table(
        name="messages", label=_("Messages"), icon="mail", permission="members.export",
        note=_("What was written to whom and when, and whether it went out. Never the text."),
        head=("kind", "channel", "language", "state", "reason", "created_at", "planned_for_at", "handed_over_at",
              "attempts", "provider_number", *WHO),
        read=_messages, every=lambda: Message.objects.all(),
    ),
    Table(
        name="segment_members", label=_("Members of segments"), icon="group", permission="members.export",
        note=_("Every segment with who is in it, since when and until when."),
        head=("segment", "since_at", "until_at", *WHO),
        read=_places, every=lambda: SegmentPlace.objects.all(),
    ),
)  # fmt: skip
"""Lists beside the books and the catalogue."""
