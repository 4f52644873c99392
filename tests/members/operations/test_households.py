"""A household shares one balance: everybody keeps their own points, and one redeems with what all have."""

import pytest

from loyalty.core.errors import NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from loyalty.core.tenancy.scope import acting_for
from members.models import Household, HouseholdPlace, PointsTransfer
from members.operations import privacy
from members.operations.households import (
    CODE_DAYS,
    HouseholdFull,
    HouseholdsOff,
    InHousehold,
    InvitationNotValid,
    NotOwner,
    accept_invitation,
    allow_use,
    dissolve_household,
    invite,
    leave_household,
    open_household,
)
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.refunds import cancel_order
from members.queries.sharing import placed, together
from members.queries.story import Kind, story
from rewards.operations.redemption import (
    NotEligible,
    quote_redemption,
    redeem_reward,
    release_redemption,
    reserve_reward,
    reverse_redemption,
)
from rewards.queries.catalogue import offers
from tests.cast import AT, MARA, buy, days, person, publish
from tests.rewards.operations.test_redemption import coffee

ON = {"household": {"on": True}}


def home(*members, at=AT):
    """A household of some members; the first owns it."""
    household = open_household(member=members[0].pk, at=at)
    code = invite(household=household.pk, by=members[0].pk, at=at).code
    for number, member in enumerate(members[1:], start=1):
        accept_invitation(member=member.pk, code=code, at=at + days(number / 1000))
    return household


def held(*members):
    return [balance(member.pk).available for member in members]


def who(household):
    return [(place.member, place.owns) for place in placed(household.pk)]


@pytest.fixture
def shared(cafe):
    publish(sharing=ON)


# --- coming and going -----------------------------------------------------------------------------------------------


def test_the_owner_invites_and_others_accept_once(shared, ana, ben):
    household = open_household(member=ana.pk, at=AT)
    code = invite(household=household.pk, by=ana.pk, at=AT).code
    for _time in range(2):
        assert (
            accept_invitation(member=ben.pk, code=f" {code[:4]}-{code[4:].lower()}", at=AT).pk == household.pk
        )
    assert who(household) == [(ana.pk, True), (ben.pk, False)]
    with pytest.raises(NotOwner):
        invite(household=household.pk, by=ben.pk, at=AT)
    for taken in (ana, ben):
        with pytest.raises(InHousehold):
            open_household(member=taken.pk, at=AT)


def test_codes_that_are_not_valid_are_all_answered_alike(shared, ana, ben):
    household = open_household(member=ana.pk, at=AT)
    replaced = invite(household=household.pk, by=ana.pk, at=AT).code
    current = invite(household=household.pk, by=ana.pk, at=AT)
    answers = []
    for code, at in (("AAAA", AT), (replaced, AT), (current.code, current.until), ("", AT), ("---", AT)):
        with pytest.raises(InvitationNotValid) as refused:
            accept_invitation(member=ben.pk, code=code, at=at)
        answers.append(str(refused.value))
    assert len(set(answers)) == 1
    assert current.until == AT + days(CODE_DAYS)
    assert HouseholdPlace.objects.count() == 1


def test_at_most_as_many_as_the_programme_says(cafe, ana, ben):
    publish(sharing={"household": {"on": True, "largest": 2}})
    household = home(ana, ben)
    code = Household.objects.get().code
    with pytest.raises(HouseholdFull) as refused:
        accept_invitation(member=person("cleo").pk, code=code, at=AT)
    assert refused.value.params == {"largest": 2}
    assert len(who(household)) == 2


def test_no_household_where_the_programme_has_none_and_none_for_who_is_blocked(cafe, ana, ben):
    with pytest.raises(HouseholdsOff):
        open_household(member=ana.pk, at=AT)
    publish(sharing=ON)
    block(member=ben.pk, at=AT, reason="x")
    with pytest.raises(NotActive):
        open_household(member=ben.pk, at=AT)
    assert not Household.objects.exists()


def test_what_an_owner_leaves_is_the_longest_members_and_the_last_to_leave_closes_it(shared, ana, ben):
    cleo = person("cleo")
    household = home(ana, ben, cleo)
    leave_household(household=household.pk, member=ana.pk, at=AT)
    assert who(household) == [(ben.pk, True), (cleo.pk, False)]
    with pytest.raises(NotOwner):
        leave_household(household=household.pk, member=ben.pk, by=cleo.pk, at=AT)
    leave_household(household=household.pk, member=cleo.pk, by=ben.pk, at=AT)
    with pytest.raises(NotFound):
        leave_household(household=household.pk, member=cleo.pk, at=AT)
    leave_household(household=household.pk, member=ben.pk, at=AT)
    assert not Household.objects.exists()
    home(cleo, ana)  # free to begin anew


