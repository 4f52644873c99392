"""The money of paid memberships: what a refund gives back, and a price that changes."""

from datetime import datetime

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from members.operations import membership_payments
from members.operations.membership_payments import (
    NothingToRefund,
    PerksUsed,
    WrongAmount,
    refund_membership,
    refunded_elsewhere,
    use_perk,
)
from members.operations.paid_memberships import (
    MembershipEnded,
)
from members.rules.plans import pro_rata
from tests.cast import AT, days, person
from tests.members.operations.paid import (
    MONTHLY,
    ZONE,
    covered,
    lives,
    local,
    now,
    pay,
    plans,
    start,
)

# --- refunds --------------------------------------------------------------------------------------------------------


def refund(row, at):
    return refund_membership(membership=row.pk, reason="moved away", at=at).refunded_minor


@pytest.mark.parametrize(
    ("policy", "used", "back"),
    [("full", True, 3_900), ("pro_rata", True, 2_641), ("none_after_use", False, 3_900)],
)
def test_a_refund_follows_the_policy_and_perks_end_at_once(cafe, ana, policy, used, back):
    plans(MONTHLY, on_refund=policy)
    row = start(ana)
    pay(row)
    if used:
        use_perk(membership=row.pk, perk="free-shipping", key="u", at=AT + days(1))
    assert refund(row, AT + days(9)) == back  # 21 of 31 days are left after today
    assert (now(row).end, covered(ana, AT + days(9))) == ("refunded", False)
    with pytest.raises(MembershipEnded):
        refund(row, AT + days(9))
    start(ana, key="anew", at=AT + days(10))


def test_after_a_perk_was_used_nothing_is_refunded_where_the_policy_says_so(cafe, ana):
    plans(MONTHLY, on_refund="none_after_use")
    row = start(ana)
    pay(row)
    for _time in range(2):
        use_perk(membership=row.pk, perk="free-shipping", key="order-1", at=AT + days(1))
    with pytest.raises(PerksUsed) as refused:
        refund(row, AT + days(2))
    assert refused.value.params == {"times": 1}
    assert covered(ana, AT + days(2))
    # What was used in a period before is of that period.
    pay(row, key="p2", at=AT + days(31))
    assert refund(row, AT + days(32)) == 3_900


def test_uses_that_others_count_are_counted(cafe, ana, monkeypatch):
    class Claims:
        def times(self, *, member, segment, since, until):
            return 3 if (member, segment) == (ana.pk, "plan-plus") else 0

    monkeypatch.setattr(membership_payments, "_uses", [Claims()])
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    with pytest.raises(PerksUsed) as refused:
        refund(row, AT + days(1))
    assert refused.value.params == {"times": 3}


def test_a_period_that_is_over_or_never_paid_is_not_given_back(cafe, ana, ben):
    plans(MONTHLY, on_refund="full")
    row, unpaid = start(ana), start(ben, key="b")
    pay(row)
    for what, at in ((row, AT + days(33)), (unpaid, AT)):
        with pytest.raises(NothingToRefund):
            refund(what, at)
    with pytest.raises(InvalidInput):
        refund_membership(membership=row.pk, reason=" ", at=AT)


def test_a_period_paid_ahead_is_given_back_and_the_one_that_runs_goes_on(cafe, ana):
    plans(MONTHLY, on_refund="full")
    row = start(ana)
    pay(row)
    pay(row, key="ahead", at=AT + days(5))
    assert refund(row, AT + days(6)) == 3_900
    assert (now(row).status, local(row.paid_until), row.cancels_at_end) == (
        "active",
        "2026-04-02T00:00",
        True,
    )
    assert covered(ana, AT + days(6))
    lives(row.paid_until)
    assert now(row).end == "cancelled"


def test_what_the_payment_service_gives_back_is_noted_once_and_all_of_it_ends_the_perks(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    paid = pay(row)
    for minor in (1_000, 1_000, 500):
        refunded_elsewhere(payment=paid.pk, refunded_minor=minor, at=AT + days(1))
    assert covered(ana, AT + days(1))
    assert Event.objects.filter(kind="membership.refunded").count() == 1
    assert refunded_elsewhere(payment=paid.pk, refunded_minor=99_999, at=AT + days(2)).refunded_minor == 3_900
    assert (now(row).end, covered(ana, AT + days(2))) == ("refunded", False)


def test_the_days_that_are_left_by_the_shops_calendar():
    first, last = (
        datetime.fromisoformat(day) for day in ("2026-03-02T09:00+01:00", "2026-04-02T00:00+02:00")
    )
    asked = [("2026-03-02T23:59+01:00", 30), ("2026-03-31T12:00+02:00", 1), ("2026-04-01T23:00+02:00", 0)]
    for at, left in asked:
        found = pro_rata(3_100, paid_from=first, paid_until=last, at=datetime.fromisoformat(at), zone=ZONE)
        assert found == left * 100
    assert pro_rata(3_100, paid_from=first, paid_until=last, at=first - days(5), zone=ZONE) == 3_100


# --- a price that changes -------------------------------------------------------------------------------------------


def test_a_new_price_is_told_and_counts_for_periods_that_begin_after_the_notice(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    plans({**MONTHLY, "price_minor": 4_900}, at=AT + days(15))
    assert lives(AT + days(15)) == 1
    assert lives(AT + days(15)) == 0
    told = Event.objects.get(kind="membership.price_changes").data
    assert (told["before_minor"], told["after_minor"]) == (3_900, 4_900)
    with pytest.raises(WrongAmount):
        pay(row, 4_900, key="p2", at=AT + days(31))
    pay(row, 3_900, key="p2", at=AT + days(31))  # the second of April is within the notice
    pay(row, 4_900, key="p3", at=AT + days(61))
    assert (now(row).price_minor, row.next_price_minor) == (4_900, None)
    assert start(person("new"), key="n", at=AT + days(16)).price_minor == 4_900


def test_a_price_that_comes_back_before_it_counts_is_taken_back(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    plans({**MONTHLY, "price_minor": 4_900}, at=AT + days(1))
    lives(AT + days(1))
    plans(MONTHLY, at=AT + days(2))
    assert lives(AT + days(2)) == 1
    pay(row, key="p2", at=AT + days(40))
    assert now(row).price_minor == 3_900
