"""What other earning rules would have given for the shop's last purchases: the pure engine, asked again.

The purchases are decided oldest first, each knowing those before it, as they would be one after the other. Caps,
cool-downs and budgets begin at nothing with the first of them, and members have the tier and segments of today: it is
a rehearsal of a stretch, not of the whole past.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max

from members.models import Member, Order, OrderLine
from members.queries import usage
from members.queries.orders import newest_of_members, with_lines
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.decision import Decision
from members.rules.earning import Earning
from members.rules.engine import decide
from members.rules.facts import Facts, Happened, LineFacts, LineKind, OrderFacts
from members.rules.usage import Sheet, asked_by, uses

MOST = 200


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase that was really made, as the engine sees it."""

    order: Order
    facts: OrderFacts


@dataclass(frozen=True, slots=True)
class Sample:
    """The shop's last purchases by members, oldest first, with what is known of their members."""

    purchases: tuple[Purchase, ...]
    joined: dict[UUID, datetime]
    earlier: dict[UUID, tuple[int, datetime]]
    """How many purchases each had made before the first of these, and when the last of those was."""

    @property
    def total_minor(self) -> int:
        """What they cost together, in minor units."""
        return sum(one.order.total_minor for one in self.purchases)


def facts_of(order: Order, lines: Sequence[OrderLine]) -> OrderFacts:
    """A recorded order as the engine sees it."""
    return OrderFacts(
        order.currency,
        tuple(
            LineFacts(
                line.number, line.sku, line.amount_minor, f"{line.quantity:f}", LineKind(line.kind), line.name,
                line.category, line.brand, frozenset(line.tags),
            )
            for line in lines
        ),
        order.discount_minor, order.points_minor, order.channel, order.location, order.payment_method,
    )  # fmt: skip


def last_purchases(*, most: int = MOST) -> Sample:
    """A bounded sample: five queries, however large the shop is."""
    found = with_lines(reversed(newest_of_members(most)))
    purchases = tuple(Purchase(one.order, facts_of(one.order, one.lines)) for one in found)
    members = {one.order.member_id for one in found if one.order.member_id}
    joined = dict(Member.objects.filter(pk__in=members).values_list("pk", "joined_at"))
    earlier: dict[UUID, tuple[int, datetime]] = {}
    if purchases:
        begin = purchases[0].order.placed_at
        before = Order.objects.filter(member__in=members, status=Order.Status.RECORDED, placed_at__lt=begin)
        rows = (
            before.order_by("member").values_list("member").annotate(count=Count("pk"), last=Max("placed_at"))
        )
        earlier = {member: (count, last) for member, count, last in rows}
    return Sample(purchases, joined, earlier)


def rehearse(earning: Earning, sample: Sample, zone: ZoneInfo) -> list[Decision]:
    """What these rules would have given for each purchase of a sample, in its order. Writes and locks nothing."""
    sheet = _sheet(earning, sample, zone)
    found = []
    for number, one in enumerate(sample.purchases):
        order = one.order
        member, at = order.member_id, order.placed_at
        if member is None:
            continue
        facts = Facts(
            one.facts,
            sheet.member(number, member, at, joined_at=sample.joined.get(member, at), blocked=False),
            zone.key, budgets=sheet.spent(),
        )  # fmt: skip
        decision = decide(earning, facts, at)
        bought = [Happened(PURCHASE, at, line.sku) for line in one.facts.lines]
        sheet.add(member, at, uses(earning, decision), bought)
        sheet.add_order(member, at, order.total_minor)
        found.append(decision)
    return found


def _sheet(earning: Earning, sample: Sample, zone: ZoneInfo) -> Sheet:
    """What is known of the members, with nothing given and nothing spent yet."""
    asked = asked_by(earning)
    occasions = [
        usage.Occasion(number, one.order.member_id, one.order.placed_at)
        for number, one in enumerate(sample.purchases)
    ]
    read = usage.sheet(asked, occasions, zone) if occasions else Sheet(asked, zone)
    sheet = Sheet(asked, zone, read.standings)
    for member in sample.joined:
        count, last = sample.earlier.get(member, (0, None))
        stands = sheet.standings.setdefault(member, usage.Standing())
        stands.orders, stands.spend_minor, stands.last_order_at = count, 0, last
    return sheet
