"""Members who bring friends: what counts, what both get, and what is taken back."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, statement
from members.models import Order, Referral, ReferralCode, ReferralPayout
from members.operations import referrals
from members.operations.claiming import claim_order
from members.operations.inviting import Invitation, ReferralsOff, UnknownReferralCode, code_of
from members.operations.membership import block, join
from members.operations.orders import record_orders
from members.operations.points import adjust_points, expire_due
from members.operations.referral_payouts import due_referrals, settle
from members.operations.refunds import cancel_order, refund_order
from members.queries import referrals as queries
from members.queries.directory import by_identity
from members.queries.story import Kind, story
from members.rules.shopping import NewRefund
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, publish

BOTH = {"on": True, "referrer": {"units": [{"amount": 100}]}, "friend": {"units": [{"amount": 50}]}}
AFFILIATES = {"on": True, "commission": {"basis_points": 1000, "on": "every", "months": 3}}
_counter = iter(range(1, 10**9))


def friend_of(member, name="", *, at=AT, **signs):
    """Somebody who joins by a member's code."""
    invitation = Invitation(code_of(member=member.pk, at=at), signs)
    return join(
        at=at, identities={"external": name or f"friend-{next(_counter)}"}, invitation=invitation
    ).member


def pay(at=AT):
    """What the worker does with what has come due."""
    while due := due_referrals(at=at, most=100):
        for one in due:
            settle(referral=one, at=at)


def back(name, kronor, *, at=AT, again="r"):
    refund = NewRefund(again, at, (), kronor * 100)
    return refund_order(source="api", order_external_id=name, refund=refund, at=at)


def available(member, unit="points"):
    return balance(member.pk, unit=unit).available


def state(friend):
    return Referral.objects.get(friend=friend).status


@pytest.fixture(autouse=True)
def _books(request, cafe):
    """After each test books, payouts and referrals are right."""
    yield
    if "broken" not in request.fixturenames:
        assert verify() == []


# --- codes ----------------------------------------------------------------------------------------------------


def test_a_member_has_one_code_without_letters_that_look_alike(ana):
    publish(referrals=BOTH)
    code = code_of(member=ana.pk, at=AT)
    assert code_of(member=ana.pk, at=AT + days(9)) == code
    assert len(code) == 8 and not set(code) & set("01ILOU")
    assert queries.owner_of_code(f" {code[:4].lower()}-{code[4:]}") == ana.pk
    assert queries.link_of(code).endswith(f"/luna/r/{code}/")


def test_codes_are_for_members_of_programmes_that_reward_them(ana):
    with pytest.raises(ReferralsOff):
        code_of(member=ana.pk, at=AT)
    with pytest.raises(NotFound):
        code_of(member=ids.new(), at=AT)
    assert not ReferralCode.objects.exists()


def test_a_code_that_leads_to_nobody_is_refused_and_nobody_joins(ana):
    publish(referrals=BOTH)
    for code in ("AAAAAAAA", "short", "0O1IL111", "x" * 500):
        with pytest.raises(UnknownReferralCode):
            join(at=AT, identities={"external": "new"}, invitation=Invitation(code))
    with pytest.raises(NotFound):
        by_identity("external", "new")
    known = join(at=AT, identities={"external": "ana"}, invitation=Invitation("AAAAAAAA"))
    assert (known.created, known.member.pk) == (False, ana.pk)  # a repetition is answered as before


# --- the first purchase ---------------------------------------------------------------------------------------


