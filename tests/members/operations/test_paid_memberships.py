"""A paid membership from its trial to its end: paid, renewed, missed, cancelled, resumed, refunded, dearer."""

from datetime import date

import pytest

from loyalty.core.errors import InvalidInput, KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members import tasks
from members.models import PaidMembership, SegmentPlace, TrialTaken
from members.operations import paid_memberships, privacy
from members.operations.membership import CannotMerge, NotActive, block, edit, join
from members.operations.membership_payments import (
    NoSuchPerk,
    PaidAlready,
    WrongAmount,
    payment_failed,
    receive_payment,
    refund_membership,
    use_perk,
)
from members.operations.merging import merge
from members.operations.paid_memberships import (
    HasMembership,
    MembershipEnded,
    NoSuchPlan,
    cancel_membership,
    resume_membership,
    start_membership,
)
from members.rules.plans import PlanPeriod, period_end
from tests.cast import AT, buy, days, person, publish
from tests.members.operations.paid import (
    BASE,
    DOUBLE,
    MONTHLY,
    PLUS,
    TRIED,
    ZONE,
    covered,
    lives,
    local,
    now,
    pay,
    plans,
    start,
)

# --- start, pay, renew ----------------------------------------------------------------------------------------------


def test_it_waits_for_its_first_payment_and_then_covers_the_period_and_grace(cafe, ana):
    plans(PLUS)
    row = start(ana)
    assert (row.status, row.price_minor, covered(ana, AT)) == ("pending", 29_900, False)
    paid = pay(row, 29_900)
    assert local(paid.paid_until) == "2027-03-02T00:00"
    assert (now(row).status, local(row.covered_until)) == ("active", "2027-03-12T00:00")
    assert covered(ana, row.covered_until - days(0.01))
    assert not covered(ana, row.covered_until)


def test_rules_for_the_plans_segment_count_as_long_as_it_lasts(cafe, ana):
    plans(MONTHLY, rules=(BASE, DOUBLE))
    pay(start(ana))
    buy(ana, 100, at=AT + days(1))
    assert balance(ana.pk).available == 200
    lives(AT + days(60))
    buy(ana, 100, at=AT + days(60))
    assert balance(ana.pk).available == 300
    assert verify() == []


