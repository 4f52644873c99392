"""A membership that a payment service runs follows what the service says, and only what it said last."""

import pytest

from members.operations.provider_memberships import (
    LinkedElsewhere,
    follow,
    link,
    membership_of,
    payment_of,
    trial_days,
)
from tests.cast import AT, days
from tests.members.operations.paid import MONTHLY, TRIED, now, pay, plans, start


def said(row, status="active", *, cancels=False, after=0.0):
    when = AT + days(after)
    return follow(membership=row.pk, status=status, cancels_at_end=cancels, said_at=when, at=when)


def test_a_subscription_pays_for_one_membership_and_a_membership_has_one(cafe, ana, ben):
    plans(MONTHLY)
    one, other = start(ana), start(ben, key="b")
    for _time in range(2):
        link(membership=one.pk, subscription="sub_1", customer="cus_1")
    for row, subscription in ((other, "sub_1"), (one, "sub_2")):
        with pytest.raises(LinkedElsewhere):
            link(membership=row.pk, subscription=subscription, customer="cus_1")
    assert (membership_of("sub_1"), membership_of("sub_2"), membership_of("")) == (one.pk, None, None)
    assert payment_of("") is None
    assert now(one).method == "stripe"


def test_what_was_said_last_counts(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    assert said(row, cancels=True, after=2).cancels_at_end
    assert now(said(row, cancels=False, after=1)).cancels_at_end
    assert not now(said(row, cancels=False, after=3)).cancels_at_end
    assert said(row, "past_due", after=32).status == "grace"
    assert said(row, "canceled", after=33).end == "cancelled"
    assert said(row, "active", after=34).status == "ended"


def test_cancelled_before_its_payment_is_told_it_ends_with_the_period(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    said(row, cancels=True)
    pay(row, at=AT + days(1))
    assert (now(row).cancels_at_end, row.covered_until) == (True, row.paid_until)


def test_a_trial_is_offered_to_who_never_had_one(cafe, ana):
    plans(TRIED)
    row = start(ana, method="stripe")
    assert (row.status, trial_days(row)) == ("pending", 14)
    plans(MONTHLY)
    assert trial_days(row) == 0
