"""Many at once, for real: each attempt commits on a connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from loyalty.core.errors import DomainError
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from rewards.models import Redemption, Reward, Voucher
from rewards.operations import redemption as operations
from rewards.operations.redemption import (
    commit_redemption,
    redeem_reward,
    release_stale,
    reserve_reward,
    use_voucher,
)
from tests.cast import AT, MARA, person
from tests.ledger.mutants import installed
from tests.rewards.operations.test_redemption import coffee

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
WORKERS = 8


def at_once(merchant: Any, attempts: list[Callable[[], Any]], workers: int = WORKERS) -> Counter:
    """Run the attempts on many connections; how often each answer came: an error's code or what `attempt` gave."""
    start = threading.Barrier(min(workers, len(attempts)))

    def one(attempt: Callable[[], Any]) -> Any:
        try:
            with acting_for(merchant, by=MARA):
                return attempt()
        except DomainError as refused:
            return refused.code
        except IntegrityError as stopped:
            return type(stopped).__name__

    def worker(mine: list[Callable[[], Any]]) -> list[Any]:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return [one(attempt) for attempt in mine]
        finally:
            connection.close()

    count = min(workers, len(attempts))
    with ThreadPoolExecutor(count) as pool:
        answers = pool.map(worker, [attempts[index::count] for index in range(count)])
        return Counter(answer for mine in answers for answer in mine)


def rich(merchant: Any, names: list[str], points: int = 1000) -> list:
    with acting_for(merchant, by=MARA):
        found = [person(name) for name in names]
        for member in found:
            adjust_points(member=member.pk, amount=points, reason="test", at=AT)
    return found


def taking(member: Any, reward: Reward, key: str) -> Callable[[], str]:
    return lambda: redeem_reward(member=member.pk, reward=reward.pk, key=key, at=AT).status


def two_hundred_for_fifty(merchant: Any) -> Counter:
    members = rich(merchant, [f"m{number}" for number in range(20)], points=10_000)
    with acting_for(merchant, by=MARA):
        reward = coffee(stock=50)
    return at_once(merchant, [taking(members[n % 20], reward, f"k{n}") for n in range(200)])


def test_a_stock_of_fifty_is_sold_fifty_times_to_two_hundred(luna_open):
    assert two_hundred_for_fifty(luna_open) == {"committed": 50, "not_eligible": 150}
    with acting_for(luna_open, by=MARA):
        assert Reward.objects.get().taken == Redemption.objects.count() == Voucher.objects.count() == 50
        assert verify() == []


ASKING = (Path(operations.__file__).parent / "redemption.sql").read_text()