def test_only_the_owner_dissolves_and_everybody_keeps_their_points(shared, ana, ben):
    household = home(ana, ben)
    buy(ana, 60)
    with pytest.raises(NotOwner):
        dissolve_household(household=household.pk, by=ben.pk, at=AT)
    dissolve_household(household=household.pk, by=ana.pk, at=AT)
    assert not HouseholdPlace.objects.exists()
    assert held(ana, ben) == [60, 0]
    assert together(ben.pk, yours=0) is None


# --- one balance ----------------------------------------------------------------------------------------------------


def test_one_redeems_with_what_all_have_from_what_ends_first_over_all(cafe, ana, ben):
    cleo = person("cleo")
    for months, member, kronor in ((3, ben, 40), (1, cleo, 30), (2, ben, 20), (6, ana, 10)):
        publish(points_life={"expiry": "rolling", "months": months}, sharing=ON)
        buy(member, kronor)
    home(ana, ben, cleo)
    found = together(ana.pk, yours=10)
    assert (found.yours, found.together, found.members) == (10, 100, 3)
    ends = {lot.remaining: lot.expires_at for member in (ben, cleo) for lot in lots(member.pk)}
    reward = coffee(cost_points=75)
    assert quote_redemption(member=ana.pk, reward=reward.pk, at=AT) == ()
    assert [offer.can_have for offer in offers(ana.pk, at=AT)] == [True]
    reserved = reserve_reward(member=ana.pk, reward=reward.pk, key="k", at=AT)
    # Cleo's thirty end first, then Ben's twenty, then fifteen of his forty.
    assert held(ana, ben, cleo) == [0, 25, 0]
    moved = PointsTransfer.objects.order_by("amount").values_list("giver", "amount", "redemption")
    assert list(moved) == [(cleo.pk, 30, reserved.pk), (ben.pk, 35, reserved.pk)]
    assert reserve_reward(member=ana.pk, reward=reward.pk, key="k", at=AT).pk == reserved.pk
    assert held(ana, ben, cleo) == [0, 25, 0]
    # Released it is the redeemer's, with the dates it had.
    release_redemption(redemption=reserved.pk, at=AT)
    assert held(ana, ben, cleo) == [75, 25, 0]
    assert {ends[30], ends[20], ends[40]} < {lot.expires_at for lot in lots(ana.pk)}
    assert verify() == []


def test_a_used_reward_that_is_reversed_comes_back_to_the_redeemer(shared, ana, ben):
    home(ana, ben)
    buy(ben, 100)
    used = redeem_reward(member=ana.pk, reward=coffee(cost_points=80).pk, key="k", at=AT)
    assert held(ana, ben) == [0, 20]
    reverse_redemption(redemption=used.pk, at=AT, reason="cold")
    assert held(ana, ben) == [80, 20]
    assert verify() == []


def test_who_has_enough_takes_nothing_from_the_others(shared, ana, ben):
    home(ana, ben)
    buy(ana, 100)
    buy(ben, 100)
    redeem_reward(member=ana.pk, reward=coffee(cost_points=100).pk, key="k", at=AT)
    assert held(ana, ben) == [0, 100]
    assert not PointsTransfer.objects.exists()


def refused_short(member, reward, have):
    """Redeeming is refused for want of points, of which the answer says how many there are."""
    with pytest.raises(NotEligible) as refused:
        redeem_reward(member=member.pk, reward=reward.pk, key="short", at=AT)
    assert [(why.code, why.have) for why in refused.value.reasons] == [("not_enough_points", have)]
    return True


def test_all_together_may_have_too_few_and_then_nothing_moves(shared, ana, ben):
    home(ana, ben)
    buy(ana, 30)
    buy(ben, 30)
    assert refused_short(ana, coffee(cost_points=61), 60)
    assert held(ana, ben) == [30, 30]
    assert not PointsTransfer.objects.exists()


def test_what_cannot_be_had_for_another_reason_gathers_nothing(shared, ana, ben):
    home(ana, ben)
    buy(ben, 100)
    with pytest.raises(NotEligible):
        redeem_reward(member=ana.pk, reward=coffee(cost_points=80, stock=0).pk, key="k", at=AT)
    assert held(ana, ben) == [0, 100]


@pytest.mark.parametrize("why", ["not allowed", "blocked", "owes", "left", "no household any more"])
def test_what_may_not_be_used_is_not(cafe, ana, ben, why):
    publish(points_life={"on_shortfall": "debt"}, sharing=ON)
    household = home(ana, ben)
    buy(ben, 100)
    if why == "not allowed":
        allow_use(household=household.pk, member=ben.pk, shares=False, at=AT)
    elif why == "blocked":
        block(member=ben.pk, at=AT, reason="x")
    elif why == "left":
        leave_household(household=household.pk, member=ben.pk, at=AT)
    elif why == "no household any more":
        publish()
    else:
        buy(ben, 50, external_id="back")
        adjust_points(member=ben.pk, amount=-150, reason="spent", at=AT)
        cancel_order(source="api", order_external_id="back", cancelled_at=AT, at=AT)
        assert balance(ben.pk).debt == 50
    before = held(ana, ben)
    assert refused_short(ana, coffee(cost_points=50), 0)
    assert held(ana, ben) == before


