"""Every reason why not, each with what is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.queries.why import Voice
from rewards.queries import why
from rewards.rules.eligibility import Asker, Missing, Terms, why_not

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)

CASES = [
    (Terms(100), Asker(100), ()),
    (Terms(100), Asker(99), (Missing("not_enough_points", 100, 99),)),
    (Terms(100), Asker(-5), (Missing("not_enough_points", 100, 0),)),
    (Terms(1, retired=True), Asker(1), (Missing("retired"),)),
    (Terms(1), Asker(1, active=False), (Missing("member_not_active"),)),
    (Terms(1, available_until=AT), Asker(1), (Missing("over", when=AT),)),
    (Terms(1, available_until=AT + HOUR), Asker(1), ()),
    (Terms(1, available_from=AT), Asker(1), ()),
    (Terms(1, available_from=AT + HOUR), Asker(1), (Missing("not_yet", when=AT + HOUR),)),
    (Terms(1, stock=3, taken=3), Asker(1), (Missing("out_of_stock", 1, 0),)),
    (Terms(1, stock=3, taken=2), Asker(1), ()),
    (Terms(1, stock=0), Asker(1), (Missing("out_of_stock", 1, 0),)),
    (Terms(1, limit_per_member=2), Asker(1, had=2), (Missing("limit_reached", 2, 2),)),
    (Terms(1, limit_per_member=2), Asker(1, had=1), ()),
    (Terms(1, limit_per_member=0), Asker(1), (Missing("limit_reached", 0, 0),)),
    (Terms(1, channels=("web",)), Asker(1, channel="pos"), (Missing("other_channel"),)),
    (Terms(1, channels=("web",)), Asker(1, channel="web"), ()),
    (Terms(1, channels=("web",)), Asker(1), ()),
]


@pytest.mark.parametrize(("terms", "asker", "reasons"), CASES)
def test_each_reason(terms, asker, reasons):
    assert why_not(terms, asker, AT) == reasons


def test_every_reason_has_words():
    voice = Voice("SEK", "Europe/Stockholm")
    for _terms, _asker, reasons in CASES:
        for reason in reasons:
            assert reason.code in why.codes()
            assert reason.code not in why.sentence(reason, voice)
    assert why.sentence(Missing("not_enough_points", 100, 58), voice) == "42 points to go: you have 58 of 100"
    assert why.sentence(Missing("not_yet", when=AT), voice) == "Offered from 2 Mar 2026, 09:00"
    assert why.sentence(Missing("new_one"), voice) == "Not possible: new_one."


@given(
    cost=st.integers(1, 10**6), points=st.integers(-(10**6), 10**6), more=st.integers(0, 10**6),
    stock=st.none() | st.integers(0, 5), taken=st.integers(0, 5), limit=st.none() | st.integers(0, 3),
    had=st.integers(0, 3),
)  # fmt: skip
def test_more_points_never_make_it_harder(cost, points, more, stock, taken, limit, had):
    terms = Terms(cost, stock=stock, taken=taken, limit_per_member=limit)
    before = {reason.code for reason in why_not(terms, Asker(points, had), AT)}
    after = {reason.code for reason in why_not(terms, Asker(points + more, had), AT)}
    assert after <= before
    assert ("not_enough_points" in before) == (points < cost)
