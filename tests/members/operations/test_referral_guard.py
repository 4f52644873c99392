"""Who brings themselves, brings each other, or is no person at all waits for staff; what is known of people stays hashes."""

from datetime import timedelta

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import (
    JoinTrace,
    Referral,
    ReferralClicks,
    ReferralCode,
    ReferralPayout,
    ReferralVisit,
)
from members.operations.inviting import (
    MOST_CLICKS,
    Invitation,
    UnknownReferralCode,
    code_of,
    count_click,
    forget_visits,
)
from members.operations.membership import block, edit, join
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from members.operations.referral_moves import move
from members.operations.referral_payouts import settle
from members.operations.referrals import ReferralNotHeld, approve, refuse
from members.operations.refunds import cancel_order
from members.queries import referrals as queries
from members.rules.referrals import canonical_email, is_robot
from tests.cast import AT, buy, days, publish
from tests.members.operations.test_referrals import AFFILIATES, BOTH, available, back, friend_of, pay, state

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"


@pytest.fixture(autouse=True)
def _books(cafe):
    """After each test books, payouts and referrals are right."""
    publish(referrals=BOTH)
    yield
    assert verify() == []


def known(name, *, by=None, at=AT, signs=(), **identities):
    """Somebody with addresses of their own, perhaps by a member's code."""
    code = code_of(member=by.pk, at=at) if by else ""
    given = {"external": name, **identities}
    return join(at=at, identities=given, invitation=Invitation(code, dict(signs))).member


def reasons(friend):
    return Referral.objects.get(friend=friend).reasons


# --- the same person ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hers", "theirs", "same"),
    [
        ("ana@example.com", "ana+friend@example.com", True),
        ("a.na@gmail.com", "an.a+1@googlemail.com", True),
        ("a.na@example.com", "ana@example.com", False),
        ("ana-1@yahoo.com", "ana-2@yahoo.com", True),
        ("ana-1@example.com", "ana-2@example.com", False),
        ("ana@proton.me", "ana@pm.me", True),
    ],
)
def test_the_same_mailbox_written_another_way_is_held(hers, theirs, same):
    ana = known("ana", email=hers)
    friend = known("friend", by=ana, email=theirs)
    assert (state(friend), reasons(friend)) == (("held", ["same_email"]) if same else ("joined", []))


def test_canonical_addresses_are_for_comparing_only():
    assert canonical_email("+x@example.com") == "+x@example.com"
    ana = known("ana", email="a.na+shop@gmail.com")
    from members.models import Identity

    assert Identity.objects.get(member=ana, kind="email").value == "a.na+shop@gmail.com"


@pytest.mark.parametrize("kind", ["device", "address", "payment_card"])
def test_the_same_device_address_or_payment_card_is_held_and_nothing_of_it_is_kept(kind):
    ana = known("ana", signs={kind: "secret thing"})
    cleo = known("cleo", by=ana, signs={kind: "secret thing"})
    dora = known("dora", by=ana, signs={kind: "another"})
    assert (reasons(cleo), reasons(dora)) == ([f"same_{kind}"], [])
    assert "secret" not in str(list(JoinTrace.objects.values()))


def test_a_number_that_was_given_up_for_a_friend_is_remembered(cafe):
    ana = known("ana", phone="0701740605")
    code_of(member=ana.pk, at=AT)
    edit(member=ana.pk, at=AT, identities={"phone": None})
    assert reasons(known("cleo", by=ana, phone="+46 70 174 06 05")) == ["same_phone"]


def test_one_mailbox_brought_by_two_people_is_held_but_a_shared_device_is_a_household(ana, ben):
    first = known("first", by=ana, email="cleo+1@example.com", signs={"device": "sofa"})
    second = known("second", by=ben, email="cleo+2@example.com")
    third = known("third", by=ben, signs={"device": "sofa"})
    fourth = known("fourth", by=ana, signs={"device": "sofa"})
    assert [reasons(one) for one in (first, second, third, fourth)] == [
        [],
        ["same_email"],
        [],
        ["same_device"],
    ]


