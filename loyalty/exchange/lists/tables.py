"""Every list of the shop as a table."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.events.models import Event
from loyalty.core.ledger import portions
from loyalty.core.ledger.queries import balances
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.exchange.lists import base
from loyalty.exchange.lists.base import NEVER, WHO, Page, Table, money, next_after, stretch, when, who
from loyalty.exchange.lists.engaging import ENGAGING
from loyalty.exchange.writing import Kind
from members.models import Consent, Order, Product, Profile, Stats
from members.queries.directory import with_status
from members.queries.orders import with_lines
from rewards.models import PoolCode, Redemption, Reward, Voucher


def _members(after: list[Any] | None) -> Page:
    rows = stretch(with_status(""), after)
    keys = [row.pk for row in rows]
    profiles = {row.member_id: row for row in Profile.objects.filter(member__in=keys)}
    stats = {row.member_id: row for row in Stats.objects.filter(member__in=keys)}
    consents = {
        (row.member_id, row.purpose): row for row in Consent.objects.filter(member__in=keys).order_by("id")
    }
    held, named, currency = balances(keys), who(keys), shop_of_scope().currency
    out = []
    for row in rows:
        profile, figures, points = profiles.get(row.pk), stats.get(row.pk), held.get(row.pk)
        yes = consents.get((row.pk, "news_by_email")) or consents.get((row.pk, "news_by_sms"))
        out.append([
            *named[row.pk], profile.given_name if profile else "", profile.family_name if profile else "",
            profile.birthday if profile else None, when(row.joined_at), row.language, row.status,
            bool(profile and profile.news_by_email), bool(profile and profile.news_by_sms),
            when(yes.given_at) if yes else "", yes.proof if yes else "", points.available if points else 0,
            points.pending if points else 0, figures.orders_count if figures else 0,
            money(figures.spend_minor if figures else 0, currency),
        ])  # fmt: skip
    return out, next_after(rows)


def _orders(after: list[Any] | None) -> Page:
    rows = stretch(Order.objects.all(), after)
    named = who(row.member_id for row in rows)
    out = []
    for bought in with_lines(Order.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")):
        order, currency = bought.order, bought.order.currency
        out += [
            [order.external_id, order.source, when(order.placed_at), order.status, line.sku, line.name, line.category,
             line.brand, str(line.quantity), money(line.amount_minor, currency), money(order.discount_minor, currency),
             money(order.refunded_minor, currency), currency, order.channel, order.location, order.payment_method,
             order.points_earned, *named[order.member_id]]
            for line in bought.lines
        ]  # fmt: skip
    return out, next_after(rows)


def _lots(after: list[Any] | None) -> Page:
    rows = portions.lots_after(UUID(after[0]) if after else None, most=base.STRETCH)
    named = who(row["owner"] for row in rows)
    out = [
        [*named[row["owner"]], row["remaining"], row["unit"], when(row["earned_at"]),
         when(row["expires_at"]) or NEVER, when(row["available_from"]), ids.encode("lot", row["id"]),
         row["reason"], row["granted"],
         "waiting" if row["pending"] else "open"]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows, "id")


def _entries(after: list[Any] | None) -> Page:
    rows = portions.lines_after((UUID(after[0]), after[1]) if after else None, most=base.STRETCH)
    named = who(row["owner"] for row in rows)
    out = [
        [ids.encode("trf", row["transfer_id"]), row["line"], when(row["happened_at"]), when(row["recorded_at"]),
         *named[row["owner"]], row["unit"], row["account_kind"], row["amount"], row["balance_after"], row["kind"],
         row["reason"]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows, "transfer_id", "line")


def _rewards(after: list[Any] | None) -> Page:
    rows = stretch(Reward.objects.all(), after)
    currency = shop_of_scope().currency
    out = [
        [ids.encode("rwd", row.pk), row.handle, row.kind, str(row), row.cost_points,
         money(row.unit_cost_minor, currency), row.stock, row.taken, row.limit_per_member,
         when(row.available_from), when(row.available_until),
         "retired" if row.retired_at else "offered"]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _redemptions(after: list[Any] | None) -> Page:
    rows = stretch(Redemption.objects.select_related("reward"), after)
    named = who(row.member_id for row in rows)
    states: dict[UUID, list[str]] = {}
    for redemption, state in Voucher.objects.filter(redemption__in=[row.pk for row in rows]).values_list(
        "redemption", "status"
    ):
        states.setdefault(redemption, []).append(state)
    out = [
        [ids.encode("rdm", row.pk), when(row.reserved_at), row.status, row.reward.handle, row.quantity, row.cost_points,
         row.returned_points, row.channel, row.order_external_id, " ".join(states.get(row.pk, [])),
         when(row.settled_at), when(row.reversed_at), row.reason, *named[row.member_id]]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _codes(after: list[Any] | None) -> Page:
    rows = stretch(PoolCode.objects.select_related("reward"), after)
    out = [
        [row.code, row.reward.handle, "given" if row.given_at else "free", when(row.added_at), when(row.given_at)]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _products(after: list[Any] | None) -> Page:
    rows = stretch(Product.objects.all(), after)
    out = [
        [row.sku, row.name, row.category, row.brand, ", ".join(row.tags), row.kind,
         "" if row.price_minor is None else money(row.price_minor, row.currency),
         "" if row.cost_minor is None else money(row.cost_minor, row.currency), row.currency,
         row.archived_at is not None, when(row.external_updated_at), when(row.created_at), when(row.changed_at)]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


def _events(after: list[Any] | None) -> Page:
    found = Event.objects.order_by("pk")
    rows = list((found.filter(pk__gt=after[0]) if after else found)[: base.STRETCH])
    out = [
        [row.pk, when(row.happened_at), when(row.recorded_at), row.kind, str(row.subject or ""), row.actor,
         " ".join(f"{name}={value}" for name, value in row.data.items())]
        for row in rows
    ]  # fmt: skip
    return out, next_after(rows)


LISTS = {
    table.name: table
    for table in (
        Table(
            name="members", label=_("Members"), icon="users", permission="members.export",
            note=_("Who they are, what they agreed to, what they have and what they spent."),
            head=(*WHO, "given_name", "family_name", "birthday", "joined_at", "language", "status", "news_by_email",
                  "news_by_sms", "consent_at", "consent_proof", "points", "points_waiting", "orders", "spent"),
            read=_members, every=lambda: with_status(""),
        ),
        Table(
            name="orders", label=_("Orders"), icon="receipt-text", permission="members.export",
            note=_("Every line of every order, with what it earned."),
            head=("number", "source", "placed_at", "status", "sku", "product", "category", "brand", "quantity",
                  "line_total", "discount", "refunded", "currency", "channel", "location", "payment_method",
                  "points_earned", *WHO),
            read=_orders, every=lambda: Order.objects.all(), others={"quantity": Kind.NUMBER},
        ),
        Table(
            name="products", label=_("Products"), icon="package-2", permission="products.edit",
            note=_("What you sell, as the catalogue has it, and what was put away."),
            head=("sku", "name", "category", "brand", "tags", "kind", "price", "cost", "currency", "archived",
                  "external_updated_at", "added_at", "changed_at"),
            read=_products, every=lambda: Product.objects.all(),
        ),
        Table(
            name="lots", label=_("Points, lot by lot"), icon="layers", permission="members.export",
            note=_("What members can still use, with when it was earned and when it ends."),
            head=(*WHO, "points", "unit", "earned_at", "expires_at", "available_from", "lot_id", "note", "granted",
                  "state"),
            read=_lots, every=portions.every_open_lot,
        ),
        Table(
            name="entries", label=_("Every movement of points"), icon="scroll-text", permission="members.export",
            note=_("Each line of the books on a member’s account, with the balance after it."),
            head=("movement", "line", "happened_at", "recorded_at", *WHO, "unit", "account", "amount", "balance_after",
                  "kind", "reason"),
            read=_entries, every=portions.every_line,
        ),
        Table(
            name="rewards", label=_("Rewards"), icon="gift", permission="rewards.edit",
            note=_("What can be had, what it costs, and how often it was taken."),
            head=("reward", "handle", "kind", "name", "cost_points", "unit_cost", "stock", "taken", "limit_per_member",
                  "available_from", "available_until", "state"),
            read=_rewards, every=lambda: Reward.objects.all(),
        ),
        Table(
            name="redemptions", label=_("Redeemed rewards"), icon="ticket-check", permission="members.export",
            note=_("Who took what and when, and whether it was used or given back."),
            head=("redemption", "reserved_at", "status", "reward", "quantity", "cost_points", "returned_points",
                  "channel", "order_number", "codes", "settled_at", "reversed_at", "reason", *WHO),
            read=_redemptions, every=lambda: Redemption.objects.all(),
        ),
        Table(
            name="codes", label=_("Codes of rewards"), icon="ticket", permission="rewards.edit",
            note=_("The codes you imported, and which of them were given out."),
            head=("code", "reward", "state", "added_at", "given_at"),
            read=_codes, every=lambda: PoolCode.objects.all(),
        ),
        Table(
            name="events", label=_("The audit log"), icon="history", permission="audit.view",
            note=_("Everything that happened, by whom and when."),
            head=("number", "happened_at", "recorded_at", "kind", "subject", "actor", "data"),
            read=_events, every=lambda: Event.objects.all(), others={"number": Kind.WHOLE},
        ),
        *ENGAGING,
    )
}  # fmt: skip
