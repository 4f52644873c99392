"""Workers and the clock's own runs are killed at random moments: everything an automation does happens exactly once.

Each member is let in by the outbox, given points, put on a list, written to, waits, is asked a question and given points
again. A process that is killed may have done half of any of it; others take over. `AUTOMATED` members; the long form is
`make prove PROVE=automations`.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from campaigns.models import AutomationRun, AutomationSpark, AutomationSpend, AutomationStep, Message
from campaigns.operations.automations.running import LEASE
from campaigns.operations.segments.shaping import create_segment
from loyalty.core import clock
from loyalty.core.events.operations import record_many
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.models import Transfer
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, SegmentPlace
from tests.campaigns.automations.hand import HELLO, at_work, points, wait
from tests.cast import MARA, publish, shop

ROOT = Path(__file__).resolve().parents[3]
COUNT = int(os.environ.get("AUTOMATED", "150"))
DAY = 86_400.0
OVER = LEASE.total_seconds() + 60
"""Seconds after which what a dead worker held is anybody's."""
GLANCE = 0.005 if COUNT < 1_000 else 0.1
"""Seconds between two looks at how far a worker is: counting many steps takes time that the worker should have."""
pytestmark = [pytest.mark.race, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CROWD = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT gen_random_uuid(), %(shop)s, 'active', now(), 'crowd', 'en' FROM generate_series(1, %(count)s) n;
INSERT INTO members_profile (id, merchant_id, member_id, given_name, family_name, news_by_email, news_by_sms,
                             search_given, search_family)
SELECT gen_random_uuid(), merchant_id, id, '', '', true, false, '', '' FROM members_member WHERE channel = 'crowd';
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor)
SELECT gen_random_uuid(), merchant_id, id, 0, 0 FROM members_member WHERE channel = 'crowd';
"""
EVERYBODY = {"match": "all", "of": [{"type": "orders", "at_most": 0}]}


def crowd(merchant: Merchant, count: int, *, budget: int = 12) -> None:
    """So many members who have just joined, and an automation that waited for them; its budget is for each of them."""
    with acting_for(merchant, by=MARA):
        publish()
        create_segment(name="Guests", handle="guests", at=clock.now())
        at_work(
            points(7), {"type": "add", "segment": "guests"}, HELLO, wait(1),
            {"type": "check", "test": EVERYBODY, "yes": [points(5)], "no": [{"type": "stop"}]},
            budget={"points": budget * count},
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(CROWD % {"shop": merchant.pk, "count": count})
        found = list(Member.objects.order_by("id").values_list("pk", flat=True))
        record_many("member.joined", happened=[(one, clock.now()) for one in found])


def started(**more: str) -> subprocess.Popen[bytes]:
    """A worker process on the test's database, which does what beat rings for, too."""
    environment = {
        **os.environ,
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "CELERY_BROKER_URL": "memory://",
        **more,
    }
    environment.pop("DATABASE_OWNER_URL", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.automations.worker"], cwd=ROOT, env=environment
    )


def done(merchant: Merchant) -> int:
    """How many steps have been carried out."""
    with acting_for(merchant, by=MARA):
        return int(AutomationStep.objects.count())


def killed(merchant: Merchant, after: int, chance: random.Random, **more: str) -> None:
    """A worker is at it until so many more steps are done, then a moment longer, and ends without a word."""
    worker, before, until = started(**more), done(merchant), time.monotonic() + 300
    while done(merchant) < before + after and worker.poll() is None and time.monotonic() < until:
        time.sleep(GLANCE)
    time.sleep(chance.uniform(0, 0.05))
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)


def worked_through(merchant: Merchant, *kills: int, seed: int, **more: str) -> None:
    """Killed so often, each time further ahead in time, then left alone until nothing is due."""
    chance, ahead = random.Random(seed), 0.0
    for after in kills:
        killed(merchant, after, chance, AHEAD=str(ahead), **more)
        ahead += OVER
    left_alone(ahead, **more)


def left_alone(ahead: float, **more: str) -> None:
    """Workers that nobody kills, until nothing is due: today, when the wait is over, and once more."""
    for later in (ahead, ahead + 1.2 * DAY, ahead + 1.2 * DAY + OVER):
        assert started(AHEAD=str(later), **more).wait(timeout=max(300, COUNT)) == 0


def killed_in_between(merchant: Merchant, ahead: float) -> None:
    """A careless worker ends without a word when it has given points and has not noted it yet."""
    worker, until = started(AHEAD=str(ahead), CARELESS="1"), time.monotonic() + 300
    with acting_for(merchant, by=MARA):
        given = Transfer.objects.filter(kind="adjustment")
        noted = AutomationStep.objects.filter(kind="points")
        apart = given.count() - noted.count()  # by the ends of those before it
    while worker.poll() is None and time.monotonic() < until:
        with acting_for(merchant, by=MARA):
            if given.count() - noted.count() > apart:
                break
        time.sleep(0.005)
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)


def test_killed_workers_do_everything_exactly_once():
    merchant = shop()
    crowd(merchant, COUNT)
    worked_through(merchant, COUNT // 3, COUNT // 2, COUNT, COUNT // 2, seed=7)
    with acting_for(merchant, by=MARA):
        assert verify() == []
        runs = AutomationRun.objects.all()
        assert Counter(runs.values_list("state", flat=True)) == {"done": COUNT}
        assert len(set(runs.values_list("member", flat=True))) == COUNT
        steps = Counter(AutomationStep.objects.values_list("kind", "outcome"))
        assert steps == {("points", "done"): 2 * COUNT, ("add", "done"): COUNT, ("message", "done"): COUNT,
                         ("wait", "waited"): COUNT, ("check", "yes"): COUNT}  # fmt: skip
        moves = Counter(Transfer.objects.filter(kind="adjustment").values_list("reason", flat=True))
        assert moves == {"A little something": 2 * COUNT}
        assert Message.objects.filter(kind="automation").count() == COUNT
        assert SegmentPlace.objects.filter(segment="guests").count() == COUNT
        assert AutomationSpend.objects.get(day=None).points == 12 * COUNT
        assert not AutomationSpark.objects.exists()


def test_twin_a_worker_that_acts_before_it_notes_and_without_a_name_does_things_twice():
    merchant = shop()
    crowd(merchant, 6, budget=1_000)
    for end in range(2):
        killed_in_between(merchant, end * OVER)
    left_alone(2 * OVER, CARELESS="1")
    with acting_for(merchant, by=MARA):
        assert Transfer.objects.filter(kind="adjustment").count() == 2 * 6 + 2


def test_workers_side_by_side_do_everything_once():
    merchant = shop()
    crowd(merchant, 60)
    workers = [started() for _one in range(3)]
    assert [worker.wait(timeout=240) for worker in workers] == [0, 0, 0]
    with acting_for(merchant, by=MARA):
        assert verify() == []
        assert Transfer.objects.filter(kind="adjustment").count() == 60
        assert Message.objects.filter(kind="automation").count() == 60