def test_who_was_a_member_before_under_the_plain_address_is_held(ana):
    known("old", email="dora@example.com")
    assert reasons(known("new", by=ana, email="dora+welcome@example.com")) == ["same_email"]


# --- rings, chains, crowds ------------------------------------------------------------------------------------


def test_who_comes_back_by_a_friend_of_theirs_is_a_ring(cafe):
    ana = known("ana", at=AT - days(90), signs={"address": "Main Street 1"})
    ben = known("ben", by=ana, at=AT - days(60), signs={"address": "Side Street 2"})
    again = known("ana2", by=ben, signs={"address": "Main Street 1"})
    assert reasons(again) == ["ring"]


def test_a_chain_of_people_who_have_just_come_is_held(ana):
    cleo = friend_of(ana, at=AT + days(30))
    dora = friend_of(cleo, at=AT + days(31))
    emil = friend_of(dora, at=AT + days(32))
    late = friend_of(dora, at=AT + days(60))
    assert [reasons(one) for one in (cleo, dora, emil, late)] == [[], [], ["chain"], []]


def test_more_joins_a_day_than_the_programme_expects_are_held(ana, ben):
    publish(referrals=BOTH | {"guard": {"joins_per_day": 3}})
    friends = [friend_of(ana, at=AT + timedelta(hours=hour)) for hour in (0, 1, 2, 3, 25, 26, 27, 28)]
    assert [bool(reasons(one)) for one in friends] == [False, False, False, True, False, False, False, True]
    assert reasons(friends[3]) == ["velocity"]
    assert reasons(friend_of(ben)) == []


def test_nothing_is_paid_to_or_for_somebody_who_was_blocked_meanwhile(ana):
    publish(referrals=BOTH | {"purchase": {"wait_days": 14}})
    cleo = friend_of(ana)
    buy(cleo, 100, at=AT)
    block(member=ana.pk, at=AT, reason="trouble")
    pay(AT + days(20))
    assert (state(cleo), reasons(cleo), available(cleo)) == ("held", ["referrer_blocked"], 100)
    approve(referral=Referral.objects.get().pk, at=AT + days(21))
    pay(AT + days(21))
    assert (state(cleo), available(ana), available(cleo)) == ("rewarded", 100, 150)


# --- staff decide ---------------------------------------------------------------------------------------------


def held(ana, **signs):
    """A friend who is held for having the same device as Ana."""
    known_device = {"device": "one and the same", **signs}
    JoinTrace.objects.all().delete()
    known("decoy", signs=known_device)
    first = known("twin-1", by=ana, signs=known_device)
    return known("twin-2", by=ana, signs=known_device), first


def test_what_a_held_friend_bought_counts_by_the_terms_of_then_once_approved(ana):
    cleo, _first = held(ana)
    buy(cleo, 100, at=AT + days(1))
    publish(referrals=BOTH | {"referrer": {"units": [{"amount": 7}]}})
    buy(cleo, 100, at=AT + days(2))
    pay(AT + days(3))
    assert (state(cleo), available(ana), available(cleo)) == ("held", 0, 200)
    row = Referral.objects.get(friend=cleo)
    approved = approve(referral=row.pk, at=AT + days(4), note="sisters")
    assert approved.order.placed_at == AT + days(1)
    pay(AT + days(4))
    assert (state(cleo), available(ana), available(cleo)) == ("rewarded", 100, 250)
    assert Event.objects.get(kind="referral.approved").data["reason"] == "sisters"
    with pytest.raises(ReferralNotHeld):
        approve(referral=row.pk, at=AT + days(5))


def test_what_came_back_while_it_was_held_does_not_count(ana):
    cleo, _first = held(ana)
    buy(cleo, 100, external_id="a")
    cancel_order(source="api", order_external_id="a", cancelled_at=AT, at=AT)
    approve(referral=Referral.objects.get(friend=cleo).pk, at=AT)
    assert state(cleo) == "joined"


