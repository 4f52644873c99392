"""The demo's history, lived again by the programme that was live: what stands in the ledger, order by order."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from campaigns.operations.rehearsing import start_rehearsal
from campaigns.queries import rehearsals as reading
from campaigns.queries.rehearsals import figures_of, live_member, purchases
from loyalty.core import clock
from loyalty.core.jobs.tasks import run_chunk
from loyalty.core.ledger.checks import verify
from loyalty.core.programme.queries import in_force
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo import cafe, load
from loyalty.demo.load import load_part
from loyalty.demo.parts import PARTS, Work
from loyalty.demo.shops import DEMO, open_shops
from members.models import Member, Order, Refund
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund, RefundedLine

pytestmark = pytest.mark.django_db
HOUSEHOLDS = 8
_BOOKS = """
SELECT source, sum(CASE move WHEN 'grant' THEN amount WHEN 'take_back' THEN -amount ELSE 0 END)
  FROM ledger_transfer WHERE source_kind = 'order' AND unit = 'points' GROUP BY source
"""


@pytest.fixture
def grocery(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Harvest Market with a year of some households, of whose purchases every fifth came back in some way."""
    monkeypatch.setattr(cafe, "WEEKS", 1)
    monkeypatch.setitem(load.SIZES, "tiny", HOUSEHOLDS)
    shops = open_shops(at=clock.now())
    for part in range(PARTS):
        load_part(Work(shops.grocery.pk, "tiny", shops.last_day, frozenset()), part, [0] * 4)
    with acting_for(shops.grocery, by=DEMO):
        for number, order in enumerate(Order.objects.filter(total_minor__gt=0).order_by("placed_at")):
            if number % 5 == 0:
                _came_back(order, number // 5)
        yield


def _came_back(order: Order, number: int) -> None:
    at, now = order.placed_at + timedelta(hours=20), clock.now()
    if number % 3 == 0:
        cancel_order(source="till", order_external_id=order.external_id, cancelled_at=at, at=now)
        return
    line = order.lines.filter(paid_minor__gt=0).order_by("number").first()
    assert line is not None
    lines = (RefundedLine(line.number, (line.paid_minor + 1) // 2),) if number % 3 == 1 else ()
    back = NewRefund(f"back-{number}", at, lines, 0 if lines else (order.total_minor + 2) // 3)
    refund_order(source="till", order_external_id=order.external_id, refund=back, at=now)


def ledger() -> dict[UUID, int]:
    """Points that each order brought by the books, and what its refunds could not take because it was spent."""
    with connection.cursor() as cursor:
        cursor.execute(_BOOKS)
        found = {order: int(points) for order, points in cursor.fetchall()}
    for order, short in Refund.objects.filter(status="applied").values_list("order", "shortfall"):
        found[order] = found.get(order, 0) - short
    return found


def test_the_live_programme_lived_again_is_the_ledger_order_by_order(grocery: None) -> None:
    current = in_force()
    assert current is not None
    first = Order.objects.earliest("placed_at").placed_at
    made = start_rehearsal(since=first, until=clock.now(), at=clock.now(), version=current.number)
    (job,) = reading.jobs_of(made.pk)
    while run_chunk(job.merchant_id, job.pk):
        pass
    row = reading.rehearsal(made.pk)
    found: dict[UUID, int] = {}
    for member in Member.objects.values_list("pk", flat=True):
        again = live_member(row, member)
        assert again is not None
        found |= {one.source: one.after for one in purchases(row, *again)}
    books = ledger()
    assert len(found) == Order.objects.count() > 300
    assert {order: points for order, points in found.items() if points != books.get(order, 0)} == {}
    figures = figures_of(row)
    assert figures.whole.after == figures.whole.before == sum(books.values()) > 10_000
    assert figures.largest == []
    assert Refund.objects.filter(status="applied").count() > 60
    assert verify() == []