def test_renewals_go_on_from_the_end_of_what_is_paid_and_may_be_paid_once_ahead(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    assert local(now(row).paid_until) == "2026-04-02T00:00"
    pay(row, key="p2", at=AT + days(20))
    assert local(now(row).paid_until) == "2026-05-02T00:00"
    with pytest.raises(PaidAlready):
        pay(row, key="p3", at=AT + days(21))
    pay(row, key="p3", at=AT + days(40))
    assert local(now(row).paid_until) == "2026-06-02T00:00"


def test_a_payment_is_once_and_another_amount_is_refused(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    with pytest.raises(WrongAmount) as refused:
        pay(row, 3_899)
    assert refused.value.params == {"due_minor": 3_900}
    first = receive_payment(membership=row.pk, amount_minor=3_900, key="p", paid_at=AT, at=AT)
    again = receive_payment(membership=row.pk, amount_minor=3_900, key="p", paid_at=AT, at=AT + days(1))
    assert (again.replayed, again.payment.pk) == (True, first.payment.pk)
    with pytest.raises(KeyReused):
        pay(row, 4_000, key="p")
    assert now(row).periods == 1


def test_starting_is_once_by_its_key_and_one_at_a_time(cafe, ana, ben):
    plans(MONTHLY, {**PLUS, "id": "gold"})
    first = start(ana)
    assert start_membership(member=ana.pk, plan="plus", key="k", at=AT).replayed
    with pytest.raises(KeyReused):
        start(ana, plan="gold")
    other = start(ana, plan="gold", key="k2")  # instead of the one nobody paid
    assert (now(first).end, other.status) == ("withdrawn", "pending")
    pay(other, 29_900)
    with pytest.raises(HasMembership):
        start(ana, key="k3")
    with pytest.raises(NoSuchPlan):
        start(ben, plan="none", key="k4")
    block(member=ben.pk, at=AT, reason="x")
    with pytest.raises(NotActive):
        start(ben, key="k5")
    assert PaidMembership.objects.count() == 2


def test_the_31st_of_january_and_the_months_after_it():
    found = [period_end(date(2026, 1, 31), number, PlanPeriod.MONTH, ZONE) for number in (1, 2, 3)]
    assert [local(moment) for moment in found] == ["2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"]
    leap = period_end(date(2024, 2, 29), 1, PlanPeriod.YEAR, ZONE)
    assert local(leap) == "2025-02-28T00:00"


# --- trial ----------------------------------------------------------------------------------------------------------


def test_a_trial_gives_perks_at_once_and_the_first_period_begins_after_it(cafe, ana):
    plans(TRIED)
    row = start(ana)
    assert (row.status, local(row.trial_until), covered(ana, AT)) == ("trial", "2026-03-16T00:00", True)
    paid = pay(row, at=AT + days(3))
    assert (local(paid.paid_from), local(paid.paid_until)) == ("2026-03-16T00:00", "2026-04-16T00:00")


def test_a_trial_nobody_pays_for_lapses_after_its_grace(cafe, ana):
    plans(TRIED)
    row = start(ana)
    lives(AT + days(15))
    assert (now(row).status, covered(ana, AT + days(15))) == ("grace", True)
    lives(AT + days(30))
    assert (now(row).status, row.end, covered(ana, AT + days(30))) == ("ended", "lapsed", False)
    assert not SegmentPlace.objects.exists()


@pytest.mark.parametrize("again", ["same member", "same address", "merged"])
def test_a_trial_is_once_for_a_person(cafe, again):
    plans(TRIED)
    first = join(at=AT, identities={"external": "a", "email": "ana@example.com"}).member
    cancel_membership(membership=start(first).pk, at=AT)
    lives(AT + days(20))
    if again == "same member":
        person_again = first
    elif again == "same address":
        edit(member=first.pk, at=AT, identities={"email": None})
        person_again = join(at=AT, identities={"external": "b", "email": "Ana@Example.com"}).member
    else:
        person_again = person("b")
        merge(keep=person_again.pk, remove=first.pk, at=AT)
    assert start(person_again, key="again", at=AT + days(20)).status == "pending"
    assert start(person("somebody else"), key="else").status == "trial"


def test_no_address_is_kept_with_a_trial_and_none_at_all_once_erased(cafe):
    plans(TRIED)
    member = join(at=AT, identities={"email": "ana@example.com"}).member
    start(member)
    assert all(b"ana" not in bytes(row.digest) for row in TrialTaken.objects.all())
    privacy.erase_member(member=member.pk, at=AT)
    assert not TrialTaken.objects.exists()
    assert (PaidMembership.objects.get().end, SegmentPlace.objects.exists()) == ("erased", False)


# --- missed, cancelled, resumed -------------------------------------------------------------------------------------


def test_a_missed_payment_has_days_of_grace_in_which_it_can_still_come(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    payment_failed(membership=row.pk, at=AT + days(10))  # a reminder before anything is due changes nothing
    assert now(row).status == "active"
    payment_failed(membership=row.pk, at=AT + days(32))
    assert (now(row).status, covered(ana, AT + days(32))) == ("grace", True)
    pay(row, key="late", at=AT + days(35))
    assert (now(row).status, local(row.paid_until)) == ("active", "2026-05-02T00:00")


def test_without_it_the_membership_lapses_and_a_payment_later_begins_anew(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    assert lives(AT + days(32)) == 1
    assert lives(AT + days(32)) == 0
    assert now(row).status == "grace"
    assert lives(AT + days(42)) == 1
    assert (now(row).end, covered(ana, AT + days(42))) == ("lapsed", False)
    pay(row, key="late", at=AT + days(60))
    assert (now(row).status, local(row.paid_until)) == ("active", "2026-06-01T00:00")
    assert covered(ana, AT + days(61))


def test_who_was_away_for_long_lapses_in_one_run(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    assert lives(AT + days(400)) == 1
    assert now(row).end == "lapsed"


def test_cancelled_it_runs_to_the_end_of_what_is_paid_without_grace(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    for _time in range(2):
        cancel_membership(membership=row.pk, at=AT + days(5))
    assert (now(row).status, row.covered_until) == ("active", row.paid_until)
    assert covered(ana, row.paid_until - days(0.01))
    assert not covered(ana, row.paid_until)
    assert lives(row.paid_until) == 1
    assert (now(row).end, Event.objects.filter(kind="membership.cancelled").count()) == ("cancelled", 1)
    assert cancel_membership(membership=row.pk, at=AT + days(90)).end == "cancelled"
    for work in (lambda: resume_membership(membership=row.pk, at=AT + days(90)),
                 lambda: pay(row, key="p2", at=AT + days(90))):  # fmt: skip
        with pytest.raises(MembershipEnded):
            work()


def test_a_cancellation_can_be_taken_back_while_the_period_runs(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    cancel_membership(membership=row.pk, at=AT + days(5))
    resume_membership(membership=row.pk, at=AT + days(6))
    assert (now(row).cancels_at_end, row.covered_until) == (False, row.paid_until + days(10))
    lives(row.paid_until)
    assert now(row).status == "grace"
    cancel_membership(membership=row.pk, at=row.paid_until + days(1))  # nothing is paid any more: at once
    assert (now(row).end, covered(ana, AT + days(33))) == ("cancelled", False)


def test_what_nobody_paid_is_withdrawn_at_once_or_after_a_month(cafe, ana, ben):
    plans(MONTHLY)
    mine, his = start(ana), start(ben, key="b")
    assert cancel_membership(membership=mine.pk, at=AT).end == "withdrawn"
    lives(AT + days(29))
    assert now(his).status == "pending"
    lives(AT + days(30))
    assert now(his).end == "withdrawn"


# --- merged, told, refused ------------------------------------------------------------------------------------------


def test_a_merge_takes_the_membership_along_and_refuses_two(cafe, ana, ben):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    other = start(ben, key="b")
    with pytest.raises(CannotMerge):
        merge(keep=ben.pk, remove=ana.pk, at=AT)
    cancel_membership(membership=other.pk, at=AT)
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    assert now(row).member_id == ben.pk
    assert covered(ben, AT)
    refund_membership(membership=row.pk, reason="moved", at=AT + days(1))
    assert not covered(ben, AT + days(1))


def test_the_export_has_plans_and_payments(cafe, ana):
    plans(MONTHLY)
    pay(start(ana))
    (found,) = privacy.export_member(member=ana.pk, at=AT)["membership"]["paid_memberships"]
    assert (found["plan"], found["status"]) == ("plus", "active")
    assert [one["amount_minor"] for one in found["payments"]] == [3_900]


def test_perks_that_are_not_there_or_over_are_not_used(cafe, ana):
    plans(MONTHLY)
    row = start(ana)
    with pytest.raises(MembershipEnded):
        use_perk(membership=row.pk, perk="free-shipping", key="u", at=AT)
    pay(row)
    with pytest.raises(NoSuchPerk):
        use_perk(membership=row.pk, perk="limousine", key="u", at=AT)
    use_perk(membership=row.pk, perk="free-shipping", key="u", at=AT)
    with pytest.raises(KeyReused):
        use_perk(membership=row.pk, perk="other", key="u", at=AT)


def test_the_clock_ends_what_is_over_for_every_merchant(cafe, ana, monkeypatch):
    plans(MONTHLY)
    row = start(ana)
    pay(row)
    monkeypatch.setattr(tasks.clock, "now", lambda: AT + days(60))
    assert tasks.run_memberships() == 1
    assert now(row).end == "lapsed"
    with pytest.raises(NotFound):
        paid_memberships.lock_membership(ana.pk)


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"plans": [{"id": "A b", "price_minor": 1}]}, "plans[0].id"),
        ({"plans": [{"id": "a", "price_minor": 0}]}, "plans[0].price_minor"),
        ({"plans": [{"id": "a", "price_minor": 1, "trial_days": 400}]}, "plans[0].trial_days"),
        ({"plans": [{"id": "a", "price_minor": 1, "grace_days": -1}]}, "plans[0].grace_days"),
        ({"plans": [{"id": "a", "price_minor": 1, "name": {"xx": "x"}}]}, "plans[0].name.xx"),
        ({"plans": [{"id": "a", "price_minor": 1, "period": "week"}]}, "plans[0].period"),
        ({"plans": [{"id": "a", "price_minor": 1, "perks": [{"id": "x", "kind": "Y!"}]}]}, "plans[0].perks[0].kind"),
        ({"plans": [{"id": "a", "price_minor": 1, "perks": [{"id": "x", "kind": "member_price", "percent": 101}]}]},
         "plans[0].perks[0].percent"),
        ({"plans": [{"id": "a", "price_minor": 1, "perks": [{"id": "x", "kind": "custom"}]}]}, "plans[0].perks[0].name"),
        ({"plans": [{"id": "a", "price_minor": 1, "perks": [{"id": "x", "kind": "concierge", "limit": {"times": 1}}]}]},
         "plans[0].perks[0].limit.per"),
        ({"plans": [], "on_refund": "never"}, "on_refund"),
        ({"plans": [], "notice_days": 400}, "notice_days"),
    ],
)  # fmt: skip
def test_plans_that_cannot_be_are_refused(cafe, section, path):
    with pytest.raises(InvalidInput) as refused:
        publish(membership_plans=section)
    assert f"membership_plans.{path}" in [error["field"] for error in refused.value.errors]


def test_two_plans_of_one_name_are_refused(cafe):
    with pytest.raises(InvalidInput):
        plans(PLUS, PLUS)
