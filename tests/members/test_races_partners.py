"""Members of two partners who redeem at both shops at the same moment, on connections of their own."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from loyalty.core.errors import DomainError
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import across_merchants
from members.models import SettlementEntry
from members.operations import pulling
from members.operations.card_links import unlink
from members.operations.partnerships import end_partnership
from members.queries import partners
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, person, shop
from tests.members.operations.town import Town, a_town, give, link
from tests.rewards.operations.test_redemption import coffee

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
type Attempt = tuple[Callable[[], Any], Callable[[], Any]]
"""The scope to open, and what to do in it."""


def at_once(attempts: list[Attempt]) -> Counter:
    """Run the attempts on connections of their own, two at a time in a row; how often each answer came."""
    count = min(8, len(attempts))
    start = threading.Barrier(count)

    def one(attempt: Attempt) -> Any:
        try:
            with attempt[0]():
                return attempt[1]()
        except DomainError as refused:
            return refused.code

    def worker(mine: list[Attempt]) -> list[Any]:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return [one(attempt) for attempt in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        answers = pool.map(worker, [attempts[index::count] for index in range(count)])
        return Counter(answer for mine in answers for answer in mine)


def a_busy_town(luna: Any) -> Town:
    """Two members with a hundred points at each shop, all linked; a point is worth as much at either."""
    town = a_town(luna, shop("ottos", name="Otto's Books"))
    with town.cafe():
        ben = person("ben")
        give(town.ana, 100)
        give(ben, 100)
    with town.bookshop():
        ben_reads = person("ben-reads")
        give(town.reader, 40)
        give(ben_reads, 40)
    link(town, ben, ben_reads)
    town.pairs = [(town.ana, town.reader), (ben, ben_reads)]  # type: ignore[attr-defined]
    return town


def opposing(town: Any, rounds: int = 6) -> list[Attempt]:
    """Each member redeems at both shops for more than they have there, again and again."""
    with town.cafe():
        here = coffee(cost_points=105).pk
    with town.bookshop():
        there = coffee(cost_points=45).pk
    attempts: list[Attempt] = []
    for turn in range(rounds):
        for one, other in town.pairs:
            for opened, member, reward in [(town.cafe, one, here), (town.bookshop, other, there)]:
                attempts.append((
                    opened,
                    lambda m=member, r=reward, k=f"{turn}": redeem_reward(
                        member=m.pk, reward=r, key=f"{k}{m.pk}", at=AT
                    ).status,
                ))  # fmt: skip
    return attempts


def holds(town: Town) -> None:
    with across_merchants("both sides"):
        assert verify() == []
    sides = []
    for opened in (town.cafe, town.bookshop):
        with opened():
            assert verify() == []
            sides.append(partners.statement(town.agreement).balance_minor)
    assert sum(sides) == 0


def test_redeeming_at_both_shops_at_once_never_locks_in_a_ring(luna_open):
    town = a_busy_town(luna_open)
    answers = at_once(opposing(town))
    assert set(answers) <= {"committed", "not_eligible"}
    # A hundred points here and forty there: worth at most two redemptions each, whichever shop is first.
    assert 2 <= answers["committed"] <= 4
    with town.cafe():
        assert all(balance(one.pk).available >= 0 for one, _other in town.pairs)
    holds(town)


def test_twin_without_the_order_of_merchants_they_wait_for_each_other_in_a_ring(luna_open, monkeypatch):
    town = a_busy_town(luna_open)
    meet = threading.Barrier(2)
    usable = partners.usable

    def late(found: Any, *, at: Any) -> int:
        try:
            meet.wait(timeout=2)
        except threading.BrokenBarrierError:
            pass
        return usable(found, at=at)

    monkeypatch.setattr(pulling, "lock", partners.linked)
    monkeypatch.setattr(partners, "usable", late)
    attempts = opposing(town, rounds=1)[:2]  # Ana here, and her other self there
    with pytest.raises(OperationalError, match="deadlock"):
        at_once(attempts)


def test_ending_and_unlinking_at_the_same_moment_leave_both_sides_alike(luna_open):
    town = a_busy_town(luna_open)
    attempts = opposing(town, rounds=3)
    _one, other = town.pairs[1]
    attempts.insert(2, (town.bookshop, lambda: unlink(member=other.pk, partner="luna", at=AT) or "unlinked"))
    attempts.insert(3, (town.cafe, lambda: unlink(member=_one.pk, partner="ottos", at=AT) or "unlinked"))
    attempts.insert(5, (town.cafe, lambda: end_partnership(agreement=town.agreement, at=AT).status))
    attempts.insert(6, (town.bookshop, lambda: end_partnership(agreement=town.agreement, at=AT).status))
    answers = at_once(attempts)
    assert answers["unlinked"] == answers["ended"] == 2
    holds(town)


def test_the_same_request_at_once_pulls_once(luna_open):
    town = a_busy_town(luna_open)
    with town.bookshop():
        reward = coffee(cost_points=45).pk
    again = [
        (town.bookshop, lambda: redeem_reward(member=town.reader.pk, reward=reward, key="same", at=AT).status)
    ]
    assert at_once(again * 8) == {"committed": 8}
    with town.bookshop():
        assert SettlementEntry.objects.count() == 1
    holds(town)
