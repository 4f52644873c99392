"""What other earning rules would have given for the shop's last purchases: a short look, while a draft is written.

The purchases are lived again as in a rehearsal of the whole past (`members.rules.rehearsing`), oldest first. But it is
only a stretch of it: caps, cool-downs and budgets begin at nothing with the first of them, and members have the tier
and segments of today.
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
from members.queries.tiers import NO_TIERS
from members.rules.decision import Decision
from members.rules.earning import Earning
from members.rules.facts import LineFacts, LineKind, OrderFacts
from members.rules.pasts import PastMember, PastOrder
from members.rules.rehearsing import Life, Purse, Rules
from members.rules.usage import Asked, Standing, asked_by

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
    if not sample.purchases:
        return []
    begins = sample.purchases[0].order.placed_at
    rules = Rules(earning, NO_TIERS, zone, begins, asked_by(earning))
    purse, standings = Purse(earning, begins), _standings(rules.asked, sample, zone)
    lives = {
        member: Life(rules, PastMember(member, joined_at), purse, stands=standings[member])
        for member, joined_at in sample.joined.items()
    }
    found = []
    for one in sample.purchases:
        order = one.order
        if order.member_id in lives:
            life = lives[order.member_id]
            life.happen(PastOrder(order.pk, order.placed_at, one.facts, order.total_minor))
            found.append(life.lived[order.pk].decision)
    return found


def _standings(asked: Asked, sample: Sample, zone: ZoneInfo) -> dict[UUID, Standing]:
    """How each member stood before the first of the purchases: with their tier and segments of today."""
    occasions = [
        usage.Occasion(number, one.order.member_id, one.order.placed_at)
        for number, one in enumerate(sample.purchases)
    ]
    read = usage.sheet(asked, occasions, zone).standings
    found = {}
    for member in sample.joined:
        count, last = sample.earlier.get(member, (0, None))
        now = read.get(member, Standing())
        found[member] = Standing(now.seen, count, 0, last, now.birthday, now.tier, now.places)
    return found
