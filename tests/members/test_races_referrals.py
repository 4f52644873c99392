"""Friends who buy, bring back, are merged and erased, and are paid for, all at the same moment."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from loyalty.core.events.models import Event
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import Referral, ReferralClicks, ReferralCode, ReferralPayout
from members.operations import inviting, referral_payouts
from members.operations.inviting import Invitation, code_of, count_click
from members.operations.membership import join
from members.operations.merging import merge
from members.operations.orders import record_order, record_orders
from members.operations.privacy import erase_member
from members.operations.referral_payouts import due_referrals, settle
from members.operations.refunds import cancel_order
from members.tasks import run_referrals
from tests.cast import AT, MARA, order, person, publish
from tests.members.operations.test_referrals import AFFILIATES, BOTH, friend_of
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def friends(luna_open):
    """Ana and Ben, and eight friends of each, in a shop where everything really commits."""
    with acting_for(luna_open, by=MARA):
        publish(referrals=BOTH | AFFILIATES | {"guard": {"joins_per_day": 100}})
        pair = [person("ana"), person("ben")]
        return luna_open, pair, [friend_of(pair[number % 2]) for number in range(16)]


def bought(member: Any, name: str) -> Callable[[], Any]:
    asked = order(member, 100, external_id=name)
    return lambda: type(record_order(order=asked, at=AT)).__name__


def gone(name: str) -> Callable[[], Any]:
    return lambda: cancel_order(source="api", order_external_id=name, cancelled_at=AT, at=AT).refund.status


def paid(lot: int = 1) -> Callable[[], Any]:
    """The worker's part: each referral in a transaction of its own."""

    def work() -> int:
        due = due_referrals(at=AT, most=100)
        for one in random.sample(due, min(lot, len(due))):
            settle(referral=one, at=AT)
        return 0

    return work


def finish(shop: Any) -> None:
    """What the worker still has to do."""
    with acting_for(shop, by=MARA):
        paid(lot=100)()
        assert due_referrals(at=AT, most=10) == []


def test_purchases_refunds_and_payments_in_any_order_end_the_same(friends):
    shop, (ana, ben), people = friends
    attempts = [bought(one, f"o{number}") for number, one in enumerate(people)]
    attempts += [gone(f"o{number}") for number in range(0, 16, 4)] + [paid() for _turn in range(24)]
    random.Random(7).shuffle(attempts)
    at_once(shop, attempts)
    finish(shop)
    with acting_for(shop, by=MARA):
        states = dict(Referral.objects.values_list("friend", "status"))
        assert [states[one.pk] for one in people] == [
            "rewarded" if number % 4 else "reversed" for number in range(16)
        ]
        # Ana brought the even ones, of which half came back.
        assert [balance(one.pk).available for one in (ana, ben)] == [400, 800]
        assert [balance(one.pk, unit="cashback").available for one in (ana, ben)] == [40_00, 80_00]
        assert verify() == []


def test_batches_of_people_who_brought_each_other_never_wait_in_a_ring(luna_open):
    """Everybody's friend buys in every batch, in opposite orders, while everybody is paid."""
    with acting_for(luna_open, by=MARA):
        publish(referrals=BOTH | AFFILIATES | {"guard": {"chain_days": 0}})
        line = [person("first")]
        for _one in range(7):
            line.append(friend_of(line[-1]))
    asked = [order(line[number % 8], 100, external_id=f"b{number}") for number in range(64)]
    attempts: list[Callable[[], Any]] = []
    for turn in range(8):
        mine = asked[turn * 8 : turn * 8 + 8]
        attempts += [lambda mine=mine: len(record_orders(orders=mine, at=AT)), paid(),
                     lambda mine=mine: len(record_orders(orders=mine[::-1], at=AT)), gone(f"b{turn * 8}")]  # fmt: skip
    at_once(luna_open, attempts)
    finish(luna_open)
    with acting_for(luna_open, by=MARA):
        assert not Referral.objects.exclude(status__in=["rewarded", "reversed"]).exists()
        assert verify() == []


def test_merging_and_erasing_beside_it_leaves_nothing_with_nobody(friends):
    shop, (ana, ben), people = friends
    attempts: list[Callable[[], Any]] = [bought(one, f"o{number}") for number, one in enumerate(people)]
    attempts += [paid() for _turn in range(24)]
    attempts += [lambda: merge(keep=ana.pk, remove=ben.pk, at=AT).status, gone("o3"),
                 lambda: merge(keep=people[0].pk, remove=people[1].pk, at=AT).status,
                 lambda: erase_member(member=people[2].pk, at=AT).status]  # fmt: skip
    random.Random(3).shuffle(attempts)
    at_once(shop, attempts)
    finish(shop)
    with acting_for(shop, by=MARA):
        assert balance(ben.pk).available == balance(ben.pk, unit="cashback").available == 0
        assert balance(people[2].pk).available == 0
        assert verify() == []


