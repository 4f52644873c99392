"""However the deliveries about an order are shuffled and repeated, they end in one state.

A shop system delivers at least once and in any order: refunds before their order, cancellations twice. Each script is
an order with refunds and perhaps a cancellation that fit into it; it is played many times, each time shuffled and
with every delivery repeated one to five times, against one of sixty members who have points from elsewhere.

Each sequence is committed, as a shop's deliveries are. Rolled back ones would never be counted by ANALYZE, and without
statistics PostgreSQL takes any index that begins with the merchant to be as good as any other: it then reads the
shop's every order to find one by its key, and each sequence costs more than the one before.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from django.db import connection

from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, Order, Refund
from members.operations import refunds
from members.operations.orders import record_order
from members.operations.points import adjust_points
from members.rules.facts import LineKind
from members.rules.shopping import NewLine, NewRefund, RefundedLine
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, order, person, publish

pytestmark = pytest.mark.django_db(transaction=True)
SEQUENCES = int(os.environ.get("SEQUENCES", "2000"))
SCRIPTS = 40
PARTS = 4  # for as many processes
Delivery = Callable[[], object]


class Script:
    """One order and everything that comes back of it, made from a seed."""

    def __init__(self, seed: int):
        dice = random.Random(seed)
        kinds = [LineKind.PRODUCT, LineKind.PRODUCT, LineKind.PRODUCT, LineKind.SHIPPING]
        amounts = [dice.randint(1, 9_999) for _line in range(dice.randint(1, 3))]
        self.lines = tuple(
            NewLine(f"sku-{n}", amount, kind=dice.choice(kinds)) for n, amount in enumerate(amounts)
        )
        self.discount = dice.choice([0, 0, sum(amounts) // 7])
        self.cancelled = dice.random() < 0.4
        self.refunds = self._refunds(dice)

    def _refunds(self, dice: random.Random) -> list[NewRefund]:
        """Refunds that fit together, whichever comes first: never more than 60 % of a line, 30 % of the rest."""
        made = []
        total = sum(line.amount_minor for line in self.lines) - self.discount
        for number, line in enumerate(self.lines, start=1):
            paid = (
                line.amount_minor - self.discount
            )  # at most; a discount is spread, this takes all of it off
            for part in range(dice.choice([0, 1, 1, 2])):
                amount = paid * 3 // 10
                if amount > 0:
                    made.append(NewRefund(f"line-{number}-{part}", AT, (RefundedLine(number, amount),)))
        if dice.random() < 0.5 and total * 3 // 10 > 0:
            made.append(NewRefund("whole", AT + timedelta(hours=1), (), total * 3 // 10))
        return made

    def deliveries(self, member: Member, name: str) -> list[Delivery]:
        asked = order(member, external_id=name, lines=self.lines, discount_minor=self.discount)
        found: list[Delivery] = [lambda: record_order(order=asked, at=AT)]
        found.extend(partial(_refund, name, refund) for refund in self.refunds)
        if self.cancelled:
            found.append(
                lambda: refunds.cancel_order(source="api", order_external_id=name, cancelled_at=AT, at=AT)
            )
        return found

    def play(self, dice: random.Random, name: str, member: Member) -> tuple:
        """Deliver everything, shuffled and repeated, and say what came of it."""
        before = standing(member)
        script = [one for one in self.deliveries(member, name) for _again in range(dice.randint(1, 5))]
        dice.shuffle(script)
        for deliver in script:
            deliver()
        changes = [after - earlier for earlier, after in zip(before, standing(member), strict=True)]
        return outcome(name, changes)


def _refund(name: str, refund: NewRefund) -> None:
    refunds.refund_order(source="api", order_external_id=name, refund=refund, at=AT)


STANDING = """
SELECT sum(a.balance) FILTER (WHERE a.kind IN ('available', 'debt')), sum(a.balance) FILTER (WHERE a.kind = 'pending'),
       sum(a.balance) FILTER (WHERE a.kind = 'reserved'), sum(a.balance) FILTER (WHERE a.kind = 'debt'),
       (SELECT orders_count FROM members_stats s WHERE s.merchant_id = %(shop)s AND s.member_id = %(member)s),
       (SELECT spend_minor FROM members_stats s WHERE s.merchant_id = %(shop)s AND s.member_id = %(member)s)
  FROM ledger_account a WHERE a.merchant_id = %(shop)s AND a.owner = %(member)s AND a.unit = 'points'
"""
OUTCOME = """
SELECT o.status, o.total_minor, o.refunded_minor, o.unassigned_refund_minor, o.points_earned,
       (SELECT string_agg(concat_ws(' ', l.number, l.points, l.refunded_minor), ', ' ORDER BY l.number)
          FROM members_orderline l WHERE l.merchant_id = %(shop)s AND l.order_id = o.id),
       r.taken, r.missing, r.each
  FROM members_order o, LATERAL (
       SELECT sum(points_taken) AS taken, sum(shortfall) AS missing,
              string_agg(concat_ws(' ', external_id, status), ', ' ORDER BY external_id) AS each
         FROM members_refund
        WHERE merchant_id = %(shop)s AND source = o.source AND order_external_id = o.external_id) r
 WHERE o.merchant_id = %(shop)s AND o.source = 'api' AND o.external_id = %(name)s