def test_a_refused_one_never_counts(ana):
    cleo, _first = held(ana)
    buy(cleo, 100)
    row = Referral.objects.get(friend=cleo)
    for bad in ("", "   ", "x" * 301):
        with pytest.raises(InvalidInput):
            refuse(referral=row.pk, at=AT, note=bad)
    refuse(referral=row.pk, at=AT, note="the same person")
    buy(cleo, 100)
    pay()
    assert (state(cleo), available(ana)) == ("refused", 0)
    with pytest.raises(ReferralNotHeld):
        refuse(referral=row.pk, at=AT, note="again")


def test_a_later_commission_that_is_held_can_be_refused_and_what_was_paid_stays_bound_to_its_purchase(ana):
    publish(referrals=BOTH | AFFILIATES)
    cleo = friend_of(ana)
    buy(cleo, 100, external_id="a")
    pay()
    block(member=ana.pk, at=AT, reason="trouble")
    buy(cleo, 100, external_id="b")
    pay()
    assert state(cleo) == "held"
    refuse(referral=Referral.objects.get().pk, at=AT, note="no")
    back("a", 100)
    pay()
    assert (available(ana), available(ana, "cashback"), available(cleo)) == (0, 0, 100)


# --- clicks ---------------------------------------------------------------------------------------------------


def click(code, address="203.0.113.7", agent=PHONE, at=AT):
    return count_click(code=code, address=address, agent=agent, at=at)


def test_a_browser_counts_once_a_day_and_robots_never(ana):
    code = code_of(member=ana.pk, at=AT)
    assert [click(code), click(code), click(code, "203.0.113.8"), click(code, agent=PHONE + "2")] == [
        True, False, True, True,
    ]  # fmt: skip
    assert not click(code, agent="Mozilla/5.0 (compatible; Googlebot/2.1)") and not click(code, agent=" ")
    assert click(code, at=AT + timedelta(hours=24)) and not click(code, at=AT + timedelta(hours=25))
    by_day = dict(ReferralClicks.objects.values_list("day", "clicks"))
    assert list(by_day.values()) == [3, 1]
    with pytest.raises(UnknownReferralCode):
        click("AAAAAAAA")


def test_hashes_of_clicks_are_forgotten_and_hold_no_address(ana):
    code = code_of(member=ana.pk, at=AT)
    for number in range(5):
        click(code, f"203.0.113.{number}")
    assert "203.0" not in str(list(ReferralVisit.objects.values()))
    assert forget_visits(at=AT + timedelta(hours=23), most=10) == 0
    assert [forget_visits(at=AT + timedelta(hours=24), most=3) for _turn in range(3)] == [3, 2, 0]
    assert ReferralClicks.objects.get().clicks == 5


def test_a_day_holds_only_so_many_clicks(ana):
    code = code_of(member=ana.pk, at=AT)
    click(code)
    ReferralClicks.objects.update(clicks=MOST_CLICKS)
    assert not click(code, "203.0.113.9") and ReferralVisit.objects.count() == 1


@pytest.mark.parametrize(
    "agent", ["WhatsApp/2.23", "facebookexternalhit/1.1", "curl/8", "", "Slackbot-LinkExpanding"]
)
def test_robots_say_so(agent):
    assert is_robot(agent) and not is_robot(PHONE)


# --- two become one, somebody goes ----------------------------------------------------------------------------


def test_what_a_merged_member_brought_is_the_keepers_and_their_link_goes_on(ana, ben):
    old = code_of(member=ben.pk, at=AT)
    cleo, dora = friend_of(ben), friend_of(ben)
    click(old)
    buy(cleo, 100, external_id="a")
    pay()
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert queries.owner_of_code(old) == ana.pk and code_of(member=ben.pk, at=AT) != old
    buy(dora, 100)
    pay()
    assert available(ana) == 200
    assert queries.counted([ana.pk, ben.pk], until=AT + days(1)) == {ana.pk: 2}
    assert queries.figures(member=ana.pk)[0].clicks == 1
    back("a", 100)
    pay()
    assert (available(ana), state(cleo)) == (100, "reversed")