def test_paying_the_same_at_once_pays_once(friends):
    shop, (ana, _ben), people = friends
    with acting_for(shop, by=MARA):
        record_order(order=order(people[0], 100), at=AT)
        row = Referral.objects.get(friend=people[0]).pk
    answers = at_once(shop, [lambda: settle(referral=row, at=AT)] * 16)
    assert answers == {3: 1, 0: 15}
    with acting_for(shop, by=MARA):
        assert balance(ana.pk).available == 100
        assert verify() == []


def test_twin_without_the_members_counts_caps_let_two_through(friends, monkeypatch):
    """Two friends of one member at once, who may be rewarded for one: the lock is what makes the second see the first."""
    shop, _pair, people = friends
    mine = people[::2][:2]

    def round_of(name: str) -> int:
        with acting_for(shop, by=MARA):
            for number, one in enumerate(mine):
                record_order(order=order(one, 100, external_id=f"{name}{number}"), at=AT)
            rows = list(Referral.objects.filter(friend__in=mine).values_list("pk", flat=True))
        at_once(shop, [lambda row=row: settle(referral=row, at=AT) for row in rows])
        with acting_for(shop, by=MARA):
            return ReferralPayout.objects.filter(role="referrer", given__gt=0).count()

    with acting_for(shop, by=MARA):
        publish(referrals=BOTH | {"per": [{"period": "month", "most": 1}]})
    cut = referral_payouts._cut

    def slowly(payout: Any) -> int:
        found = cut(payout)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        return found

    monkeypatch.setattr(referral_payouts, "_cut", slowly)
    assert round_of("held") == 1
    mine = people[1::2][:2]

    def loosely(referral: Any) -> Any:
        row = Referral.objects.get(pk=referral)
        return row, {row.referrer_id: row.referrer_id, row.friend_id: row.friend_id}

    monkeypatch.setattr(referral_payouts, "hold_pair", loosely)
    monkeypatch.setattr(referral_payouts, "hold_books", lambda owners: None)
    assert round_of("loose") == 3


def test_one_code_for_one_member_and_one_click_for_one_browser(friends):
    shop, _pair, _people = friends
    with acting_for(shop, by=MARA):
        zoe = person("zoe")
    assert len(at_once(shop, [lambda: code_of(member=zoe.pk, at=AT)] * 12)) == 1
    with acting_for(shop, by=MARA):
        code = ReferralCode.objects.get(member=zoe).code
    answers = at_once(shop, [lambda: count_click(code=code, address="::1", agent="Safari", at=AT)] * 16)
    assert answers == {True: 1, False: 15}
    with acting_for(shop, by=MARA):
        assert ReferralClicks.objects.get(member=zoe).clicks == 1


@pytest.mark.parametrize(("guarded", "held"), [(True, 13), (False, 0)])
def test_a_crowd_that_joins_at_once_is_noticed_and_without_the_lock_it_is_not(
    luna_open,
    monkeypatch,
    guarded,
    held,
):
    with acting_for(luna_open, by=MARA):
        publish(referrals=BOTH | {"guard": {"joins_per_day": 3}})
        ana = person("ana")
        code = code_of(member=ana.pk, at=AT)
    if not guarded:
        monkeypatch.setattr(inviting, "_one_join_at_a_time", lambda owner: None)
        reasons = inviting.reasons_to_look

        def slowly(**asked: Any) -> list[str]:
            found = reasons(**asked)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
            return found

        monkeypatch.setattr(inviting, "reasons_to_look", slowly)

    def come(number: int) -> Callable[[], Any]:
        return lambda: join(at=AT, identities={"external": f"x{number}"}, invitation=Invitation(code)).created

    count = 16 if guarded else 8
    at_once(luna_open, [come(number) for number in range(count)])
    with acting_for(luna_open, by=MARA):
        assert Referral.objects.filter(status="held").count() == held


def test_the_outbox_pays_and_the_task_pays_what_it_missed(friends):
    shop, (ana, ben), people = friends
    with acting_for(shop, by=MARA):
        for number, one in enumerate(people[:2]):
            record_order(order=order(one, 100, external_id=f"o{number}"), at=AT)
    dispatch_waiting()
    with acting_for(shop, by=MARA):
        assert [balance(one.pk).available for one in (ana, ben)] == [100, 100]
        record_order(order=order(people[2], 100), at=AT)
        Event.objects.filter(dispatched_at=None).update(dispatched_at=AT)  # the bell and the sweep are lost
        count_click(code=code_of(member=ana.pk, at=AT), address="::1", agent="Safari", at=AT)
    assert (run_referrals(), run_referrals()) == (3, 0)
    with acting_for(shop, by=MARA):
        assert balance(ana.pk).available == 200
        assert not inviting.ReferralVisit.objects.exists()
        assert verify() == []