"""


def asked(statement: str, **values: object) -> tuple:
    """The one row of a statement: thousands of sequences are read, so each with as few as it takes."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"shop": scope.merchant_id(), **values})
        [row] = cursor.fetchall()
        return row


def standing(member: Member) -> list[int]:
    """A member's figures: their points of each kind, their orders and what they spent."""
    return [int(figure or 0) for figure in asked(STANDING, member=member.pk)]


def outcome(name: str, changes: list[int]) -> tuple:
    """Everything that is true of an order and its member after the dust has settled; ids left out."""
    *figures, each_refund = asked(OUTCOME, name=name)
    return (*figures, *changes, each_refund)


class Cafe:
    """Café Luna, open and committed, with sixty members who have something else to lose."""

    def __init__(self, luna: Merchant):
        self.luna = luna
        with self.open():
            publish()
            self.people = [person(f"member-{number}") for number in range(60)]
            for member in self.people:
                adjust_points(member=member.pk, amount=40, reason="something else to lose", at=AT)

    @contextmanager
    def open(self) -> Iterator[None]:
        """One transaction of the shop's, committed at the end."""
        with acting_for(self.luna, by=MARA):
            yield

    def play(self, script: Script, dice: random.Random, name: str) -> tuple:
        """One sequence for one of the members, committed; what came of it."""
        with self.open():
            return script.play(dice, name, dice.choice(self.people))


@pytest.fixture
def cafe_open(luna: Merchant) -> Cafe:
    return Cafe(luna)


def analyze() -> None:
    """Have PostgreSQL look at its tables, as it does by itself within a shop's first minute."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        admin.execute("ANALYZE")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_shuffled_and_repeated_sequences_end_in_one_state_each(cafe_open, part):
    with cafe_open.open():
        publish(
            {**ONE_POINT_PER_KRONA, "points": 3, "per_minor": 700, "rounding": "up"},
            {"type": "multiplier", "id": "more", "factor": "1.7"},
        )
    plays, seeds = SEQUENCES // SCRIPTS, range(part, SCRIPTS, PARTS)
    for seed in seeds:
        script, dice = Script(seed), random.Random(seed * 1_000_003)
        ends = {cafe_open.play(script, dice, f"s{seed}-{turn}") for turn in range(plays)}
        assert len(ends) == 1, seed
        if seed == part:
            analyze()
    with cafe_open.open():
        assert verify() == []
        refused = Refund.objects.exclude(status=Refund.Status.APPLIED).count()
        assert (Order.objects.count(), refused) == (len(seeds) * plays, 0)
        assert Refund.objects.count() > len(seeds) * plays  # the scripts do have something to shuffle


def test_the_proof_fails_where_each_refund_is_rounded_by_itself(cafe_open, monkeypatch):
    """The twin: a refund takes its part of what is left, as one would first write it."""
    with cafe_open.open():
        publish({**ONE_POINT_PER_KRONA, "points": 3, "per_minor": 700, "rounding": "up"})

    def naive(lines, *, unassigned_minor, cancelled):
        """Remembers what it was asked before, as a running sum kept on the order would."""
        earned = sum(line.points for line in lines)
        if cancelled:
            return earned
        paid = sum(line.paid_minor for line in lines)
        back = sum(line.refunded_minor for line in lines) + unassigned_minor
        key = tuple((line.paid_minor, line.points) for line in lines)
        last_back, last_taken = kept.get(key, (0, 0)) if back else (0, 0)
        taken = last_taken + (earned - last_taken) * (back - last_back) // (paid - last_back)
        kept[key] = (back, taken)
        return taken

    kept: dict = {}
    monkeypatch.setattr(refunds, "points_to_take", naive)
    for seed in range(12):
        ends = set()
        script, dice = Script(seed), random.Random(seed)
        for turn in range(8):
            kept.clear()
            ends.add(cafe_open.play(script, dice, f"n{seed}-{turn}"))
        if len(ends) > 1:
            return
    pytest.fail("twelve scripts ended in one state each, rounded wrongly")


def test_the_proof_fails_where_deliveries_are_not_recognised(cafe_open, monkeypatch):
    """The other twin: every delivery counts as a new one."""
    numbers = iter(range(10**6))
    take = refunds._take

    def forgetful(row, at):
        row.external_id = f"{row.external_id}-{next(numbers)}"
        return take(row, at)

    script, dice, ends = Script(3), random.Random(3), set()
    honest = cafe_open.play(script, dice, "honest")
    monkeypatch.setattr(refunds, "_take", forgetful)
    for turn in range(6):
        try:
            ends.add(cafe_open.play(script, dice, f"f{turn}")[:-1])
        except refunds.RefundTooLarge:
            ends.add("refused")
    assert ends - {honest[:-1]}
