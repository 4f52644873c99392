"""Stories a shop owner can read, line by line. Each that begins with "once" was a way to break the books."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import Do, MemberAccount, MerchantAccount, Shortfall
from loyalty.core.ledger.invariants import CHECKS
from loyalty.core.ledger.operations import NotEnoughPoints, NothingLeft, Posted, Posting, post
from loyalty.core.ledger.queries import balance, balance_as_of, lots, statement, totals
from members.models import Order
from members.operations.points import adjust_points, live_through
from members.operations.refunds import cancel_order
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import release_redemption, reserve_reward
from tests.cast import AT, buy, days
from tests.ledger.hand import by_hand


class Books:
    """What happens to one member, a line per movement. `have` is (available, pending, reserved, owed)."""

    def __init__(self) -> None:
        self.owner = ids.new()

    def move(self, do: Do, at: datetime = AT, **more: Any) -> Posted:
        more.setdefault("key", f"{do}-{ids.new()}")
        return post(Posting(do=do, kind=do.value, event="points.moved", owner=self.owner, actor="story", at=at,
                            now=max(at, AT), **more))  # fmt: skip

    def earn(self, amount: int, *, ends: datetime | None = None, at: datetime = AT, **more: Any) -> UUID:
        """The new lot's id."""
        made = self.move(Do.GRANT, at, amount=amount, expires_at=ends, **more)
        return lots(self.owner, open_only=False).get(transfer=made.transfer).pk

    def reserve(self, amount: int, at: datetime = AT) -> UUID:
        return self.move(Do.SPEND, at, amount=amount, counter=MemberAccount.RESERVED).transfer

    def spend(self, amount: int, at: datetime = AT) -> UUID:
        return self.move(Do.SPEND, at, amount=amount, counter=MerchantAccount.REDEEMED).transfer

    def commit(self, of: UUID, amount: int | None = None, at: datetime = AT) -> UUID:
        return self.move(Do.COMMIT, at, of=of, amount=amount, counter=MerchantAccount.REDEEMED).transfer

    def release(self, of: UUID, at: datetime = AT, **more: Any) -> Posted:
        return self.move(Do.RELEASE, at, of=of, **more)

    def give_back(self, of: UUID, at: datetime = AT, **more: Any) -> Posted:
        return self.move(Do.GIVE_BACK, at, of=of, counter=MerchantAccount.REDEEMED, **more)

    def take_back(self, lot: UUID, amount: int, policy: Shortfall, at: datetime = AT) -> Posted:
        return self.move(Do.TAKE_BACK, at, lot=lot, amount=amount, shortfall=policy)

    def expire(self, lot: UUID, at: datetime) -> Posted:
        return self.move(Do.EXPIRE, at, lot=lot, counter=MerchantAccount.EXPIRED)

    @property
    def have(self) -> tuple[int, int, int, int]:
        now = balance(self.owner)
        return now.available, now.pending, now.reserved, now.debt

    @property
    def remaining(self) -> list[int]:
        """What remains of each lot, oldest first."""
        return [lot.remaining for lot in lots(self.owner, open_only=False).order_by("id")]


@pytest.fixture
def ana_s(cafe):
    """Ana's books, which must be right at the end of every story."""
    books = Books()
    yield books
    assert [breach for result in checks.run(CHECKS) for breach in result.breaches] == []


def test_ana_buys_redeems_half_and_returns_the_coat(ana_s):
    coat = ana_s.earn(900)
    ana_s.earn(100)
    assert ana_s.have == (1000, 0, 0, 0)
    ana_s.commit(ana_s.reserve(500))
    assert ana_s.have == (500, 0, 0, 0)
    # The coat goes back: 400 of its points are left, the other shopping gives its 100, 400 are missing.
    taken = ana_s.take_back(coat, 900, Shortfall.TO_ZERO)
    assert (taken.amount, taken.shortfall) == (500, 400)
    assert ana_s.have == (0, 0, 0, 0)
    assert [(row.move, row.available, row.balance_after) for row in statement(ana_s.owner)] == [
        ("take_back", -500, 0), ("commit", 0, 500), ("spend", -500, 500), ("grant", 100, 1000), ("grant", 900, 900),
    ]  # fmt: skip
    assert totals() == {"issued": 500, "redeemed": -500}


def test_what_ends_first_is_spent_first(ana_s):
    ana_s.earn(50)
    ana_s.earn(50, ends=AT + days(30))
    ana_s.earn(50, ends=AT + days(10))
    ana_s.spend(70)
    assert ana_s.remaining == [50, 30, 0]