@pytest.fixture
def unlocked(transactional_db, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the guard away: members, their accounts and rewards are read without their locks, and a wait between looking and
    writing lets others look in between."""
    made = operations.vouchers.made

    def later(**fields: Any) -> Voucher:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        return made(**fields)

    monkeypatch.setattr(operations.vouchers, "made", later)
    assert " FOR NO KEY UPDATE" in ASKING
    without = ASKING.replace(" FOR NO KEY UPDATE", "").replace("PERFORM ledger_hold(ARRAY[who]);", "")
    with installed(without, afterwards=ASKING):
        yield


def test_without_the_lock_only_the_database_stops_an_oversold_stock(luna_open, unlocked):
    """The twin: what the lock is for. All see three left; the table's own check refuses the rest, as a bug."""
    members = rich(luna_open, [f"m{number}" for number in range(WORKERS)])
    with acting_for(luna_open, by=MARA):
        reward = coffee(stock=3)
    answers = at_once(luna_open, [taking(member, reward, f"k{n}") for n, member in enumerate(members)])
    assert answers["IntegrityError"] > 0


def test_one_each_is_one_each_however_often_they_press(luna_open):
    [ana] = rich(luna_open, ["ana"])
    with acting_for(luna_open, by=MARA):
        reward = coffee(limit_per_member=1)
    answers = at_once(luna_open, [taking(ana, reward, f"k{n}") for n in range(20)])
    assert answers == {"committed": 1, "not_eligible": 19}


def test_without_the_lock_one_member_has_several(luna_open, unlocked):
    [ana] = rich(luna_open, ["ana"])
    with acting_for(luna_open, by=MARA):
        reward = coffee(limit_per_member=1)
    assert at_once(luna_open, [taking(ana, reward, f"k{n}") for n in range(WORKERS)])["committed"] > 1


def test_the_same_key_pressed_many_times_is_one_redemption(luna_open):
    ana, ben = rich(luna_open, ["ana", "ben"])
    with acting_for(luna_open, by=MARA):
        reward = coffee()
    assert at_once(luna_open, [taking(ana, reward, "k")] * 12) == {"committed": 12}
    both = at_once(luna_open, [taking(ana, reward, "x"), taking(ben, reward, "x")] * 4)
    assert both == {"committed": 4, "key_reused": 4}
    with acting_for(luna_open, by=MARA):
        assert Redemption.objects.count() == 2
        assert sorted((balance(ana.pk).available, balance(ben.pk).available)) in ([800, 1000], [900, 900])


def test_a_code_is_used_at_one_of_two_tills(luna_open):
    [ana] = rich(luna_open, ["ana"])
    with acting_for(luna_open, by=MARA):
        reward = coffee()
        rows = [reserve_reward(member=ana.pk, reward=reward.pk, key=f"k{n}", at=AT) for n in range(6)]
        codes = [Voucher.objects.get(redemption=row).code for row in rows]
    tills = [(lambda code=code: use_voucher(code=code, at=AT).status) for code in codes for _till in range(4)]
    assert at_once(luna_open, tills) == {"used": 6, "code_not_valid": 18}
    with acting_for(luna_open, by=MARA):
        assert (balance(ana.pk).available, balance(ana.pk).reserved) == (400, 0)


def test_a_commit_and_the_end_of_its_time_meet_and_one_of_them_wins(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(12)])
    with acting_for(luna_open, by=MARA):
        reward = coffee()
        rows = [
            reserve_reward(member=member.pk, reward=reward.pk, key=f"k{n}", at=AT, hold=timedelta(minutes=5))
            for n, member in enumerate(members)
        ]
    late = AT + timedelta(minutes=6)
    attempts: list[Callable[[], Any]] = []
    for number, row in enumerate(rows):
        attempts.append(lambda row=row: commit_redemption(redemption=row.pk, at=AT).status)
        attempts.append(lambda: release_stale(at=late, limit=5) >= 0)
        attempts.append(taking(members[number], reward, f"again-{number}"))
    answers = at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        states = Counter(
            Redemption.objects.filter(pk__in=[row.pk for row in rows]).values_list("status", flat=True)
        )
        assert states["committed"] + states["released"] == 12
        assert answers["committed"] == states["committed"] + 12
        assert answers["wrong_state"] == states["released"]
        assert Reward.objects.get().taken == states["committed"] + 12
        for member in members:
            assert balance(member.pk).reserved == 0
        assert verify() == []


def test_reserving_while_being_merged_or_erased_strands_no_point(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(16)])
    with acting_for(luna_open, by=MARA):
        reward = coffee()
    attempts: list[Callable[[], Any]] = []
    for number in range(0, 16, 4):
        keep, gone, erased, _other = members[number : number + 4]
        attempts += [
            taking(gone, reward, f"r{number}"),
            lambda keep=keep, gone=gone: merge(keep=keep.pk, remove=gone.pk, at=AT).status,
            lambda erased=erased, n=number: (
                reserve_reward(member=erased.pk, reward=reward.pk, key=f"e{n}", at=AT).status
            ),
            lambda erased=erased: erase_member(member=erased.pk, at=AT).status,
        ]
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        for number in range(0, 16, 4):
            _keep, gone, erased, _other = members[number : number + 4]
            for member in (gone, erased):
                held = balance(member.pk)
                assert (held.available, held.pending, held.reserved) == (0, 0, 0)
        assert not Voucher.objects.filter(status="active", redemption__status="released").exists()
        assert verify() == []


def test_the_tests_do_commit(luna_open):
    """Otherwise none of the above would meet anyone."""
    assert not transaction.get_connection().in_atomic_block
