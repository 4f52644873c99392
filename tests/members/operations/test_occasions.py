"""Birthdays and complete profiles are noticed by themselves, once, where a rule asks for them."""

from datetime import UTC, date, datetime

import pytest

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import Activity
from members.operations.membership import block, edit, join
from members.operations.membership import verify as prove
from members.operations.merging import merge
from members.operations.occasions import birthdays_due, record_birthday, record_completed_profile
from members.operations.privacy import erase_member
from tests.cast import AT, days, person, publish
from tests.members.operations.test_activities import did, rule

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _books(cafe):
    """After each test books and counters are right."""
    publish(rule("birthday"))
    yield
    assert verify() == []


def born(day, name="cleo", *, at=LONG_AGO):
    return person(name, at=at, birthday=day)


def noon(year, month, day):
    return datetime(year, month, day, 11, tzinfo=UTC)


def celebrate(at=AT):
    """What the task does; how many were new."""
    done = 0
    while due := birthdays_due(at=at, most=2):
        done += sum(record_birthday(member=member, day=day, at=at) for member, day in due)
    return done


def test_a_birthday_gives_its_points_once_a_year(cafe):
    cleo = born(date(1990, 3, 2))
    born(date(1990, 3, 3), "dora")
    assert (celebrate(), celebrate(), balance(cleo.pk).available) == (1, 0, 50)
    row = Activity.objects.get()
    assert (row.kind, row.source, row.happened_at) == (
        "birthday",
        "loyalty",
        datetime(2026, 3, 1, 23, tzinfo=UTC),
    )
    assert [celebrate(noon(2026, 12, 31)), celebrate(noon(2027, 3, 1)), celebrate(noon(2027, 3, 2))] == [
        0,
        0,
        1,
    ]


def test_the_day_is_the_shops(cafe):
    born(date(1990, 3, 3))
    assert celebrate(datetime(2026, 3, 2, 22, 59, tzinfo=UTC)) == 0
    assert celebrate(datetime(2026, 3, 2, 23, 0, tzinfo=UTC)) == 1


def test_the_29th_of_february_is_kept_on_the_28th_in_other_years(cafe):
    born(date(2000, 2, 29))
    at = [
        noon(2026, 2, 27),
        noon(2026, 2, 28),
        noon(2027, 2, 28),
        noon(2028, 2, 28),
        noon(2028, 2, 29),
        noon(2029, 2, 28),
    ]
    assert [celebrate(when) for when in at] == [0, 1, 1, 0, 1, 1]


def test_only_where_a_rule_asks_for_it(cafe):
    publish(rule("review"))
    born(date(1990, 3, 2))
    assert (celebrate(), Activity.objects.exists()) == (0, False)


def test_who_tells_it_a_few_days_late_gets_it_and_who_tells_it_later_next_year(ana):
    cleo, dora = person("cleo", at=LONG_AGO), person("dora", at=LONG_AGO)
    edit(member=cleo.pk, at=AT, details={"birthday": date(1990, 2, 23)})
    edit(member=dora.pk, at=AT, details={"birthday": date(1990, 2, 22)})
    assert (celebrate(), balance(cleo.pk).available) == (1, 50)
    assert (celebrate(noon(2027, 2, 22)), celebrate(noon(2027, 2, 23)), balance(dora.pk).available) == (
        1,
        1,
        50,
    )


def test_a_day_on_which_the_task_did_not_run_is_made_up_for(cafe):
    cleo = born(date(1990, 3, 2))
    assert (celebrate(AT + days(3)), balance(cleo.pk).available) == (1, 50)
    publish(rule("birthday"), activities={"birthday_grace_days": 0})
    born(date(1990, 3, 4), "dora")
    assert celebrate(AT + days(3)) == 0