def test_who_allows_nothing_may_still_use_what_the_others_allow(shared, ana, ben):
    household = home(ana, ben)
    buy(ben, 100)
    allow_use(household=household.pk, member=ana.pk, shares=False, at=AT)
    redeem_reward(member=ana.pk, reward=coffee(cost_points=50).pk, key="k", at=AT)
    assert held(ana, ben) == [0, 50]
    allow_use(household=household.pk, member=ben.pk, shares=False, at=AT)
    assert together(ana.pk, yours=0).together == 0
    allow_use(household=household.pk, member=ben.pk, shares=True, at=AT)
    assert together(ana.pk, yours=0).together == 50


def test_who_owes_does_not_settle_it_with_the_others_points(cafe, ana, ben):
    publish(points_life={"on_shortfall": "debt"}, sharing=ON)
    home(ana, ben)
    buy(ana, 40, external_id="back")
    adjust_points(member=ana.pk, amount=-40, reason="spent", at=AT)
    cancel_order(source="api", order_external_id="back", cancelled_at=AT, at=AT)
    buy(ben, 100)
    assert together(ana.pk, yours=-40).together == -40
    assert refused_short(ana, coffee(cost_points=10), 0)
    assert held(ana, ben) == [-40, 100]


def test_points_that_wait_or_are_over_are_not_gathered(cafe, ana, ben):
    publish(points_life={"expiry": "rolling", "months": 1}, sharing=ON)
    buy(ben, 100)
    publish(points_life={"hold_days": 14}, sharing=ON)
    buy(ben, 100, at=AT + days(50))
    home(ana, ben)
    with pytest.raises(NotEligible):
        redeem_reward(member=ana.pk, reward=coffee(cost_points=10).pk, key="k", at=AT + days(51))
    assert (held(ben), balance(ben.pk).pending) == ([100], 100)


def test_both_sides_read_what_it_was(shared, ana, ben):
    home(ana, ben)
    buy(ben, 100)
    redeem_reward(member=ana.pk, reward=coffee(cost_points=80).pk, key="k", at=AT)
    told = {member.pk: [(row.title, row.sentence) for row in story(member.pk, plain=True).rows
                        if row.kind is Kind.SHARED] for member in (ana, ben)}  # fmt: skip
    assert told[ana.pk] == [("From Ben", "80 points from your household")]
    assert told[ben.pk] == [("To Ana", "80 points used by your household")]


# --- merged, erased, another shop -----------------------------------------------------------------------------------


def test_a_merged_members_place_is_the_keepers(shared, ana, ben):
    cleo = person("cleo")
    household = home(ana, ben)
    merge(keep=cleo.pk, remove=ana.pk, at=AT)
    assert who(household) == [(cleo.pk, True), (ben.pk, False)]
    buy(ben, 50)
    redeem_reward(member=ana.pk, reward=coffee(cost_points=50).pk, key="k", at=AT)  # as the old card says
    assert held(cleo, ben) == [0, 0]
    assert verify() == []


def test_two_of_one_household_become_one_and_it_is_still_owned(shared, ana, ben):
    cleo = person("cleo")
    household = home(ana, ben, cleo)
    merge(keep=cleo.pk, remove=ana.pk, at=AT)
    assert sorted(who(household)) == sorted([(ben.pk, False), (cleo.pk, True)])


def test_who_keeps_a_place_of_their_own_leaves_the_others_household(shared, ana, ben):
    cleo = person("cleo")
    first, second = home(ana, ben), home(cleo)
    merge(keep=cleo.pk, remove=ana.pk, at=AT)
    assert (who(first), who(second)) == ([(ben.pk, True)], [(cleo.pk, True)])
    merge(keep=cleo.pk, remove=ben.pk, at=AT)
    assert [row.pk for row in Household.objects.all()] == [second.pk]


def test_who_is_erased_is_in_no_household(shared, ana, ben):
    household = home(ana, ben)
    exported = privacy.export_member(member=ana.pk, at=AT)["membership"]["household"]
    assert exported == [{"owns": True, "shares": True, "since": AT.isoformat()}]
    privacy.erase_member(member=ana.pk, at=AT)
    assert who(household) == [(ben.pk, True)]


def test_another_shops_household_is_not_there(shared, cafe, ana, ben, other_shop):
    household = home(ana)
    code = invite(household=household.pk, by=ana.pk, at=AT).code
    with acting_for(other_shop, by=MARA):
        publish(sharing=ON)
        otto = person("otto")
        with pytest.raises(InvitationNotValid):
            accept_invitation(member=otto.pk, code=code, at=AT)
        with pytest.raises(NotFound):
            leave_household(household=household.pk, member=otto.pk, at=AT)
    assert who(household) == [(ana.pk, True)]
