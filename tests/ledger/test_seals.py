"""Nobody edits an old line unseen, not even the server's administrator with the guards switched off."""

import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from loyalty.core import ids, privacy
from loyalty.core.events.models import Event, JobRun
from loyalty.core.ledger import checks, seals
from loyalty.core.ledger.carried import first_id, last_seal
from loyalty.core.ledger.chart import Do
from loyalty.core.ledger.models import Account, Entry, Transfer
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import outstanding, totals
from loyalty.core.ledger.sealing import seal_books
from loyalty.core.ledger.tasks import JOB, watch
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, shop

ZONE = ZoneInfo("Europe/Stockholm")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def tomorrow() -> datetime:
    """A time at which everything written by this test is of the day before."""
    return datetime.now(UTC) + timedelta(days=1, hours=2)


def grant(amount: int) -> None:
    now = datetime.now(UTC)
    post(Posting(do=Do.GRANT, key=f"g{ids.new()}", kind="earn", event="points.earned", owner=ids.new(),
                 actor="test", at=now, now=now, amount=amount))  # fmt: skip


@pytest.fixture
def sealed() -> Merchant:
    """A shop with five grants under a seal and one after it; really committed."""
    merchant = shop("sealed", name="Sealed")
    with acting_for(merchant, by=MARA):
        for amount in (10, 20, 30, 40, 50):
            grant(amount)
        at = tomorrow()
        assert seal_books(day=at.astimezone(ZONE).date() - timedelta(days=1), zone=ZONE, at=at)
    return merchant


