"""A shop's past with everything in it, a programme that looks at all of it, and rehearsals that come to their end."""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns.models import Rehearsal
from campaigns.operations.rehearsing import start_rehearsal
from campaigns.queries import rehearsals as reading
from campaigns.queries.rehearsals import live_member, purchases
from loyalty.core import ids
from loyalty.core.jobs.models import Job
from loyalty.core.jobs.tasks import run_chunk
from members.models import Activity, Member, Order, Refund
from members.operations.activities import record_activity
from members.operations.refunds import RefundTooLarge, cancel_order, refund_order
from members.rules.doing import NewActivity, Product
from members.rules.shopping import MemberRef, NewLine, NewRefund, RefundedLine
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days

END = AT + days(400)
DOUBLE = {**ONE_POINT_PER_KRONA, "points": 2}

EVERYTHING: list[dict[str, Any]] = [
    ONE_POINT_PER_KRONA,
    {"type": "fixed", "id": "monthly", "amount": 5, "limits": {"per": [{"period": "month", "times": 2}]}},
    {"type": "fixed", "id": "weekly", "amount": 30, "limits": {"per": [{"period": "week", "units": 40}]}},
    {"type": "fixed", "id": "rested", "amount": 3, "when": [{"type": "cool_down", "minutes": 2880}]},
    {"type": "fixed", "id": "third", "amount": 50, "when": [{"type": "order_number", "every": 3}]},
    {"type": "fixed", "id": "second", "amount": 8,
     "when": [{"type": "order_number", "number": 2, "per": "month"}]},
    {"type": "fixed", "id": "again", "amount": 20, "when": [{"type": "since_order", "at_least_days": 4}]},
    {"type": "fixed", "id": "same", "amount": 4, "when": [{"type": "repeat", "times": 3, "within_days": 30}]},
    {"type": "fixed", "id": "review", "amount": 20, "when": [
        {"type": "activity", "kinds": ["review"]},
        {"type": "following", "within_days": 14, "same_product": True}]},
    {"type": "fixed", "id": "joined", "amount": 10, "when": [{"type": "activity", "kinds": ["account_created"]}]},
    {"type": "fixed", "id": "after-review", "amount": 6, "when": [
        {"type": "following", "after": "review", "within_days": 10}]},
    {"type": "multiplier", "id": "gold", "factor": "2", "when": [{"type": "tier", "any_of": ["gold"]}]},
    {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps"},
    {"type": "enter_segment", "id": "big", "segment": "fans",
     "when": [{"type": "order_amount", "at_least_minor": 400_00}]},
    {"type": "fixed", "id": "fans", "amount": 2, "when": [{"type": "segment", "any_of": ["fans"]}]},
]  # fmt: skip
BUDGETED = {"type": "fixed", "id": "early", "amount": 7, "limits": {"budget": "spring"}}
BUDGETS = {"budgets": [{"id": "spring", "units": 150}]}


def ladder(by: str, silver: int, gold: int, **terms: Any) -> dict[str, Any]:
    """Three tiers."""
    steps = [
        {"id": "classic", "at_least": 0},
        {"id": "silver", "at_least": silver},
        {"id": "gold", "at_least": gold},
    ]
    return {"by": by, "ladder": steps, **terms}


LADDERS = {
    "spend": ladder("spend", 800_00, 2000_00, window="rolling", months=2, valid="months", valid_months=1,
                    on_refund="review"),
    "points": ladder("points", 400, 1500, on_refund="review"),
    "orders": ladder("orders", 4, 10, window="lifetime", valid="forever", on_refund="review"),
    "activities": ladder("activities", 2, 4, kinds=["review"], window="rolling", months=1, valid="months",
                         valid_months=1),
}  # fmt: skip


def happen(dice: random.Random, members: list[Member], *, count: int) -> None:
    """Purchases, refunds, cancellations and reviews, one after the other, each recorded when it happens; now and then
    nothing does for so long that tiers end."""
    at, made = AT + days(1), list[tuple[str, int]]()
    for number in range(count):
        at += timedelta(hours=dice.randint(2, 40)) + days(70 if number % 40 == 39 else 0)
        what, member = dice.random(), dice.choice(members)
        if what < 0.65 or not made:
            amounts = [dice.randint(10_00, 320_00) for _line in range(dice.randint(1, 3))]
            skus = [f"item-{dice.randint(1, 3)}" for _line in amounts]
            lines = tuple(NewLine(sku, amount) for sku, amount in zip(skus, amounts, strict=True))
            off = dice.choice([0, 0, 7_77])
            buy(member, at=at, external_id=f"o{number}", lines=lines, discount_minor=off)
            made.append((f"o{number}", sum(amounts) - off))
        elif what < 0.85:
            give_back(dice, *dice.choice(made[-6:]), number=number, at=at)
        else:
            who = MemberRef(id=ids.encode("mbr", member.pk))
            about = Product(f"item-{dice.randint(1, 3)}")
            record_activity(activity=NewActivity(f"a{number}", "review", at, who, product=about), at=at)


def give_back(dice: random.Random, order: str, total: int, *, number: int, at: datetime) -> None:
    """All of an order, a line of it or some money; what is too much is refused and changes nothing."""
    how = dice.choice(["all", "line", "line", "some"])
    if how == "all":
        cancel_order(source="api", order_external_id=order, cancelled_at=at, at=at)
        return
    line = Order.objects.get(external_id=order).lines.order_by("number").first()
    assert line is not None
    parts = (RefundedLine(1, line.paid_minor),) if how == "line" else ()
    refund = NewRefund(f"r{number}", at, parts, 0 if parts else max(1, total // 3))
    with suppress(RefundTooLarge):
        refund_order(source="api", order_external_id=order, refund=refund, at=at)


def rehearse(**values: Any) -> Rehearsal:
    """A rehearsal that has come to its end."""
    made = start_rehearsal(**{"since": AT - days(1), "until": END, "at": END, **values})
    while a_round(reading.jobs_of(made.pk)):
        pass
    return reading.rehearsal(made.pk)


def a_round(jobs: list[Job]) -> bool:
    """One stretch of each; whether any has more to do."""
    more = [run_chunk(job.merchant_id, job.pk) for job in jobs]
    return any(more)


def books() -> dict[UUID, int]:
    """What each order and activity really earned, less all that its refunds undid."""
    found = dict(Order.objects.exclude(member=None).values_list("pk", "points_earned"))
    for order, taken, short in Refund.objects.filter(status="applied").values_list(
        "order", "points_taken", "shortfall"
    ):
        found[order] -= taken + short
    return found | dict(Activity.objects.values_list("pk", "points_earned"))


def lived(row: Rehearsal) -> dict[UUID, int]:
    """What the rehearsal says that each would have earned."""
    found = {}
    for member in Member.objects.all():
        if again := live_member(row, member.pk):
            found |= {one.source: one.after for one in purchases(row, *again)}
    return found