def test_once_a_line_that_left_the_balance_alone_showed_nothing_left(ana_s):
    """What waits, is used from a reservation or is owed: every line says what could be spent after it."""
    said: list[tuple[UUID, int, int]] = []

    def do(do: Do, **more: Any) -> UUID:
        transfer = ana_s.move(do, **more).transfer
        now = balance(ana_s.owner)
        said.append((transfer, now.available, now.version))
        return transfer

    first = do(Do.GRANT, amount=100)
    waiting = do(Do.GRANT, amount=40, pending=True)
    held = do(Do.SPEND, amount=90, counter=MemberAccount.RESERVED)
    do(Do.COMMIT, of=held, amount=60, counter=MerchantAccount.REDEEMED)
    lot = lots(ana_s.owner, open_only=False).get(transfer=first).pk
    do(Do.TAKE_BACK, lot=lot, amount=70, shortfall=Shortfall.DEBT)  # ten are left, sixty are owed
    do(Do.GRANT, amount=5, pending=True)
    do(Do.RELEASE, of=held)  # thirty come back, and settle half of it
    do(Do.ACTIVATE, lot=lots(ana_s.owner).get(transfer=waiting).pk)
    assert [available for _transfer, available, _version in said] == [100, 100, 10, 10, -60, -60, -30, 10]
    rows = statement(ana_s.owner)[::-1]
    assert [(row.transfer, row.balance_after, row.version) for row in rows] == said
    pages, before = [], None
    while page := statement(ana_s.owner, before=before, limit=1):
        pages, before = [*page, *pages], page[-1].transfer
    assert pages == rows


def test_points_wait_then_count(ana_s):
    lot = ana_s.earn(40, pending=True, available_from=AT + days(14))
    assert ana_s.have == (0, 40, 0, 0)
    with pytest.raises(NotEnoughPoints):
        ana_s.spend(1)
    ana_s.move(Do.ACTIVATE, AT + days(14), lot=lot)
    assert ana_s.have == (40, 0, 0, 0)
    assert balance_as_of(ana_s.owner, at=AT + days(13)).pending == 40


def test_a_debt_is_settled_by_the_next_points(ana_s):
    lot = ana_s.earn(100)
    ana_s.spend(100)
    ana_s.take_back(lot, 100, Shortfall.DEBT)
    assert ana_s.have == (-100, 0, 0, 100)
    ana_s.earn(30)
    assert ana_s.have == (-70, 0, 0, 70)
    ana_s.earn(100)
    assert ana_s.have == (30, 0, 0, 0)


def test_only_pending_points_are_taken_where_the_programme_says_so(ana_s):
    waiting, counting = ana_s.earn(60, pending=True), ana_s.earn(40)
    assert ana_s.take_back(waiting, 60, Shortfall.ONLY_PENDING).amount == 60
    with pytest.raises(NothingLeft) as refusal:
        ana_s.take_back(counting, 40, Shortfall.ONLY_PENDING)
    assert refusal.value.params["shortfall"] == 40
    assert ana_s.have == (40, 0, 0, 0)


def test_a_reservation_can_be_used_in_part(ana_s):
    ana_s.earn(50, ends=AT + days(10))
    ana_s.earn(50, ends=AT + days(90))
    held = ana_s.reserve(100)
    ana_s.commit(held, 60)
    assert ana_s.have == (0, 0, 40, 0)
    ana_s.release(held)
    # What ends first was used, what comes back lives longest.
    assert ana_s.remaining == [0, 40]


def test_points_that_come_back_too_late_have_a_grace(ana_s):
    ana_s.earn(50, ends=AT + days(10))
    used = ana_s.commit(ana_s.reserve(50))
    ana_s.give_back(used, AT + days(20), grace_until=AT + days(50))
    assert lots(ana_s.owner).get().expires_at == AT + days(50)


def test_once_reserving_and_releasing_kept_points_alive_for_ever(ana_s):
    ana_s.earn(50, ends=AT + days(10))
    ana_s.release(ana_s.reserve(1), grace_until=AT + days(30))
    assert lots(ana_s.owner).get().expires_at == AT + days(10)


def test_once_points_that_came_back_let_a_debt_stand(ana_s):
    """The points then expired, and the debt stayed: the member paid twice."""
    lot = ana_s.earn(100, ends=AT + days(10))
    held = ana_s.reserve(100)
    ana_s.take_back(lot, 60, Shortfall.DEBT)
    assert ana_s.have == (-60, 0, 100, 60)
    ana_s.release(held)
    assert ana_s.have == (40, 0, 0, 0)
    ana_s.expire(lot, AT + days(10))
    assert ana_s.have == (0, 0, 0, 0)


def test_what_paid_a_debt_is_not_given_back_twice(ana_s):
    lot = ana_s.earn(100)
    used = ana_s.spend(100)
    ana_s.take_back(lot, 60, Shortfall.DEBT)
    ana_s.give_back(used)
    with pytest.raises(NothingLeft):
        ana_s.give_back(used)
    assert ana_s.have == (40, 0, 0, 0)


