"""Purchases that hand rewards out, and redemptions of the same ones, all at once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection

from loyalty.core.ids import new
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.operations.gifts import Occasion
from rewards.models import Redemption, Reward
from rewards.operations import codes, issuing
from rewards.operations.issuing import issue_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, publish
from tests.ledger.mutants import installed
from tests.rewards.operations.test_redemption import coffee
from tests.rewards.test_races import (
    ASKING,
    WORKERS,
    at_once,
    rich,
    taking,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
FREE = {"type": "issue_reward", "id": "free", "reward": "free-coffee"}


def shopping(member: Any) -> Callable[[], Any]:
    return lambda: "replayed" if buy(member, 10).replayed else "bought"


def busy(merchant: Any) -> Counter:
    """Ana buys, which hands out coffees, and takes coffees for points; again and again."""
    [ana] = rich(merchant, ["ana"], points=10_000)
    with acting_for(merchant, by=MARA):
        reward = coffee(cost_points=1)
        publish(ONE_POINT_PER_KRONA, FREE)
    attempts = []
    for number in range(24):
        attempts += [shopping(ana), taking(ana, reward, f"k{number}")]
    return at_once(merchant, attempts, workers=5)


def test_buying_and_redeeming_the_same_reward_never_wait_for_each_other_in_a_circle(luna_open):
    assert busy(luna_open) == {"bought": 24, "committed": 24}
    with acting_for(luna_open, by=MARA):
        assert Reward.objects.get().taken == Redemption.objects.count() == 48
        assert verify() == []


def test_with_the_reward_locked_before_the_books_they_do(luna_open):
    """The twin: what the order of locks is for."""
    hold, taken = "PERFORM ledger_hold(ARRAY[who]);", "w.id = r_reward FOR NO KEY UPDATE;"
    assert hold in ASKING and taken in ASKING
    otherwise = ASKING.replace(hold, "").replace(taken, f"{taken} PERFORM pg_sleep(0.05);")
    with installed(otherwise, afterwards=ASKING), pytest.raises(OperationalError, match="deadlock"):
        busy(luna_open)


def handing(member: Any, key: str) -> Callable[[], Any]:
    occasion = Occasion("referral", new(), member.pk, AT)
    return lambda: issue_reward(reward="free-coffee", quantity=1, key=key, occasion=occasion)


def test_the_last_of_a_stock_is_handed_out_once(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(WORKERS)])
    with acting_for(luna_open, by=MARA):
        coffee(stock=3)
    assert at_once(luna_open, [handing(member, f"k{n}") for n, member in enumerate(members)]) == {1: 3, 0: 5}


def test_without_the_lock_only_the_database_stops_an_oversold_gift(luna_open, monkeypatch):
    """The twin: what the lock is for."""
    ready = codes.ready

    def later(**fields: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        return ready(**fields)

    monkeypatch.setattr(issuing, "_locked", lambda handle: Reward.objects.filter(handle=handle).first())
    monkeypatch.setattr(codes, "ready", later)
    members = rich(luna_open, [f"m{number}" for number in range(WORKERS)])
    with acting_for(luna_open, by=MARA):
        coffee(stock=3)
    answers = at_once(luna_open, [handing(member, f"k{n}") for n, member in enumerate(members)])
    assert answers["IntegrityError"] > 0


def test_the_same_gift_twice_at_once_is_one(luna_open):
    [ana] = rich(luna_open, ["ana"])
    with acting_for(luna_open, by=MARA):
        coffee(stock=3)
    assert at_once(luna_open, [handing(ana, "k")] * WORKERS) == {1: WORKERS}
    with acting_for(luna_open, by=MARA):
        assert Redemption.objects.count() == 1