def test_both_are_rewarded_for_the_friends_first_purchase_and_once(ana):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    assert (state(cleo), available(ana), available(cleo)) == ("joined", 0, 0)
    buy(cleo, 200)
    assert (state(cleo), available(ana)) == ("qualified", 0)
    pay()
    assert (state(cleo), available(ana), available(cleo)) == ("rewarded", 100, 250)
    buy(cleo, 200)
    pay(AT + days(9))
    assert (available(ana), available(cleo)) == (100, 450)
    keys = ReferralPayout.objects.order_by("key").values_list("key", flat=True)
    row = Referral.objects.get()
    assert list(keys) == [f"referral:{row.pk}:friend", f"referral:{row.pk}:referrer"]
    kinds = list(
        Event.objects.filter(kind__startswith="referral.").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["referral.code_made", "referral.joined", "referral.qualified", "referral.rewarded"]


def test_who_joins_without_a_code_or_belonged_before_was_brought_by_nobody(ana, ben):
    publish(referrals=BOTH)
    code = code_of(member=ana.pk, at=AT)
    assert not join(at=AT, identities={"external": "ben"}, invitation=Invitation(code)).created
    buy(ben, 500)
    assert not Referral.objects.exists()


def test_while_the_programme_rewards_nobody_a_code_only_lets_in(ana):
    publish(referrals=BOTH)
    code = code_of(member=ana.pk, at=AT)
    publish(referrals={"on": False})
    cleo = join(at=AT, identities={"external": "cleo"}, invitation=Invitation(code)).member
    buy(cleo, 100)
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    ("purchase", "kronor", "after", "counts"),
    [
        ({"at_least_minor": 200_00}, 199, 0, False),
        ({"at_least_minor": 200_00}, 200, 0, True),
        ({"within_days": 30}, 100, 30, True),
        ({"within_days": 30}, 100, 30.001, False),
        ({}, 0, 0, False),
        ({}, 100, 900, True),
        ({}, 100, -0.04, True),
        ({}, 100, -0.05, False),
    ],
)
def test_a_purchase_counts_by_its_amount_and_its_day(ana, purchase, kronor, after, counts):
    publish(referrals=BOTH | {"purchase": purchase})
    cleo = friend_of(ana, at=AT)
    buy(cleo, kronor, at=AT + days(after))
    pay(AT + days(1000))
    assert (state(cleo), available(ana)) == (("rewarded", 100) if counts else ("joined", 0))


def test_only_the_very_first_purchase_counts_where_the_programme_says_so(ana):
    publish(referrals=BOTH | {"purchase": {"first_order": True, "at_least_minor": 100_00}})
    cleo, dora = friend_of(ana), friend_of(ana)
    buy(cleo, 50, at=AT + days(1))
    buy(cleo, 500, at=AT + days(2))
    buy(dora, 50, at=AT + days(1), external_id="gone")
    cancel_order(source="api", order_external_id="gone", cancelled_at=AT + days(1), at=AT + days(1))
    buy(dora, 500, at=AT + days(2))  # the one before it was undone: this is the first
    assert (state(cleo), state(dora)) == ("joined", "qualified")


def test_of_a_batch_the_earliest_purchase_that_is_enough_counts(ana):
    publish(referrals=BOTH | {"purchase": {"at_least_minor": 100_00}})
    cleo, dora = friend_of(ana), friend_of(ana)
    orders = [order(cleo, 300, at=AT + days(2), external_id="late"), order(cleo, 20, at=AT), order(dora, 100),
              order(cleo, 100, at=AT + days(1), external_id="early"), order(None, 900)]  # fmt: skip
    record_orders(orders=orders, at=AT + days(3))
    counts = dict(Referral.objects.values_list("friend", "order__external_id"))
    assert counts[cleo.pk] == "early" and state(dora) == "qualified"


def test_a_guests_purchase_counts_when_the_friend_claims_it(ana):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    guests = buy(None, 300, at=AT + days(1))
    claim_order(order=guests.order, member=cleo.pk, at=AT + days(2))
    pay(AT + days(2))
    assert (state(cleo), available(ana)) == ("rewarded", 100)


def test_a_batch_without_anybody_who_was_brought_asks_once(ana, ben, django_assert_num_queries):
    """And a programme that rewards nobody not at all."""
    publish(referrals=BOTH)
    version = buy(ana, 10).version
    plain = [order_row(member) for member in (ana, ben)]
    with django_assert_num_queries(1):
        referrals.friends_bought(plain, version=version, at=AT)
    publish(referrals={"on": False})
    version = buy(ana, 10).version
    with django_assert_num_queries(0):
        referrals.friends_bought(plain, version=version, at=AT)


def order_row(member):
    return Order(member_id=member.pk, total_minor=100, eligible_minor=100, placed_at=AT)


# --- waiting --------------------------------------------------------------------------------------------------


def test_returns_are_waited_for_and_a_purchase_that_came_back_meanwhile_gives_nothing(ana):
    publish(referrals=BOTH | {"purchase": {"wait_days": 14}})
    cleo, dora = friend_of(ana), friend_of(ana)
    buy(cleo, 200)
    buy(dora, 200, external_id="d")
    pay(AT + days(14))
    assert (state(cleo), available(ana)) == ("qualified", 0)
    back("d", 200, at=AT + days(3))
    pay(datetime(2026, 3, 16, 23, 0, tzinfo=UTC))  # midnight in Stockholm, fourteen whole days later
    assert (state(cleo), state(dora), available(ana)) == ("rewarded", "reversed", 100)
    assert not any(row.kind == "referral" and row.move != "grant" for row in statement(ana.pk))