def test_a_friend_who_is_merged_still_counts_once(ana, ben):
    cleo = friend_of(ana)
    merge(keep=ben.pk, remove=cleo.pk, at=AT)
    buy(ben, 100)
    pay()
    assert (state(ben), available(ana)) == ("rewarded", 100)
    dora = friend_of(ana)
    merge(keep=ben.pk, remove=dora.pk, at=AT)
    assert (state(dora), reasons(dora)) == ("refused", ["known_member"])
    buy(ben, 100)
    pay()
    assert available(ana) == 100


def test_who_turns_out_to_have_brought_themselves_gives_it_back(ana):
    publish(referrals=BOTH | AFFILIATES | {"again": True})
    twin, other = friend_of(ana), friend_of(ana)
    buy(twin, 100)
    buy(twin, 100)
    pay()
    assert available(ana) == 100
    merge(keep=ana.pk, remove=twin.pk, at=AT)
    merge(keep=ana.pk, remove=other.pk, at=AT)
    pay()
    assert Referral.objects.filter(reasons=["same_person"], status="reversed").count() == 1
    assert Referral.objects.filter(reasons=["same_person"], status="refused").count() == 1
    assert (available(ana), available(ana, "cashback")) == (200, 0)  # what was bought is left


def test_two_who_turn_out_to_have_brought_each_other_wait_for_staff(ana):
    cleo = friend_of(ana)
    alias = friend_of(cleo)
    merge(keep=ana.pk, remove=alias.pk, at=AT)
    assert (state(ana), reasons(ana), state(cleo)) == ("held", ["chain", "ring"], "joined")


def test_moving_is_what_a_merge_does_and_again_changes_nothing(ana, ben):
    friend_of(ben)
    move(to=ana.pk, of=ben.pk, at=AT)
    before = list(Referral.objects.values())
    move(to=ana.pk, of=ben.pk, at=AT)
    assert list(Referral.objects.values()) == before
    assert before[0]["referrer_id"] == ana.pk


def test_an_erased_referrer_leaves_amounts_and_nothing_else(ana):
    publish(referrals=BOTH | {"purchase": {"wait_days": 14}})
    code = code_of(member=ana.pk, at=AT)
    cleo, dora = friend_of(ana), friend_of(ana)
    click(code)
    buy(cleo, 100)
    told = export_member(member=ana.pk, at=AT)["referrals"]
    assert told["code"] == code and [one["as"] for one in told["referrals"]] == ["referrer", "referrer"]
    erase_member(member=ana.pk, at=AT)
    assert not ReferralCode.objects.filter(member=ana).exists()
    assert not ReferralVisit.objects.exists() and not JoinTrace.objects.filter(member=ana).exists()
    buy(dora, 100)
    pay(AT + days(20))
    assert [available(one) for one in (cleo, dora)] == [150, 150]  # the friends keep what they were promised
    assert balance(ana.pk).available == 0
    with pytest.raises(UnknownReferralCode):
        join(at=AT, identities={"external": "x"}, invitation=Invitation(code))


def test_a_friend_who_is_erased_takes_nothing_and_the_referrer_keeps_theirs(ana):
    cleo = friend_of(ana)
    buy(cleo, 100, external_id="a")
    erase_member(member=cleo.pk, at=AT)
    pay()
    assert (available(ana), ReferralPayout.objects.get(role="friend").given) == (100, 0)
    back("a", 100)
    pay()
    assert available(ana) == 0


def test_paying_twice_late_or_after_it_was_taken_back_changes_nothing(ana):
    cleo = friend_of(ana)
    buy(cleo, 100, external_id="a")
    row = Referral.objects.get().pk
    assert [settle(referral=row, at=AT), settle(referral=row, at=AT)] == [2, 0]
    dora = friend_of(ana)
    buy(dora, 100, external_id="b")
    back("b", 100)
    assert settle(referral=Referral.objects.get(friend=dora).pk, at=AT) == 0
    assert (available(ana), state(dora)) == (100, "reversed")