def edit(statement: str) -> None:
    """As the administrator, with every trigger disabled."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        assert admin.execute(statement).rowcount > 0


def found(merchant: Merchant) -> set[str]:
    with acting_for(merchant, by=MARA):
        return {breach.check for breach in [*checks.verify(), *seals.verify_seals()]}


def test_untouched_books_are_right(sealed):
    assert found(sealed) == set()
    out = StringIO()
    call_command("verify_books", stdout=out)
    assert "The books are right." in out.getvalue()


@pytest.mark.parametrize(
    ("statement", "by"),
    [
        # Made to look right in itself: both lines, the balance after it, the lot, the account.
        ("UPDATE ledger_entry SET amount = amount + sign(amount)::int, balance_after = 31 WHERE abs(amount) = 30", {"hashes_chain", "seals_hold"}),
        ("UPDATE ledger_transfer SET happened_at = happened_at - interval '1 day' WHERE amount = 30",
         {"hashes_chain", "seals_hold"}),
        ("UPDATE ledger_transfer SET recorded_at = recorded_at - interval '1 day' WHERE amount = 30", {"seals_hold"}),
        ("UPDATE ledger_entry SET hash = sha256('x') WHERE amount = 30", {"hashes_chain", "seals_hold"}),
        ("DELETE FROM ledger_entry WHERE abs(amount) = 30", {"has_lines", "balance_is_sum", "seals_hold"}),
        ("UPDATE ledger_seal SET digest = sha256('x')", {"seals_hold"}),
        ("UPDATE ledger_seal SET sums = jsonb_set(sums, '{points,held}', '151')", {"seals_hold"}),
        ("UPDATE ledger_account SET balance = balance + 1 WHERE balance = 30",
         {"balance_is_sum", "lots_make_balance", "book_is_zero"}),
        ("UPDATE ledger_lot SET remaining = 1 WHERE granted = 30", {"lot_is_sum", "lots_make_balance"}),
        ("DELETE FROM events_event WHERE data->>'amount' = '30'", {"told_once"}),
    ],
)  # fmt: skip
def test_an_edit_behind_the_guards_is_found(sealed, statement, by):
    edit(statement)
    assert by <= found(sealed)
    with pytest.raises(CommandError, match="The books are wrong"):
        call_command("verify_books", merchant="sealed", stdout=StringIO(), stderr=StringIO())


def by_hand() -> tuple[dict[str, int], int]:
    """What the shop's lines say, and what members' balances do: each summed over everything there is."""
    lines = Entry.objects.filter(account__owner=None, unit="points").values_list("account__kind")
    held = Account.objects.filter(owner__isnull=False, unit="points").aggregate(held=Sum("balance"))
    return {kind: -total for kind, total in lines.annotate(total=Sum("amount"))}, held["held"]


def test_sums_are_carried_forward_and_only_new_lines_added(sealed):
    """A shop of ten million lines shows its books from what was written since last night."""
    with acting_for(sealed, by=MARA):
        first = last_seal()
        assert first.sums == {"points": {"issued": -150, "held": 150}}
        assert (totals(), outstanding()) == by_hand() == ({"issued": 150}, 150)
        # The cut of the fixture lies ahead of everything this test writes; what comes after it is like this.
        second = seal_books(day=first.day + timedelta(days=1), zone=ZONE, at=tomorrow() + timedelta(days=1))
        assert second.sums == first.sums
    edit("UPDATE ledger_seal SET sums = jsonb_set(sums, '{points,issued}', '-1000')")
    with acting_for(sealed, by=MARA):
        assert totals() == {"issued": 1000}, "the twin: what is carried is not added up again"
        with CaptureQueriesContext(connection) as asked:
            outstanding()
        read = [query["sql"] for query in asked if "ledger_entry" in query["sql"]]
        assert len(read) == 1 and f"e.transfer_id >= '{first_id(second.until)}'" in read[0]
    assert found(sealed) == {"seals_hold"}


def test_what_is_written_after_a_seal_is_added_to_it():
    merchant = shop("sealed", name="Sealed")
    with acting_for(merchant, by=MARA):
        grant(40)
    # As if written three days ago: under its guards nothing can be.
    edit("UPDATE ledger_transfer SET id = (lpad(to_hex((extract(epoch FROM now() - interval '3 days') * 1000)::bigint), 12, '0')"
         " || substr(replace(id::text, '-', ''), 13))::uuid")  # fmt: skip
    edit("UPDATE ledger_entry SET transfer_id = (SELECT id FROM ledger_transfer)")
    edit("UPDATE ledger_lot SET transfer_id = (SELECT id FROM ledger_transfer)")
    with acting_for(merchant, by=MARA):
        now = datetime.now(UTC)
        seal = seal_books(day=now.astimezone(ZONE).date() - timedelta(days=2), zone=ZONE, at=now)
        assert seal.sums == {"points": {"issued": -40, "held": 40}}
        grant(2)
        assert (totals(), outstanding()) == by_hand() == ({"issued": 42}, 42)
        assert seals.verify_seals() == []


def test_an_empty_seal_carries_nothing_so_that_an_archive_may_follow_it():
    """Lines that come back out of an archive are older than the seals of the shop they come into."""
    merchant = shop("sealed", name="Sealed")
    with acting_for(merchant, by=MARA):
        at = tomorrow()
        seal = seal_books(day=at.astimezone(ZONE).date() - timedelta(days=1), zone=ZONE, at=at)
        assert (seal.sums, totals(), outstanding()) == ({}, {}, 0)
        grant(40)
        assert (totals(), outstanding()) == by_hand() == ({"issued": 40}, 40)
        later = seal_books(day=seal.day + timedelta(days=1), zone=ZONE, at=at + timedelta(days=1))
        assert later.sums == {"points": {"issued": -40, "held": 40}}
        assert (totals(), outstanding()) == by_hand()


def test_a_forgotten_reason_breaks_neither_chain_nor_seal(sealed):
    edit("UPDATE ledger_transfer SET reason = 'Welcome, Wilhelmina' WHERE amount = 30")
    with acting_for(sealed, by=MARA):
        owner = Transfer.objects.get(amount=30).owner
        privacy.erase(owner)
        assert not Transfer.objects.exclude(reason="").exists()
    assert found(sealed) == set()


def test_a_whole_forged_chain_still_breaks_the_seal(sealed):
    """Whoever knows how hashes are made can chain the account anew; the seal was made before."""
    edit("UPDATE ledger_entry SET amount = amount + sign(amount)::int, balance_after = balance_after + 1"
         " WHERE abs(amount) = 30")  # fmt: skip
    edit("UPDATE ledger_transfer SET amount = 31 WHERE amount = 30")
    edit("UPDATE ledger_lot SET granted = 31, remaining = 31 WHERE granted = 30")
    edit("UPDATE ledger_entry e SET hash = sha256(convert_to(concat_ws('|', e.merchant_id, e.transfer_id, e.line,"
         " e.account_id, e.lot_id, e.amount, e.version, (extract(epoch FROM t.happened_at) * 1000000)::bigint), 'UTF8'))"
         " FROM ledger_transfer t WHERE t.id = e.transfer_id AND e.amount = 31")  # fmt: skip
    edit("UPDATE ledger_account a SET balance = 31, head = e.hash FROM ledger_entry e"
         " WHERE e.account_id = a.id AND e.amount = 31")  # fmt: skip
    assert found(sealed) == {"seals_hold"}


def test_seals_chain_and_a_missing_one_is_found(sealed):
    with acting_for(sealed, by=MARA):
        first = last_seal()
        second = seal_books(day=first.day + timedelta(days=1), zone=ZONE, at=tomorrow() + timedelta(days=1))
        third = seal_books(day=first.day + timedelta(days=2), zone=ZONE, at=tomorrow() + timedelta(days=2))
        assert bytes(second.previous) == bytes(first.digest)
        assert bytes(third.previous) == bytes(second.digest)
        assert seal_books(day=third.day, zone=ZONE, at=tomorrow() + timedelta(days=2)).pk == third.pk
    assert found(sealed) == set()
    edit(f"DELETE FROM ledger_seal WHERE id = '{second.pk}'")
    assert found(sealed) == {"seals_hold"}


def test_a_day_is_not_sealed_before_it_is_over_nor_while_it_is_being_written(sealed):
    with acting_for(sealed, by=MARA):
        day = last_seal().day + timedelta(days=1)
        assert seal_books(day=day, zone=ZONE, at=datetime.now(UTC)) is None
    with psycopg.connect(os.environ["TEST_DATABASE_URL"]) as writer:
        writer.execute("SELECT pg_current_xact_id()")
        with acting_for(sealed, by=MARA):
            assert seal_books(day=day, zone=ZONE, at=tomorrow() + timedelta(days=1)) is None
    with acting_for(sealed, by=MARA):
        assert seal_books(day=day, zone=ZONE, at=tomorrow() + timedelta(days=1)) is not None


def test_the_night_watch_does_a_day_once_and_tells_of_broken_books(sealed):
    at = tomorrow() + timedelta(days=1)
    edit("UPDATE ledger_account SET balance = balance + 1 WHERE balance = 30")
    with acting_for(sealed, by=MARA):
        assert watch(merchant=sealed, at=at) is True
        assert watch(merchant=sealed, at=at) is False
        told = Event.objects.get(kind="books.broken")
        assert told.data["checks"] == ["balance_is_sum", "book_is_zero", "lots_make_balance"]
        assert JobRun.objects.get(job=JOB).result["breaches"] == 3


def test_only_what_is_new_can_be_checked(sealed):
    with acting_for(sealed, by=MARA):
        grant(60)
        start = datetime.now(UTC) + timedelta(milliseconds=2)
        while datetime.now(UTC) <= start:
            pass
        grant(70)
        rows = {result.check.name: result.rows for result in checks.run(since=start)}
    assert rows["has_lines"] == 1
    assert rows["balance_is_sum"] == 1
    edit("UPDATE ledger_account SET balance = balance + 1 WHERE balance = 60")
    with acting_for(sealed, by=MARA):
        assert "balance_is_sum" not in {b.check for b in checks.verify(since=start)}
    edit("UPDATE ledger_account SET balance = balance + 1 WHERE balance = 70")
    with acting_for(sealed, by=MARA):
        assert "balance_is_sum" in {b.check for b in checks.verify(since=start)}