# --- taking back ----------------------------------------------------------------------------------------------


def test_both_lose_what_they_got_when_the_purchase_comes_back(ana):
    publish(referrals=BOTH | {"purchase": {"at_least_minor": 100_00}})
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    back("a", 200)  # what is left is still enough
    pay()
    assert (state(cleo), available(ana), available(cleo)) == ("rewarded", 100, 150)
    back("a", 1, again="r2")
    pay()
    assert (state(cleo), available(ana), available(cleo)) == ("reversed", 0, 99)
    buy(cleo, 300)
    pay()
    assert (state(cleo), available(ana)) == ("reversed", 0)


def test_a_later_purchase_may_count_where_the_programme_says_so(ana):
    publish(referrals=BOTH | {"again": True})
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    cancel_order(source="api", order_external_id="a", cancelled_at=AT, at=AT)
    pay()
    assert (state(cleo), available(ana)) == ("joined", 0)
    buy(cleo, 300, external_id="b")
    pay()
    assert (state(cleo), available(ana), available(cleo)) == ("rewarded", 100, 350)
    cancel_order(source="api", order_external_id="a", cancelled_at=AT, at=AT)
    pay()
    assert state(cleo) == "rewarded"  # it counts by another purchase by now


def test_what_was_spent_already_is_taken_back_by_the_policy_of_then(ana):
    publish(referrals=BOTH, points_life={"on_shortfall": "debt"})
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    adjust_points(member=ana.pk, amount=-80, reason="spent", at=AT)
    publish(referrals={"on": False}, points_life={"on_shortfall": "to_zero"})
    back("a", 300)
    pay()
    assert available(ana) == -80
    payout = ReferralPayout.objects.get(role="referrer")
    assert (payout.given, payout.taken, payout.shortfall) == (100, 100, 0)


def test_points_that_expired_unused_are_not_taken_twice(ana):
    publish(referrals=BOTH, points_life={"expiry": "rolling", "months": 1})
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    expire_due(at=AT + days(60))
    buy(ana, 500, at=AT + days(60))
    back("a", 300, at=AT + days(61))
    pay(AT + days(61))
    assert available(ana) == 500
    payout = ReferralPayout.objects.get(role="referrer")
    assert (payout.given, payout.taken, payout.shortfall) == (100, 0, 100)


def test_a_refund_that_waited_for_its_order_takes_the_referral_with_it(ana):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    back("later", 300)
    buy(cleo, 300, external_id="later")
    pay()
    assert (state(cleo), available(ana), available(cleo)) == ("reversed", 0, 0)
    assert not ReferralPayout.objects.exclude(given=0).exists()


# --- words ----------------------------------------------------------------------------------------------------


def test_the_story_tells_what_it_was_for_and_why_it_went(ana):
    publish(ONE_POINT_PER_KRONA, referrals=BOTH)
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    back("a", 300)
    pay()
    gone, came = story(ana.pk, plain=True).rows
    assert (came.kind, came.title, came.change) == (Kind.REFERRAL, "For bringing a friend", 100)
    assert came.sentence == "100 points for a friend who has made a purchase"
    assert (gone.kind, gone.change) == (Kind.REFERRAL, -100)
    assert gone.sentence == "100 points taken back: the purchase they were given for was returned"
    hers = [row.title for row in story(cleo.pk).rows]
    assert hers.count("For coming by a friend") == 2


# --- refusals and checks ----------------------------------------------------------------------------------------


def test_a_blocked_member_brings_nobody_until_staff_have_looked(ana):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    block(member=ana.pk, at=AT, reason="trouble")
    buy(cleo, 100)
    pay()
    assert (state(cleo), Referral.objects.get().reasons, available(ana)) == ("held", ["referrer_blocked"], 0)


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("referral_payouts_posted", lambda: ReferralPayout.objects.filter(role="friend").update(given=49)),
        ("referrals_settled", lambda: Referral.objects.update(status="reversed")),
        ("referral_states", lambda: Referral.objects.update(order=None)),
    ],
)
def test_the_checks_find_what_does_not_fit(ana, check, change, broken):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    buy(cleo, 100)
    pay()
    assert verify() == []
    change()
    assert check in {breach.check for breach in verify()}


@pytest.fixture
def broken():
    """The test leaves the books as they should not be."""


def test_nobody_brings_themselves_even_for_the_database(ana):
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.create(referrer=ana, friend=ana, joined_at=AT)