def test_another_birthday_does_not_give_a_second_one_within_a_year(cafe):
    cleo = born(date(1990, 3, 2))
    celebrate()
    edit(member=cleo.pk, at=AT, details={"birthday": date(1990, 3, 9)})
    assert celebrate(noon(2026, 3, 9)) == 0
    edit(member=cleo.pk, at=AT, details={"birthday": date(1990, 1, 5)})
    assert celebrate(noon(2027, 1, 5)) == 0
    edit(member=cleo.pk, at=AT, details={"birthday": date(1990, 3, 1)})
    assert celebrate(noon(2027, 3, 1)) == 0  # 364 days
    assert celebrate(noon(2028, 3, 1)) == 1


def test_one_that_the_shop_has_recorded_itself_is_this_years(cafe):
    cleo = born(date(1990, 3, 2))
    did(cleo, "birthday")
    assert celebrate() == 0


def test_nobody_has_a_birthday_before_they_came_or_when_they_do_not_take_part(cafe):
    born(date(1990, 3, 1), "new", at=AT)
    born(date(1990, 3, 2), "same-day", at=AT)
    born(date(2026, 3, 1), "baby", at=AT)
    gone, blocked = born(date(1990, 3, 2), "gone"), born(date(1990, 3, 2), "blocked")
    erase_member(member=gone.pk, at=AT)
    block(member=blocked.pk, at=AT, reason="x")
    assert celebrate(AT + days(0.1)) == 1
    assert Activity.objects.get().happened_at == AT  # not before they joined


def test_who_was_merged_had_theirs_already(ana):
    cleo = born(date(1990, 3, 2))
    celebrate()
    edit(member=ana.pk, at=AT, details={"birthday": date(1990, 3, 4)})
    merge(keep=ana.pk, remove=cleo.pk, at=AT)
    assert celebrate(noon(2026, 3, 4)) == 0


def test_recording_looks_again_before_it_gives(cafe):
    cleo = born(date(1990, 3, 2))
    [(member, day)] = birthdays_due(at=AT, most=9)
    edit(member=cleo.pk, at=AT, details={"birthday": date(1990, 6, 1)})
    assert not record_birthday(member=member, day=day, at=AT)


# --- profiles -------------------------------------------------------------------------------------------------


@pytest.fixture
def dora(cafe):
    """Dora, of whom nothing is known but an address that nobody has proven."""
    publish(rule("profile_completed"))
    return join(at=AT, identities={"email": "dora@example.com"}).member


def complete(member):
    return record_completed_profile(member=member.pk, at=AT)


def test_a_profile_with_name_birthday_and_a_proven_address_gives_once(dora):
    assert not complete(dora)
    edit(member=dora.pk, at=AT, details={"given_name": "Dora", "birthday": date(1990, 5, 5)})
    assert not complete(dora)
    prove(member=dora.pk, kind="email", value="dora@example.com", at=AT)
    assert (complete(dora), complete(dora), balance(dora.pk).available) == (True, False, 50)
    edit(member=dora.pk, at=AT, details={"given_name": ""})
    edit(member=dora.pk, at=AT, details={"given_name": "Dora"})
    assert not complete(dora)


def test_of_a_profile_nobody_asks_for_nothing_is_recorded(dora):
    publish(rule("review"))
    edit(member=dora.pk, at=AT, details={"given_name": "Dora", "birthday": date(1990, 5, 5)})
    prove(member=dora.pk, kind="email", value="dora@example.com", at=AT)
    assert not complete(dora) and not Activity.objects.exists()


def test_merging_two_complete_profiles_gives_nothing_more(dora):
    ella = join(at=AT, identities={"email": "ella@example.com"}).member
    for member, address in ((dora, "dora@example.com"), (ella, "ella@example.com")):
        edit(member=member.pk, at=AT, details={"given_name": "D", "birthday": date(1990, 5, 5)})
        prove(member=member.pk, kind="email", value=address, at=AT)
    assert complete(ella)
    merge(keep=dora.pk, remove=ella.pk, at=AT)
    assert not complete(dora)
