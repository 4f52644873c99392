"""What was given or taken by hand and is taken back: the counter-entry."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots, totals, transfers
from members.operations.counter_entries import (
    MergedSince,
    NotByHand,
    UndoneAlready,
    UsedSince,
    undo_adjustment,
)
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.queries.story import story
from tests.cast import AT, buy, days, publish


@pytest.fixture(autouse=True)
def _books(cafe):
    yield
    assert verify() == []


def gave(member, amount, **more):
    return adjust_points(member=member.pk, amount=amount, reason="sorry", at=AT, **more).transfer


def undo(transfer):
    return undo_adjustment(transfer=transfer, reason="wrong person", at=AT + days(1))


def has(member):
    return balance(member.pk).available


def test_what_was_given_is_taken_back_once_and_both_lines_stay(ana):
    given = gave(ana, 50)
    assert undo(given).amount == 50
    assert (has(ana), totals()["adjusted"]) == (0, 0)
    with pytest.raises(UndoneAlready):
        undo(given)
    assert [row.sentence for row in story(ana.pk).rows] == [
        "50 points taken back: wrong person",
        "50 points given: sorry",
    ]


def test_what_was_taken_goes_back_to_where_it_came_from_with_its_dates(cafe, ana):
    publish(points_life={"expiry": "rolling", "months": 12})
    buy(ana, 100)
    before = [(lot.remaining, lot.expires_at) for lot in lots(ana.pk)]
    taken = gave(ana, -30)
    assert has(ana) == 70
    undo(taken)
    assert has(ana) == 100
    assert [(lot.remaining, lot.expires_at) for lot in lots(ana.pk)] == before


def test_what_was_spent_meanwhile_is_taken_by_the_policy_and_the_rest_is_told(cafe, ana):
    given = gave(ana, 50)
    gave(ana, -40)
    answer = undo(given)
    assert (answer.amount, answer.shortfall, has(ana)) == (10, 40, 0)


def test_when_nothing_is_left_it_says_so_and_writes_nothing(cafe, ana):
    given = gave(ana, 50)
    gave(ana, -50)
    before = totals()
    with pytest.raises(UsedSince):
        undo(given)
    assert totals() == before


def test_what_was_bought_or_merged_or_never_was_is_not_undone_here(cafe, ana, ben):
    buy(ana, 10)
    with pytest.raises(NotByHand):
        undo(transfers(ana.pk).first().pk)
    with pytest.raises(NotFound):
        undo(ana.pk)
    given = gave(ben, 5)
    with pytest.raises(InvalidInput):
        undo_adjustment(transfer=given, reason="  ", at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    with pytest.raises(MergedSince):
        undo(given)
    assert has(ana) == 15


def test_other_units_are_undone_too(ana):
    given = gave(ana, 3, unit="stamps")
    undo(given)
    assert balance(ana.pk, unit="stamps").available == 0
