"""The machine can fail: every seeded mistake in the posting function is found, and soon."""

import pytest
from hypothesis import Phase

from tests.ledger.mutants import MUTANTS, OWED_SPENT, SOURCE, Mutant, installed
from tests.ledger.test_machine import play
from tests.ledger.test_stories import Books, late_spending

# Lives; most mistakes show in the first few. Always the same lives, so found once is found for good.
SOON = 200


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds_the_mistake(mutant: Mutant):
    with installed(mutant.text()), pytest.raises(Exception):  # noqa: B017, PT011 - any disagreement will do
        play(SOON, 50, phases=[Phase.generate], derandomize=True)


def test_a_story_finds_what_chance_does_not(cafe):
    late_spending(Books())
    with installed(OWED_SPENT.text()), pytest.raises(pytest.fail.Exception):
        late_spending(Books())


@pytest.mark.django_db
def test_twin_without_a_mistake_the_same_play_finds_nothing():
    with installed(SOURCE):
        play(5, 50, phases=[Phase.generate], derandomize=True)


def test_there_are_enough_mistakes_and_each_changes_the_function():
    assert len(MUTANTS) >= 10
    assert len({mutant.text() for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.old != mutant.new for mutant in MUTANTS)
