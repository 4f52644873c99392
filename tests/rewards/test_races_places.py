"""The last place and the last code of a pool, wanted by many at once; each with a twin that shows what the lock is
for."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Booking, PoolCode, Reward, Session, Voucher
from rewards.operations import codes, places
from rewards.operations.places import book_place, cancel_place, move_up, open_session
from rewards.operations.pools import import_codes
from tests.cast import AT, MARA, days
from tests.ledger.mutants import installed
from tests.rewards.operations.test_kinds import make
from tests.rewards.test_races import ASKING, WORKERS, at_once, rich, taking

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def event(merchant: Any, capacity: int) -> Session:
    with acting_for(merchant, by=MARA):
        details = {"starts_at": AT + days(10), "capacity": capacity}
        return open_session(reward=make("workshop").pk, at=AT, details=details)


def booking(member: Any, session: Session) -> Callable[[], Any]:
    return lambda: book_place(member=member.pk, session=session.pk, key=f"k-{member.pk}", at=AT).status


def crowd_wants(merchant: Any, capacity: int) -> Counter:
    members = rich(merchant, [f"m{number}" for number in range(WORKERS)])
    session = event(merchant, capacity)
    return at_once(merchant, [booking(member, session) for member in members])


@pytest.fixture
def unlocked(transactional_db, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the guards away: nothing is locked before it is looked at, and a wait lets others look in between."""
    ready = codes.ready

    def later(**fields: Any) -> Any:
        found = ready(**fields)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        return found

    monkeypatch.setattr(codes, "ready", later)
    monkeypatch.setattr(places, "_locked", lambda session: Session.objects.get(pk=session))
    without = ASKING.replace(" FOR NO KEY UPDATE", "").replace("PERFORM ledger_hold(ARRAY[who]);", "")
    with installed(without, afterwards=ASKING):
        yield


def test_the_last_places_are_had_once_and_the_others_wait(luna_open):
    assert crowd_wants(luna_open, 3) == {"booked": 3, "waiting": 5}
    with acting_for(luna_open, by=MARA):
        assert Session.objects.get().taken == 3
        assert verify() == []


def test_without_the_locks_only_the_database_stops_a_place_from_being_had_twice(luna_open, unlocked):
    """The twin."""
    assert crowd_wants(luna_open, 3)["IntegrityError"] > 0


def test_places_given_up_while_others_book_and_move_up_are_never_had_twice(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(12)])
    session = event(luna_open, 4)
    with acting_for(luna_open, by=MARA):
        rows = [book_place(member=m.pk, session=session.pk, key=f"k-{m.pk}", at=AT) for m in members[:8]]
    attempts: list[Callable[[], Any]] = []
    for row, late in zip(rows[:4], members[8:], strict=True):
        attempts.append(lambda row=row: cancel_place(booking=row.pk, at=AT).status)
        attempts.append(booking(late, session))
        attempts += [lambda: "turn" if move_up(session=session.pk, at=AT) else "none"] * 2
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        while move_up(session=session.pk, at=AT) is not None:
            pass
        states = Counter(Booking.objects.values_list("status", flat=True))
        assert states == {"cancelled": 4, "booked": 4, "waiting": 4}
        held = [row.pk for row in Booking.objects.filter(status="booked").order_by("id")]
        assert held == [row.pk for row in rows[4:]], "in the order in which they waited"
        assert sum(balance(member.pk).available for member in members) == 12 * 1000 - 4 * 100
        assert verify() == []


def pool(merchant: Any, size: int) -> Reward:
    with acting_for(merchant, by=MARA):
        reward = make("coupon", cost_points=1)
        import_codes(reward=reward.pk, codes=[f"CODE-{number:04}" for number in range(size)], at=AT)
    return reward


def test_each_code_of_a_pool_is_given_to_one(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(WORKERS)])
    reward = pool(luna_open, 10)
    attempts = [taking(members[n % WORKERS], reward, f"k{n}") for n in range(24)]
    assert at_once(luna_open, attempts) == {"committed": 10, "not_eligible": 14}
    with acting_for(luna_open, by=MARA):
        given = list(Voucher.objects.values_list("code", flat=True))
        assert len(given) == len(set(given)) == PoolCode.objects.exclude(redemption=None).count() == 10
        assert verify() == []


def test_without_the_lock_only_the_database_stops_a_code_from_being_given_twice(
    luna_open, unlocked, monkeypatch
):
    """The twin: all look at the same free code; its digest can be a voucher's only once."""
    monkeypatch.setattr(codes, "lock_free", lambda rows: rows)
    members = rich(luna_open, [f"m{number}" for number in range(WORKERS)])
    reward = pool(luna_open, 10)
    answers = at_once(luna_open, [taking(member, reward, f"k{n}") for n, member in enumerate(members)])
    assert answers["IntegrityError"] > 0


def test_two_files_imported_at_once_add_each_code_once(luna_open):
    with acting_for(luna_open, by=MARA):
        reward = make("coupon")
    names = [f"CODE-{number:04}" for number in range(50)]
    at_once(luna_open, [lambda: import_codes(reward=reward.pk, codes=names, at=AT).known] * 4)
    with acting_for(luna_open, by=MARA):
        assert (Reward.objects.get().stock, PoolCode.objects.count()) == (50, 50)
        assert verify() == []
