"""A guest's order finds its member: someone joins after paying and shows the receipt."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from loyalty.core.ledger.operations import post_many
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Member, Order, OrderLine, Refund, RuleUse, Stats
from members.operations import following, holds, referrals
from members.operations.counting import count, lock_budgets
from members.operations.granting import Source, grants
from members.operations.locking import lock_counts, lock_name
from members.operations.membership import NotActive
from members.operations.refunds import claw_back, contribution, count_less
from members.queries import adding, comparisons, usage
from members.queries.directory import member as current
from members.rules.comparisons import decide_compared
from members.rules.decision import Decision
from members.rules.facts import Facts, LineFacts, LineKind, MemberFacts, OrderFacts
from members.rules.usage import Sheet, asked_by, asking_segments, uses


class OrderTaken(DomainError):
    code = "order_taken"
    message = _("This order already belongs to another member.")


class OrderCancelled(DomainError):
    code = "order_cancelled"
    message = _("This order was cancelled; there is nothing to claim.")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the order gave its member. `points` is net of what was refunded before it was claimed."""

    order: UUID
    member: UUID
    decision: Decision
    points: int
    replayed: bool


@transaction.atomic
def claim_order(*, order: UUID, member: UUID, at: datetime) -> Claimed:
    """Give a guest's order to a member: they earn what it would have given them when it was made, by the
    programme of then, less what has been refunded since. Claiming again answers again.

    Raises `OrderTaken`, `OrderCancelled`, `NotActive`, `NotFound`. The caller has made sure it is theirs.
    """
    named = Order.objects.filter(pk=order).values_list("source", "external_id").first()
    if named is None:
        raise NotFound("order")
    lock_name(source=named[0], external_id=named[1])
    row = Order.objects.select_for_update(no_key=True).get(pk=order)
    asked = current(member)
    if row.member_id is not None:
        if current(row.member_id).pk != asked.pk:
            raise OrderTaken()
        return _claimed(row, asked.pk, replayed=True)
    if row.status == Order.Status.CANCELLED:
        raise OrderCancelled()
    counts = lock_counts(asked.pk).get(asked.pk)
    who = Member.objects.get(pk=asked.pk)
    if counts is None or who.status != Member.Status.ACTIVE:
        raise NotActive(status=who.status)
    lines = list(OrderLine.objects.filter(order=row).order_by("number"))
    decision = _decide_again(row, lines, who, counts)
    _count(row, counts)
    count_less(row, lines=lines)
    _grant(row, who.pk, decision, at)
    following.after_claim(row, decision=decision)
    _undo_refunded(row, lines, at)
    if row.points_earned:
        holds.catch_up(about="order", source=row.source, external_id=row.external_id, at=at)
    referrals.friends_bought([row], version=row.programme_version, at=at)
    in_force = programmes.in_force()
    following.last([who.pk], version=in_force.id if in_force else None, at=at)
    record("order.claimed", subject=who.pk, at=at, data={"order": str(row.pk), "points": row.points_earned})
    return _claimed(row, who.pk, replayed=False)


def _claimed(row: Order, member: UUID, *, replayed: bool) -> Claimed:
    undone = Refund.objects.filter(order=row).values_list("points_taken", "shortfall")
    points = row.points_earned - sum(taken + short for taken, short in undone)
    return Claimed(row.pk, member, msgspec.convert(row.decision, Decision, strict=False), points, replayed)


def _decide_again(row: Order, lines: list[OrderLine], who: Member, counts: Stats) -> Decision:
    """The engine's answer for this member, by the programme that was in force when the order was recorded. What its
    rules compare is read, and its budgets locked, while the member's counts are."""
    decision = Decision()
    rules = adding.live(row.programme_version)
    if rules is not None:
        shop, earning = shop_of_scope(), rules.programme["earning"]
        asked, zone, running = asked_by(earning), ZoneInfo(shop.timezone), comparisons.current()
        if running.looks_at_segments:
            asked = asking_segments(asked)
        member = MemberFacts(who.joined_at, counts.orders_count, counts.spend_minor, counts.last_order_at)
        sheet = Sheet(asked, zone)
        if not asked.nothing:
            lock_budgets(asked.budgets)
            skus = tuple(dict.fromkeys(line.sku for line in lines))
            occasion = usage.Occasion(0, who.pk, row.placed_at, skus=skus)
            sheet = usage.sheet(asked, [occasion], zone)
            member = sheet.member(0, who.pk, row.placed_at, joined_at=who.joined_at, blocked=False)
        facts = Facts(_facts(row, lines), member, shop.timezone, budgets=sheet.spent())
        decision = decide_compared(earning, facts, row.placed_at, member=who.pk, comparisons=running)
        count(found=uses(earning, decision), source_kind=RuleUse.Kind.ORDER, source=row.pk, member=who.pk,
              at=row.placed_at)  # fmt: skip
    row.member, row.points_earned = who, decision.earned()
    row.eligible_minor, row.decision = decision.eligible_minor, msgspec.to_builtins(decision, str_keys=True)
    row.save(update_fields=["member", "points_earned", "eligible_minor", "decision"])
    for line in lines:
        line.points = decision.lines.get(line.number, 0)
        if line.points:
            OrderLine.objects.filter(order=row, number=line.number).update(points=line.points)
    return decision


def _facts(row: Order, lines: list[OrderLine]) -> OrderFacts:
    return OrderFacts(
        currency=row.currency,
        lines=tuple(
            LineFacts(line.number, line.sku, line.amount_minor, str(line.quantity), LineKind(line.kind),
                      line.name, line.category, line.brand, frozenset(line.tags))
            for line in lines
        ),
        discount_minor=row.discount_minor, points_minor=row.points_minor, channel=row.channel,
        location=row.location, payment_method=row.payment_method,
    )  # fmt: skip


def _count(row: Order, counts: Stats) -> None:
    orders, net_minor = contribution(row)
    Stats.objects.filter(pk=counts.pk).update(
        orders_count=F("orders_count") + orders,
        spend_minor=F("spend_minor") + net_minor,
        first_order_at=Least(F("first_order_at"), row.placed_at),
        last_order_at=Greatest(F("last_order_at"), row.placed_at),
    )


def _grant(row: Order, owner: UUID, decision: Decision, at: datetime) -> None:
    """The same postings that recording the order for the member would have made; a hold that is over by now is not
    waited for again."""
    if row.programme_version is None:
        return
    source = Source(
        kind="order", id=row.pk, owner=owner, at=row.placed_at, now=at, version=row.programme_version
    )
    programme, zone = programmes.version(row.programme_version).programme, ZoneInfo(shop_of_scope().timezone)
    post_many(list(grants(decision, source=source, programme=programme, zone=zone, waits=False)))


def _undo_refunded(row: Order, lines: list[OrderLine], at: datetime) -> None:
    """What came back while nobody had claimed it counts too. It is written to the last refund."""
    last = Refund.objects.filter(order=row, status=Refund.Status.APPLIED).order_by("recorded_at", "id").last()
    if last is not None and row.member_id is not None:
        claw_back(row=last, order=row, lines=lines, owner=row.member_id, at=at)
        last.save(update_fields=["points_taken", "shortfall", "others"])
