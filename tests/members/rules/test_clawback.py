"""What refunds take back depends on what came back in all, never on the order in which it did."""

import random

from hypothesis import given
from hypothesis import strategies as st

from members.rules.clawback import LineState, points_to_take

LINES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 500)), min_size=1, max_size=6)


def state(lines, refunded):
    return [LineState(paid, back, points) for (paid, points), back in zip(lines, refunded, strict=True)]


def take(lines, refunded, unassigned=0, *, cancelled=False):
    return points_to_take(state(lines, refunded), unassigned_minor=unassigned, cancelled=cancelled)


def test_a_line_gives_back_its_own_points():
    lines = [(100_00, 80), (60_00, 60)]
    assert take(lines, [100_00, 0]) == 80
    assert take(lines, [50_00, 0]) == 40
    assert take(lines, [0, 60_00]) == 60


def test_an_amount_on_the_whole_takes_its_part_of_the_rest():
    lines = [(100_00, 80), (60_00, 60)]
    assert take(lines, [0, 0], 80_00) == 70
    assert take(lines, [100_00, 0], 30_00) == 80 + 30


def test_cancelling_takes_everything():
    assert take([(100_00, 80), (60_00, 60)], [10, 0], cancelled=True) == 140


@given(lines=LINES, data=st.data())
def test_never_more_than_was_earned_and_everything_when_everything_came_back(lines, data):
    refunded = [data.draw(st.integers(0, paid)) for paid, _points in lines]
    left = sum(paid for paid, _points in lines) - sum(refunded)
    unassigned = data.draw(st.integers(0, left))
    earned = sum(points for _paid, points in lines)
    assert 0 <= take(lines, refunded, unassigned) <= earned
    paid_for = [(max(1, paid), points) for paid, points in lines]  # what was free cannot come back
    assert take(paid_for, [paid for paid, _points in paid_for]) == earned
    assert take(paid_for, [0] * len(lines), sum(paid for paid, _points in paid_for)) == earned


@given(lines=LINES, data=st.data())
def test_more_coming_back_never_takes_less(lines, data):
    refunded = [data.draw(st.integers(0, paid)) for paid, _points in lines]
    left = sum(paid for paid, _points in lines) - sum(refunded)
    unassigned = data.draw(st.integers(0, left))
    before = take(lines, refunded, unassigned)
    more = data.draw(st.integers(0, left - unassigned))
    assert take(lines, refunded, unassigned + more) >= before
    at = data.draw(st.integers(0, len(lines) - 1))
    room = min(lines[at][0] - refunded[at], left - unassigned)
    further = [
        back + (data.draw(st.integers(0, room)) if index == at else 0) for index, back in enumerate(refunded)
    ]
    assert take(lines, further, unassigned) >= before


@given(lines=LINES, seed=st.integers(0, 2**32), data=st.data())
def test_taken_bit_by_bit_in_any_order_comes_to_the_same(lines, seed, data):
    parts = []
    for index, (paid, _points) in enumerate(lines):
        cuts = sorted(data.draw(st.lists(st.integers(0, paid), max_size=3)))
        parts += [(index, high - low) for low, high in zip([0, *cuts], cuts, strict=False)]
    totals = set()
    for turn in range(3):
        random.Random(seed + turn).shuffle(parts)
        refunded, taken = [0] * len(lines), 0
        for index, amount in parts:
            refunded[index] += amount
            step = take(lines, refunded) - taken
            assert step >= 0
            taken += step
        totals.add(taken)
    assert len(totals) == 1
