"""Tills: paired by a code that is good once, unlocked by a PIN that cannot be guessed, and of one shop only."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.operations import add_location, add_staff, revoke_staff
from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.tills import operations, queries
from loyalty.core.tills.models import Pin, Till
from loyalty.core.tills.operations import (
    CodeNotGood,
    PinNotGood,
    Tried,
    add_till,
    edit_till,
    lock,
    new_code,
    note_activity,
    pair,
    revoke_till,
    set_pin,
    unlock,
    wait_after,
)
from tests.cast import AT, MARA, OTTO, shop

pytestmark = pytest.mark.django_db

SECONDS = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def tom_and_till(merchant: Merchant) -> tuple[Staff, Till, str]:
    """A cashier with the PIN 2580, a paired till, and its secret."""
    with acting_for(merchant, by=MARA):
        tom = add_staff(email="tom@example.com", role=Role.CASHIER, name="Tom", at=AT)
        set_pin(staff=tom.pk, pin="2580", at=AT)
        till, code = add_till(name="Counter", location="main", at=AT)
    return tom, till, pair(code=code, at=AT).secret


# --- pairing ------------------------------------------------------------------------------------------------


def test_a_code_makes_a_device_the_till_once(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        till, code = add_till(name="Counter", location="main", at=AT)
    paired = pair(code=f" {code.lower()} ", at=AT + MINUTE)
    assert (paired.till.pk, paired.merchant) == (till.pk, luna)
    found = queries.device(till.pk, luna.pk, paired.secret)
    assert found is not None and found.location.code == "main"
    with pytest.raises(CodeNotGood):
        pair(code=code, at=AT + MINUTE)


def test_a_code_is_over_after_its_minutes(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        _till, code = add_till(name="Counter", location="main", at=AT)
    with pytest.raises(CodeNotGood):
        pair(code=code, at=AT + operations.CODE_MINUTES * MINUTE)
    assert pair(code=code, at=AT + operations.CODE_MINUTES * MINUTE - SECONDS).secret


@pytest.mark.parametrize("code", ["", "ABCD-2345", "'; --", "\x00", "é" * 40])
def test_a_code_nobody_made_is_refused(luna: Merchant, code: str) -> None:
    tom_and_till(luna)
    with pytest.raises(CodeNotGood):
        pair(code=code, at=AT)


def test_nothing_that_is_stored_opens_a_till(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        till, code = add_till(name="Counter", location="main", at=AT)
        kept = bytes(Till.objects.get(pk=till.pk).code_digest or b"")
    assert code.replace("-", "").encode() not in kept
    paired = pair(code=code, at=AT)
    with acting_for(luna, by=MARA):
        kept = bytes(Till.objects.get(pk=till.pk).secret_digest or b"")
        set_pin(staff=add_staff(email="t@example.com", role=Role.CASHIER, at=AT).pk, pin="2580", at=AT)
        assert "2580" not in Pin.objects.get().hash
    assert paired.secret.encode() not in kept
    assert queries.device(till.pk, luna.pk, kept.hex()) is None


def test_pairing_anew_sends_the_old_device_away(luna: Merchant) -> None:
    _tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        code = new_code(till=till.pk, at=AT)
    assert queries.device(till.pk, luna.pk, secret) is not None, "until the code is used, the old one works"
    fresh = pair(code=code, at=AT).secret
    assert queries.device(till.pk, luna.pk, secret) is None
    assert queries.device(till.pk, luna.pk, fresh) is not None


def test_a_stopped_till_is_no_till_any_more(luna: Merchant) -> None:
    tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        revoke_till(till=till.pk, at=AT)
        for gone in (
            lambda: revoke_till(till=till.pk, at=AT),
            lambda: new_code(till=till.pk, at=AT),
            lambda: unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT),
            lambda: queries.till(till.pk),
        ):
            with pytest.raises(NotFound):
                gone()
    assert queries.device(till.pk, luna.pk, secret) is None


def test_a_till_is_renamed_moved_and_keeps_its_device(luna: Merchant) -> None:
    _tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        add_location(code="harbour", name="Harbour")
        edit_till(till=till.pk, name=" Bar ", location="harbour", idle_minutes=10, at=AT)
    found = queries.device(till.pk, luna.pk, secret)
    assert found is not None
    assert (found.name, found.location.name, found.idle_minutes) == ("Bar", "Harbour", 10)


@pytest.mark.parametrize(
    ("name", "location", "idle", "field"),
    [("", "main", 5, "name"), ("x" * 81, "main", 5, "name"), ("Bar", "moon", 5, "location"),
     ("Bar", "main", 0, "idle_minutes"), ("Bar", "main", 61, "idle_minutes")],
)  # fmt: skip
def test_a_till_that_makes_no_sense_is_refused(
    luna: Merchant, name: str, location: str, idle: int, field: str
) -> None:
    with acting_for(luna, by=MARA):
        with pytest.raises(InvalidInput) as refused:
            add_till(name=name, location=location, idle_minutes=idle, at=AT)
        assert [problem["field"] for problem in refused.value.errors] == [field]
        assert Till.objects.count() == 0


# --- of one shop --------------------------------------------------------------------------------------------


def test_another_shops_device_is_nobody_here(luna: Merchant, other_shop: Merchant) -> None:
    tom, till, secret = tom_and_till(luna)
    assert queries.device(till.pk, other_shop.pk, secret) is None
    with acting_for(other_shop, by=OTTO):
        theirs, code = add_till(name="Books", location="main", at=AT)
        for foreign in (
            lambda: unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT),
            lambda: revoke_till(till=till.pk, at=AT),
            lambda: set_pin(staff=tom.pk, pin="1379", at=AT),
        ):
            with pytest.raises(NotFound):
                foreign()
    pair(code=code, at=AT)
    with acting_for(other_shop, by=OTTO):
        assert unlock(till=theirs.pk, staff=tom.pk, pin="2580", at=AT).ok is False
        assert queries.colleagues() == []


def test_twin_the_same_pin_at_the_own_till_is_right(luna: Merchant) -> None:
    """What the test above refuses is the shop, not the PIN."""
    tom, till, _secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        assert unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT).ok


# --- PINs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pin", ["", "123", "1234", "4321", "56789", "0000", "777777", "1234567", "12a4", "１２３５", "13 7"]
)
def test_a_pin_anybody_would_try_first_is_refused(luna: Merchant, pin: str) -> None:
    with acting_for(luna, by=MARA):
        tom = add_staff(email="tom@example.com", role=Role.CASHIER, at=AT)
        with pytest.raises(PinNotGood):
            set_pin(staff=tom.pk, pin=pin, at=AT)
        assert not queries.has_pin(tom.pk)


def test_the_right_pin_opens_the_till_until_nobody_touches_it(luna: Merchant) -> None:
    tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        assert unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT) == Tried(True)

    def at_it(at: Any) -> Staff | None:
        found = queries.device(till.pk, luna.pk, secret)
        return queries.at_work(found, at=at) if found else None

    assert at_it(AT + 4 * MINUTE) == tom
    with acting_for(luna, by=MARA):
        note_activity(till=till.pk, at=AT + 4 * MINUTE)
    assert at_it(AT + 8 * MINUTE) == tom
    assert at_it(AT + 9 * MINUTE) is None
    with acting_for(luna, by=MARA):
        lock(till=till.pk)
    assert at_it(AT + 5 * MINUTE) is None


def test_who_lost_their_job_is_out_at_once(luna: Merchant) -> None:
    tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT)
        revoke_staff(staff=tom.pk, at=AT)
        found = queries.device(till.pk, luna.pk, secret)
        assert found is not None and queries.at_work(found, at=AT) is None
        assert unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT).ok is False


def test_who_only_looks_at_figures_has_no_business_at_a_till(luna: Merchant) -> None:
    _tom, till, _secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        ada = add_staff(email="ada@example.com", role=Role.ANALYST, name="Ada", at=AT)
        set_pin(staff=ada.pk, pin="1379", at=AT)
        assert unlock(till=till.pk, staff=ada.pk, pin="1379", at=AT).ok is False
        assert [one.name for one in queries.colleagues()] == ["Tom"]


def test_a_new_pin_ends_what_the_old_one_opened(luna: Merchant) -> None:
    tom, till, secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT)
        set_pin(staff=tom.pk, pin="1379", at=AT)
        found = queries.device(till.pk, luna.pk, secret)
        assert found is not None and queries.at_work(found, at=AT) is None
        assert not unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT).ok
        assert unlock(till=till.pk, staff=tom.pk, pin="1379", at=AT).ok


# --- guessing -----------------------------------------------------------------------------------------------


def guessed(till: Till, staff: Staff, *, tries: int) -> bool:
    """Whether somebody who tries one PIN a second is in after so many."""
    pins = [f"{number:04}" for number in range(2580 - tries + 1, 2581)]
    return any(
        unlock(till=till.pk, staff=staff.pk, pin=pin, at=AT + second * SECONDS).ok
        for second, pin in enumerate(pins)
    )


def test_after_five_wrong_pins_even_the_right_one_has_to_wait(luna: Merchant) -> None:
    tom, till, _secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        assert not guessed(till, tom, tries=8)
        refused = unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT + 30 * SECONDS)
        assert not refused.ok and timedelta() < refused.wait <= MINUTE
        kinds = list(Event.objects.filter(kind="till.locked_out").values_list("subject", flat=True))
        assert kinds == [till.pk]
        assert unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT + 2 * MINUTE).ok


def test_twin_without_the_lock_out_the_same_guesses_get_in(
    luna: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom, till, _secret = tom_and_till(luna)
    monkeypatch.setattr(operations, "wait_after", lambda wrong: timedelta())
    with acting_for(luna, by=MARA):
        assert guessed(till, tom, tries=8)


def test_waiting_gets_longer_and_a_pin_is_out_of_reach() -> None:
    waits = [wait_after(wrong) / MINUTE for wrong in range(4, 13)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert sum((wait_after(wrong) for wrong in range(10_000)), timedelta()) > timedelta(days=365)


def test_ones_own_pin_does_not_help_to_guess_a_colleagues(luna: Merchant) -> None:
    tom, till, _secret = tom_and_till(luna)
    with acting_for(luna, by=MARA):
        mia = add_staff(email="mia@example.com", role=Role.MANAGER, name="Mia", at=AT)
        set_pin(staff=mia.pk, pin="8642", at=AT)
        for second in range(5):
            assert not unlock(till=till.pk, staff=mia.pk, pin="0001", at=AT + second * SECONDS).ok
            if second < 4:  # between the guesses the till's own count is cleared
                assert unlock(till=till.pk, staff=tom.pk, pin="2580", at=AT + second * SECONDS).ok
        other, code = add_till(name="Bar", location="main", at=AT)
    pair(code=code, at=AT)
    with acting_for(luna, by=MARA):
        assert unlock(till=other.pk, staff=mia.pk, pin="8642", at=AT + 9 * SECONDS).wait > timedelta()
        assert unlock(till=other.pk, staff=tom.pk, pin="2580", at=AT + 9 * SECONDS).ok


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_guesses_at_once_are_all_counted(transactional_db: None) -> None:
    luna = shop()
    tom, till, _secret = tom_and_till(luna)
    ready = threading.Barrier(8)
    answers: list[Tried] = []

    def guess(number: int) -> None:
        ready.wait()
        with acting_for(luna, by=MARA):
            answers.append(unlock(till=till.pk, staff=tom.pk, pin=f"{number:04}", at=AT))
        connections.close_all()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(luna, by=MARA):
        assert Till.objects.get().wrong == Pin.objects.get().wrong == 5
    assert sum(answer.wait > timedelta() for answer in answers) == 4, (
        "the fifth, and three that found it locked"
    )
