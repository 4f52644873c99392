"""A worker is killed in the middle: every message arrives, and what arrives twice has one name.

Where a copy can come from, and why it is at most one for each worker that dies, is told in `operations/sending.py`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from campaigns.operations.planning import New, plan
from campaigns.operations.sending import LEASE
from campaigns.operations.shaping import set_hours
from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.campaigns.hand import messages
from tests.campaigns.sink import Sink, sinking
from tests.cast import MARA, publish, shop

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("MESSAGES", "2000"))
pytestmark = [pytest.mark.race, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CROWD = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT gen_random_uuid(), %(shop)s, 'active', now(), 'crowd', (ARRAY['sv','nb','nl','en'])[1 + n %% 4]
  FROM generate_series(1, %(count)s) n;
INSERT INTO members_profile (id, merchant_id, member_id, given_name, family_name, news_by_email, news_by_sms,
                             search_given, search_family)
SELECT gen_random_uuid(), merchant_id, id, 'Åsa', 'Öberg', true, false, '', '' FROM members_member WHERE channel = 'crowd';
INSERT INTO members_identity (id, merchant_id, member_id, kind, value)
SELECT gen_random_uuid(), merchant_id, id, 'email', id || '@example.com' FROM members_member WHERE channel = 'crowd';
"""


def crowd(merchant: Merchant, count: int) -> None:
    """So many members, each with a welcome to send right now."""
    with acting_for(merchant, by=MARA):
        publish()
        set_hours(quiet_from=0, quiet_until=0, weekly_most=0, at=clock.now())
        with connection.cursor() as cursor:
            cursor.execute(CROWD % {"shop": merchant.pk, "count": count})
        now = clock.now()
        found = list(Member.objects.order_by("id").values_list("pk", flat=True))
        new = [New(member=one, kind="welcome", occasion="joined", due_at=now) for one in found]
        assert plan(messages=new, at=now) == count
        assert plan(messages=new, at=now) == 0  # twice is once


def started(sink: Sink, **more: str) -> subprocess.Popen[bytes]:
    """A worker process that sends into the sink."""
    environment = {
        **os.environ,
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        **more,
    }
    environment.pop("DATABASE_OWNER_URL", None)
    return subprocess.Popen([sys.executable, "-m", "tests.campaigns.worker"], cwd=ROOT, env=environment)


def killed_after(sink: Sink, count: int, **more: str) -> None:
    """A worker works until the sink has so many more, and ends without a word."""
    worker, before, until = started(sink, **more), sink.total, time.monotonic() + 300
    while sink.total < before + count and worker.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=30)


def ahead() -> str:
    """Enough for the leases of a dead worker to be over."""
    return str(LEASE.total_seconds() + 60)


def test_a_killed_worker_loses_no_message_and_sends_none_under_two_names():
    merchant = shop()
    crowd(merchant, COUNT)
    with sinking() as sink:
        for share in (7, 5):
            killed_after(sink, COUNT // share, AHEAD=ahead() if share == 5 else "0")
        assert 0 < sink.total < COUNT
        worker = started(sink, AHEAD=str(float(ahead()) * 3))
        assert worker.wait(timeout=max(300, COUNT // 20)) == 0
    rows = messages(merchant)
    names = {f"<{row.pk.hex}@127.0.0.1>" for row in rows}
    print(f"{len(rows)} messages, {sink.total} mails, {sink.total - len(sink.taken)} copies after 2 kills")
    assert len(rows) == COUNT
    assert {row.state for row in rows} == {"sent"}
    assert set(sink.taken) == names  # none lost, and nothing that nobody planned
    assert len(sink.to) == COUNT and max(sink.taken.values()) <= 3
    assert sink.total - len(sink.taken) <= 2  # one for each worker that was killed, at most
    assert {row.provider_id for row in rows} == names


def test_twin_a_worker_that_keeps_its_claims_for_good_loses_messages():
    merchant = shop()
    crowd(merchant, 300)
    with sinking() as sink:
        killed_after(sink, 60, PROMISE_EARLY="1")
        assert started(sink, AHEAD=ahead()).wait(timeout=120) == 0
    assert len(sink.taken) < 300
    assert "sending" in {row.state for row in messages(merchant)}


def test_workers_side_by_side_send_each_message_once():
    merchant = shop()
    crowd(merchant, 400)
    with sinking() as sink:
        workers = [started(sink) for _one in range(3)]
        assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    assert len(sink.taken) == sink.total == 400