def late_spending(books: Books) -> None:
    """Points that were over when a debt arose live again for a purchase that is told late; what is owed stays owed."""
    books.earn(50, ends=AT + days(5))
    other = books.earn(30)
    books.spend(80)
    extra = books.earn(50, ends=AT + days(5))
    books.take_back(other, 30, Shortfall.DEBT, AT + days(6))
    assert books.have[3] == 30
    with pytest.raises(NotEnoughPoints) as refusal:
        books.spend(30, AT + days(4))
    assert refusal.value.params["available"] == 20
    books.spend(20, AT + days(4))
    assert lots(books.owner).get(pk=extra).remaining == 30


def test_once_points_that_were_owed_could_be_spent(ana_s):
    late_spending(ana_s)


def test_once_a_take_back_leaned_on_points_that_were_over(ana_s):
    """Whether the nightly job had already swept them must not matter."""
    ana_s.earn(50, ends=AT + days(5))
    lot = ana_s.earn(30)
    ana_s.spend(50)
    ana_s.earn(50, ends=AT + days(5))
    ana_s.spend(30)
    assert ana_s.take_back(lot, 30, Shortfall.DEBT, AT + days(6)).amount == 30


@pytest.mark.parametrize("do", [Do.GRANT, Do.EXPIRE, Do.TAKE_BACK, Do.FORFEIT, Do.RELEASE])
def test_once_anything_could_be_given_back(ana_s, do):
    """Only what was spent can be: an expiry or a clawback is not undone as if it had been a reward."""
    lot = ana_s.earn(50, ends=AT + days(1))
    match do:
        case Do.GRANT:
            of = lots(ana_s.owner).get().transfer_id
        case Do.EXPIRE:
            of = ana_s.expire(lot, AT + days(2)).transfer
        case Do.TAKE_BACK:
            of = ana_s.take_back(lot, 50, Shortfall.TO_ZERO).transfer
        case Do.FORFEIT:
            of = ana_s.move(Do.FORFEIT, lot=lot, counter=MerchantAccount.EXPIRED).transfer
        case Do.RELEASE:
            of = ana_s.release(ana_s.reserve(50)).transfer
    with pytest.raises(NothingLeft):
        ana_s.give_back(of)


def test_a_reservation_is_not_given_back_and_another_members_is_not_touched(ana_s):
    ana_s.earn(50)
    held = ana_s.reserve(50)
    with pytest.raises(NothingLeft):
        ana_s.give_back(held)
    ben = Books()
    for attempt in (ben.commit, ben.release, ben.give_back):
        with pytest.raises(NothingLeft):
            attempt(held)
    assert ana_s.have == (0, 0, 50, 0)


def test_once_points_given_back_could_never_expire_again(ana_s, ana, hand):
    """120 points: 60 spent, 60 expired, the 60 spent come back and must expire too."""
    adjust_points(member=ana.pk, amount=120, reason="welcome", at=AT)
    lot = lots(ana.pk).get()
    by_hand("UPDATE ledger_lot SET expires_at = %s WHERE id = %s", AT + days(10), lot.pk)
    ana_s.owner = ana.pk
    used = ana_s.commit(ana_s.reserve(60))
    assert live_through(at=AT + days(10))["expired"] == 1
    ana_s.give_back(used, AT + days(11), grace_until=AT + days(20))
    assert ana_s.have == (60, 0, 0, 0)
    assert live_through(at=AT + days(20))["expired"] == 1
    assert ana_s.have == (0, 0, 0, 0)


def test_the_same_key_answers_again_and_other_content_is_refused(ana_s):
    first = ana_s.move(Do.GRANT, key="order-1", amount=10)
    again = ana_s.move(Do.GRANT, AT + days(3), key="order-1", amount=10)
    assert (again.transfer, again.replayed, again.amount) == (first.transfer, True, 10)
    for other in ({"amount": 11}, {"amount": 10, "unit": "stamps"}, {"amount": 10, "source": ids.new()}):
        with pytest.raises(DomainError) as refusal:
            ana_s.move(Do.GRANT, key="order-1", **other)
        assert refusal.value.code == "key_reused"
    assert ana_s.have == (10, 0, 0, 0)


def test_points_set_aside_cannot_hide_from_a_refund(cafe, ana):
    bought = buy(ana, 100)
    reward = create_reward(at=AT, details={"kind": "custom", "name": {"en": "All of it"}, "cost_points": 100})
    held = reserve_reward(member=ana.pk, reward=reward.pk, key="hide", at=AT)
    cancel_order(source="api", order_external_id=_name_of(bought), cancelled_at=AT, at=AT)
    release_redemption(redemption=held.pk, at=AT)
    now = balance(ana.pk)
    assert (now.available, now.debt, now.reserved) == (0, 0, 0)


def _name_of(bought):
    return Order.objects.values_list("external_id", flat=True).get(pk=bought.order)
