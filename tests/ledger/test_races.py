"""Many processes at once, really committing; and each time the proof that without the guard it would break."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from loyalty.core import ids
from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import POINTS, Do, MemberAccount, MerchantAccount
from loyalty.core.ledger.invariants import CHECKS
from loyalty.core.ledger.operations import Posting, open_books, post, post_many
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA
from tests.ledger.crowd import rush
from tests.ledger.mutants import SOURCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow]
PROCESSES = 12


def grant(owner: UUID, amount: int, **more: Any) -> None:
    post(Posting(do=Do.GRANT, key=f"grant-{ids.new()}", kind="earn", event="points.earned", owner=owner,
                 actor="test", at=AT, now=AT, amount=amount, **more))  # fmt: skip


def request(do: Do, owner: UUID, *, key: str = "", **more: Any) -> dict[str, Any]:
    """One posting as JSON, with ids of its own, like `ledger.post` makes it."""
    posting = Posting(do=do, key=key or f"k-{ids.new()}", kind=do.value, event="points.moved", owner=owner,
                      actor="test", at=AT, now=AT, **more)  # fmt: skip
    return {name: value if isinstance(value, int) else str(value) for name, value in posting.wire().items()}


def spend(owner: UUID, amount: int, **more: Any) -> dict[str, Any]:
    return request(Do.SPEND, owner, amount=amount, counter=MerchantAccount.REDEEMED, **more)


def counted(answers: list[list[dict[str, Any]]]) -> Counter[str]:
    """How often each status (or an error's code) was answered."""
    return Counter(one.get("code") or one["status"] for part in answers for one in part)


def right(merchant: Any) -> bool:
    with acting_for(merchant, by=MARA):
        return not any(result.breaches for result in checks.run(CHECKS))


def posts_beside(merchant: Any, first: dict[str, Any], second: dict[str, Any]) -> str:
    """Post two things at once, the second before the first is committed: its status, or the error's code."""
    url, scope = os.environ["TEST_DATABASE_URL"], "SELECT set_config('app.merchant_id', %s, true)"
    with psycopg.connect(url) as one, psycopg.connect(url, options="-c lock_timeout=300") as other:
        for connection, posting in ((one, first), (other, second)):
            connection.execute(scope, [str(merchant.pk)])
            try:
                [answer] = connection.execute(
                    "SELECT ledger_post(%s::jsonb)", [json.dumps(posting)]
                ).fetchone()
            except psycopg.Error as error:
                return str(error.sqlstate)
        return answer["status"]


@pytest.mark.parametrize("counter", MerchantAccount)
def test_the_first_customers_of_a_shop_do_not_wait_for_each_other(luna, counter):
    first, second = (request(Do.GRANT, ids.new(), amount=10, counter=counter) for _customer in range(2))
    assert posts_beside(luna, first, second) == "posted"


def test_twin_in_a_unit_whose_accounts_are_missing_the_second_waits_for_the_first(luna):
    def two(unit: str) -> Iterator[dict[str, Any]]:
        return (request(Do.GRANT, ids.new(), amount=10, unit=unit) for _customer in range(2))

    assert posts_beside(luna, *two("stamps")) == psycopg.errors.LockNotAvailable.sqlstate
    with acting_for(luna, by=MARA):
        open_books(unit="tickets")
        open_books(unit="tickets")  # twice is once
    assert posts_beside(luna, *two("tickets")) == "posted"


@contextmanager
def as_owner(*statements: str, undo: tuple[str, ...] = ()) -> Iterator[None]:
    """Change the test database for a while."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        admin.execute("SET ROLE loyalty_owner")
        try:
            for statement in statements:
                admin.execute(statement)
            yield
        finally:
            for statement in undo:
                admin.execute(statement)


# The same function under another name, without the lock on the member.
UNLOCKED = (
    SOURCE.replace(" FOR NO KEY UPDATE", "")
    .replace("ledger_post(", "ledger_post_unlocked(")
    .replace("ledger_post_many(", "ledger_post_many_unlocked(")
)
LOCKED_AGAIN = (SOURCE, "DROP FUNCTION ledger_post_unlocked(jsonb), ledger_post_many_unlocked(jsonb)")
NO_GUARDS = (
    "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_version",
    "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_floor",
    "ALTER TABLE ledger_lot DROP CONSTRAINT ledger_lot_within_grant",
)
GUARDS_AGAIN = (
    "RESET ROLE",
    "SET session_replication_role = replica",  # the guards refuse even the owner to empty the books
    "TRUNCATE ledger_account, ledger_transfer, ledger_entry, ledger_lot, events_event CASCADE",
    "ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_version UNIQUE (merchant_id, account_id, version)",
    (
        "ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_floor CHECK"
        " (kind = 'debt' AND balance <= 0 OR kind <> 'debt' AND balance >= 0)"
    ),
    (
        "ALTER TABLE ledger_lot ADD CONSTRAINT ledger_lot_within_grant CHECK"
        " (granted > 0 AND remaining >= 0 AND remaining <= granted)"
    ),
)


def test_10000_redemptions_on_a_balance_for_2500(luna):
    """Each redemption reserves and commits in one transaction, as the till does it."""
    ana = ids.new()
    with acting_for(luna, by=MARA):
        for amount in (9_000, 9_000, 7_000):
            grant(ana, amount)
    each = 10_000 // PROCESSES + 1
    numbers = [range(start, min(start + each, 10_000)) for start in range(0, 10_000, each)]
    answers = rush(luna.pk, [[[spend(ana, 10, key=f"redeem-{n}")] for n in part] for part in numbers])
    assert counted(answers) == {"posted": 2_500, "not_enough_points": 7_500}
    with acting_for(luna, by=MARA):
        assert balance(ana).available == 0
    assert right(luna)


def test_without_the_lock_constraints_stop_the_overdraft(luna):
    ana = ids.new()
    with acting_for(luna, by=MARA):
        grant(ana, 1_000)
    with as_owner(UNLOCKED, undo=LOCKED_AGAIN):
        work = [[[spend(ana, 10)] for _n in range(100)] for _process in range(8)]
        answers = counted(rush(luna.pk, work, function="ledger_post_unlocked"))
    assert answers["23505"] + answers["23514"] > 0  # unique version, balance or lot below zero
    assert answers["posted"] <= 100
    assert right(luna)


def test_without_lock_and_constraints_the_balance_is_overdrawn_and_the_books_say_so(luna):
    ana = ids.new()
    with acting_for(luna, by=MARA):
        grant(ana, 1_000)
    with as_owner(UNLOCKED, *NO_GUARDS, undo=(*LOCKED_AGAIN, *GUARDS_AGAIN)):
        work = [[[spend(ana, 10)] for _n in range(100)] for _process in range(8)]
        answers = counted(rush(luna.pk, work, function="ledger_post_unlocked"))
        assert answers["posted"] > 100
        with acting_for(luna, by=MARA):
            broken = {result.check.name for result in checks.run(CHECKS) if result.breaches}
    assert {"balance_is_sum", "balances_follow"} <= broken


def test_the_same_200_keys_from_10_processes(luna):
    ana = ids.new()
    with acting_for(luna, by=MARA):
        grant(ana, 1_000)
    work = []
    for number in range(10):
        part = [[spend(ana, 5, key=f"once-{n}")] for n in range(200)]
        random.Random(number).shuffle(part)
        work.append(part)
    answers = rush(luna.pk, work)
    assert counted(answers) == {"posted": 200, "replayed": 1_800}
    assert len({one["id"] for part in answers for one in part}) == 200
    assert right(luna)


def test_the_same_keys_for_different_members_pay_once(luna):
    people = [ids.new() for _n in range(8)]
    work = [[[request(Do.GRANT, person, key=f"gift-{n}", amount=5)] for n in range(100)] for person in people]
    answers = counted(rush(luna.pk, work))
    assert answers == {"posted": 100, "key_reused": 700}
    assert right(luna)


def test_without_the_look_at_the_key_a_second_process_is_not_told_the_answer(luna):
    """The unique key alone keeps the books right, but repetitions are refused instead of answered."""
    ana = ids.new()
    with acting_for(luna, by=MARA):
        grant(ana, 1_000)
    careless = SOURCE.replace("IF FOUND THEN\n        IF earlier", "IF false THEN\n        IF earlier")
    again = (SOURCE, "DROP FUNCTION ledger_post_careless(jsonb)")
    with as_owner(careless.replace("ledger_post(", "ledger_post_careless("), undo=again):
        work = [[[spend(ana, 5, key=f"once-{n}")] for n in range(50)] for _process in range(6)]
        answers = counted(rush(luna.pk, work, function="ledger_post_careless"))
    assert answers["posted"] == 50
    assert answers["replayed"] == 0
    assert right(luna)


def test_a_reservation_is_settled_once_however_many_try(luna):
    """Commit and release of the same 100 reservations, from eight processes at once."""
    ana = ids.new()
    with acting_for(luna, by=MARA):
        grant(ana, 1_000)
        held = [post(Posting(do=Do.SPEND, key=f"hold-{n}", kind="redemption", event="points.reserved", owner=ana,
                             actor="test", at=AT, now=AT, amount=10, counter=MemberAccount.RESERVED)).transfer
                for n in range(100)]  # fmt: skip
    work = []
    for number in range(8):
        do = Do.COMMIT if number % 2 else Do.RELEASE
        part = [[request(do, ana, of=one, counter=MerchantAccount.REDEEMED)] for one in held]
        random.Random(number).shuffle(part)
        work.append(part)
    assert counted(rush(luna.pk, work)) == {"posted": 100, "nothing_left": 700}
    with acting_for(luna, by=MARA):
        assert balance(ana).reserved == 0
    assert right(luna)


def test_a_first_reservation_is_seen_by_whoever_waited_for_it(luna):
    """Accounts that the holder of the lock makes must exist for the next in line: everyone's first of a kind."""
    work: list[list[list[dict[str, Any]]]] = [[] for _process in range(6)]
    with acting_for(luna, by=MARA):
        for _number in range(40):
            person = ids.new()
            grant(person, 100)
            for part in work:
                part.append([spend(person, 5) | {"counter": "reserved"}])
    assert counted(rush(luna.pk, work)) == {"posted": 240}
    assert right(luna)


def test_opposing_batches_and_mixed_movements_do_not_deadlock(luna):
    """Batches name the same members in opposite orders, new members among them, beside single postings."""
    people = [ids.new() for _n in range(12)]
    work: list[list[list[dict[str, Any]]]] = []
    for number in range(8):
        part = []
        for turn in range(40):
            members = people[: 4 + turn % 9]
            random.Random(number * 100 + turn).shuffle(members)
            part.append([request(Do.GRANT if (n + turn) % 3 else Do.SPEND, who, amount=3,
                                 counter=MerchantAccount.ISSUED if (n + turn) % 3 else MerchantAccount.REDEEMED)
                         for n, who in enumerate(members)])  # fmt: skip
        work.append(part)
    batches = [[[batch] for batch in part] for part in work]
    answers = counted(rush(luna.pk, batches, function="jsonb_agg(x) FROM ledger_post_many"))  # type: ignore[arg-type]
    assert "40P01" not in answers
    assert right(luna)


def test_two_members_of_a_shop_do_not_wait_for_each_other(luna):
    """A merchant's side is one row per kind that, once there, nobody holds: two members' movements do not queue."""
    ana, ben = ids.new(), ids.new()
    with acting_for(luna, by=MARA):
        post_many([Posting(do=Do.GRANT, key=f"start-{n}", kind="earn", event="points.earned", owner=who, actor="test",
                           at=AT, now=AT, amount=100) for n, who in enumerate((ana, ben))])  # fmt: skip
        post(Posting(do=Do.SPEND, key="first", kind="spend", event="points.spent", owner=ana, actor="test", at=AT,
                     now=AT, amount=5, counter=MerchantAccount.REDEEMED))  # fmt: skip
    with psycopg.connect(os.environ["TEST_DATABASE_URL"]) as first:
        first.execute("SELECT set_config('app.merchant_id', %s, true)", [str(luna.pk)])
        first.execute("SELECT ledger_post(%s::jsonb)", [psycopg.types.json.Jsonb(spend(ana, 5))])
        with acting_for(luna, by=MARA):
            post(Posting(do=Do.SPEND, key="ben", kind="spend", event="points.spent", owner=ben, actor="test", at=AT,
                         now=AT, amount=5, unit=POINTS, counter=MerchantAccount.REDEEMED))  # fmt: skip
    assert right(luna)
