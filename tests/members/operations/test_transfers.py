"""Points go from one member to another with their dates; what cannot be given stays, and staff can bring it back."""

from datetime import timedelta

import pytest

from loyalty.core import ids
from loyalty.core.errors import InvalidInput, KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.operations import NotEnoughPoints
from loyalty.core.ledger.queries import balance, lots, totals
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import PointsTransfer, Profile
from members.operations import moving, privacy
from members.operations.membership import NotActive, block, edit
from members.operations.merging import merge
from members.operations.points import adjust_points, expire_due
from members.operations.refunds import cancel_order, refund_order
from members.operations.transfers import (
    NothingToBringBack,
    OwesPoints,
    SameMember,
    TransferLimitReached,
    TransfersOff,
    TransferTooLarge,
    TransferTooSmall,
    give_points,
    undo_transfer,
)
from members.queries.story import Kind, story
from members.rules.shopping import NewRefund
from tests.cast import AT, MARA, buy, days, person, publish

ON = {"transfers": {"on": True}}


def giving(**limits):
    """The programme's section with transfers on."""
    return {"sharing": {"transfers": {"on": True, **limits}}}


def give(giver, receiver, amount, *, key="k", at=AT):
    return give_points(giver=giver.pk, receiver=receiver.pk, amount=amount, key=key, at=at)


def held(*members):
    return [balance(member.pk).available for member in members]


def terms(member):
    """What a member has left, lot by lot: points, when they end, by which version."""
    return [(lot.remaining, lot.expires_at, lot.transfer.programme_version) for lot in lots(member.pk)]


def test_what_ends_first_leaves_first_and_keeps_its_dates_and_its_programme(cafe, ana, ben):
    first = publish(points_life={"expiry": "rolling", "months": 1}, sharing=ON)
    buy(ana, 30)
    second = publish(points_life={"expiry": "rolling", "months": 6}, sharing=ON)
    buy(ana, 100)
    soon, late = (ends for _points, ends, _version in terms(ana))
    given = give(ana, ben, 50)
    assert not given.replayed
    assert terms(ben) == [(30, soon, first.pk), (20, late, second.pk)]
    assert terms(ana) == [(80, late, second.pk)]
    assert totals() == {"issued": 130, "adjusted": 0}
    assert verify() == []
    assert expire_due(at=soon) == 1  # Ben's thirty, and nobody else's
    assert held(ana, ben) == [80, 20]
    assert verify() == []


def test_points_of_one_date_arrive_as_one(cafe, ana, ben):
    publish(sharing=ON)
    for _time in range(3):
        buy(ana, 10)
    give(ana, ben, 25)
    assert [points for points, *_terms in terms(ben)] == [25]


def test_the_same_gift_twice_is_once_and_another_under_its_key_is_refused(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    first, again = give(ana, ben, 40), give(ana, ben, 40)
    assert (again.replayed, again.transfer.pk) == (True, first.transfer.pk)
    for other in (lambda: give(ana, ben, 41), lambda: give(ben, ana, 40)):
        with pytest.raises(KeyReused):
            other()
    assert held(ana, ben) == [60, 40]
    assert PointsTransfer.objects.count() == Event.objects.filter(kind="transfer.made").count() == 1
    assert verify() == []


@pytest.mark.parametrize(
    ("limits", "amount", "refusal", "figures"),
    [
        ({"minimum": 10}, 9, TransferTooSmall, {"minimum": 10}),
        ({"maximum": 50}, 51, TransferTooLarge, {"maximum": 50}),
        ({"maximum_per_period": 60}, 61, TransferLimitReached, {"left": 60, "maximum": 60}),
        ({"on": False, "minimum": 2}, 10, TransfersOff, {}),
    ],
)
def test_the_programmes_limits(cafe, ana, ben, limits, amount, refusal, figures):
    publish(**giving(**limits))
    buy(ana, 100)
    with pytest.raises(refusal) as refused:
        give(ana, ben, amount)
    assert refused.value.params == figures
    assert held(ana, ben) == [100, 0]
    assert not PointsTransfer.objects.exists()


def test_a_limit_counts_a_period_of_the_shops_calendar_less_what_came_back(cafe, ana, ben):
    publish(**giving(maximum_per_period=60, period="week"))
    buy(ana, 500)
    first = give(ana, ben, 40, key="1").transfer
    with pytest.raises(TransferLimitReached) as refused:
        give(ana, ben, 21, key="2")
    assert refused.value.params["left"] == 20
    undo_transfer(transfer=first.pk, reason="wrong Ben", at=AT)
    give(ana, ben, 60, key="3")
    sunday, monday = AT + days(6), AT + days(7)
    with pytest.raises(TransferLimitReached):
        give(ana, ben, 1, key="4", at=sunday)
    give(ana, ben, 60, key="5", at=monday)
    assert held(ana, ben) == [380, 120]
    assert verify() == []


def test_points_that_wait_cannot_be_given(cafe, ana, ben):
    publish(points_life={"hold_days": 14}, sharing=ON)
    buy(ana, 100)
    with pytest.raises(NotEnoughPoints) as refused:
        give(ana, ben, 1)
    assert refused.value.params == {"needed": 1, "available": 0}
    assert (balance(ana.pk).pending, held(ben)) == (100, [0])
    assert not PointsTransfer.objects.exists()


def test_points_that_are_over_cannot_be_given_although_nobody_has_swept_yet(cafe, ana, ben):
    publish(points_life={"expiry": "rolling", "months": 1}, sharing=ON)
    buy(ana, 100)
    with pytest.raises(NotEnoughPoints):
        give(ana, ben, 100, at=AT + days(40))
    assert held(ana, ben) == [100, 0]


def test_who_owes_gives_nothing(cafe, ana, ben):
    publish(points_life={"on_shortfall": "debt"}, sharing=ON)
    bought = buy(ana, 100, external_id="first")
    adjust_points(member=ana.pk, amount=-100, reason="spent", at=AT)
    cancel_order(source="api", order_external_id="first", cancelled_at=AT, at=AT)
    assert bought.points == balance(ana.pk).debt == 100
    with pytest.raises(OwesPoints) as refused:
        give(ana, ben, 10)
    assert refused.value.params == {"debt": 100}


def test_what_is_given_settles_what_the_receiver_owes(cafe, ana, ben):
    publish(points_life={"on_shortfall": "debt"}, sharing=ON)
    buy(ben, 30, external_id="bens")
    adjust_points(member=ben.pk, amount=-30, reason="spent", at=AT)
    cancel_order(source="api", order_external_id="bens", cancelled_at=AT, at=AT)
    buy(ana, 100)
    give(ana, ben, 50)
    assert (held(ben), balance(ben.pk).debt) == ([20], 0)
    assert verify() == []


@pytest.mark.parametrize(
    ("policy", "left", "taken", "shortfall", "debt"),
    [("only_pending", 20, 0, 100, 0), ("to_zero", 0, 20, 80, 0), ("debt", -80, 100, 0, 80)],
)
def test_a_refund_follows_the_policy_at_the_giver_and_does_not_chase_the_gift(
    cafe, ana, ben, policy, left, taken, shortfall, debt
):
    publish(points_life={"on_shortfall": policy}, sharing=ON)
    buy(ana, 100, external_id="given away")
    give(ana, ben, 80)
    refund = NewRefund("r", AT, (), 100_00)
    found = refund_order(source="api", order_external_id="given away", refund=refund, at=AT).refund
    assert (found.points_taken, found.shortfall) == (taken, shortfall)
    assert held(ana, ben) == [left, 80]
    assert balance(ana.pk).debt == debt
    assert verify() == []


def test_blocked_members_neither_give_nor_get_and_nobody_gives_to_themselves(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    buy(ben, 100)
    with pytest.raises(SameMember):
        give(ana, ana, 10)
    block(member=ben.pk, at=AT, reason="x")
    for one, other in ((ana, ben), (ben, ana)):
        with pytest.raises(NotActive):
            give(one, other, 10)
    with pytest.raises(NotFound):
        give_points(giver=ana.pk, receiver=ids.new(), amount=1, key="x", at=AT)
    for amount in (0, -5, 10**13):
        with pytest.raises(InvalidInput):
            give(ana, ben, amount)
    assert held(ana, ben) == [100, 100]


# --- brought back ---------------------------------------------------------------------------------------------------


def test_staff_bring_back_what_is_not_used(cafe, ana, ben):
    publish(points_life={"expiry": "rolling", "months": 6}, sharing=ON)
    buy(ana, 100)
    before = terms(ana)
    made = give(ana, ben, 100).transfer
    adjust_points(member=ben.pk, amount=-30, reason="spent", at=AT)
    undone = undo_transfer(transfer=made.pk, reason="wrong Ben", at=AT + days(1))
    assert (undone.undone, undone.undone_by, undone.reason) == (70, "staff:mara", "wrong Ben")
    assert undo_transfer(transfer=made.pk, reason="again", at=AT + days(2)).reason == "wrong Ben"
    assert held(ana, ben) == [70, 0]
    assert terms(ana) == [(70, before[0][1], before[0][2])]
    assert verify() == []


def test_nothing_is_brought_back_where_all_is_used_or_over(cafe, ana, ben):
    publish(points_life={"expiry": "rolling", "months": 1}, sharing=ON)
    buy(ana, 100)
    used, over = (give(ana, ben, 50, key=key).transfer for key in "ab")
    adjust_points(member=ben.pk, amount=-50, reason="spent", at=AT)  # the older lot of two that end together
    with pytest.raises(NothingToBringBack):
        undo_transfer(transfer=used.pk, reason="x", at=AT)
    with pytest.raises(NothingToBringBack):
        undo_transfer(transfer=over.pk, reason="x", at=AT + days(60))
    with pytest.raises(InvalidInput):
        undo_transfer(transfer=over.pk, reason=" ", at=AT)
    assert held(ana, ben) == [0, 50]
    assert verify() == []


def test_a_gift_is_brought_back_after_either_side_was_merged(cafe, ana, ben):
    publish(sharing=ON)
    cleo, dan = person("cleo"), person("dan")
    buy(ana, 100)
    made = give(ana, ben, 60).transfer
    merge(keep=cleo.pk, remove=ben.pk, at=AT)
    merge(keep=dan.pk, remove=ana.pk, at=AT)
    assert held(dan, cleo) == [40, 60]
    undone = undo_transfer(transfer=made.pk, reason="wrong", at=AT)
    assert (undone.undone, undone.giver_id, undone.receiver_id) == (60, dan.pk, cleo.pk)
    assert held(dan, cleo, ana, ben) == [100, 0, 0, 0]
    assert verify() == []


def test_to_somebody_who_was_merged_is_to_who_they_are_now(cafe, ana, ben):
    publish(sharing=ON)
    cleo = person("cleo")
    buy(ana, 100)
    merge(keep=cleo.pk, remove=ben.pk, at=AT)
    give(ana, ben, 10)
    assert held(ana, cleo) == [90, 10]


def test_who_was_erased_gives_and_gets_nothing_back(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    made = give(ana, ben, 60).transfer
    privacy.erase_member(member=ana.pk, at=AT)
    with pytest.raises(NotActive):
        undo_transfer(transfer=made.pk, reason="x", at=AT)
    assert held(ana, ben) == [0, 60]
    assert verify() == []


def test_moving_everything_leaves_nothing_behind(cafe, ana, ben):
    """What a merge is made of: each lot leaves with its dates, and another call finds nothing."""
    publish(points_life={"expiry": "rolling", "months": 6}, sharing=ON)
    buy(ana, 100)
    before = terms(ana)
    moving.move_points(to=ben.pk, of=ana.pk, at=AT)
    moving.move_points(to=ben.pk, of=ana.pk, at=AT)
    assert (terms(ana), terms(ben)) == ([], before)
    assert verify() == []


# --- told -----------------------------------------------------------------------------------------------------------


def said(member):
    rows = story(member.pk, plain=True).rows
    return [(row.title, row.sentence, row.change) for row in rows if row.kind is Kind.SHARED]


def test_both_sides_read_a_first_name_and_none_once_it_is_erased(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    made = give(ana, ben, 40).transfer
    assert said(ana) == [("To Ben", "40 points given away", -40)]
    assert said(ben) == [("From Ana", "40 points given to you", 40)]
    undo_transfer(transfer=made.pk, reason="wrong Ben", at=AT)
    assert said(ana)[0] == ("Back from Ben", "40 points came back", 40)
    assert said(ben)[0] == ("Back to Ana", "40 points went back", -40)
    edit(member=ana.pk, at=AT, details={"given_name": ""})
    assert said(ben)[-1][0] == "From another member"
    privacy.erase_member(member=ben.pk, at=AT)
    assert not Profile.objects.filter(member=ben).exists()
    assert {title for title, *_rest in said(ana)} == {"To another member", "Back from another member"}


def test_the_export_has_both_directions_and_nobody_elses_name(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    give(ana, ben, 40)
    mine, his = (privacy.export_member(member=member.pk, at=AT)["membership"] for member in (ana, ben))
    assert [(one["gave"], one["points"]) for one in mine["transfers"]] == [(True, 40)]
    assert [(one["gave"], one["points"]) for one in his["transfers"]] == [(False, 40)]
    assert "Ana" not in str(his)


def test_what_staff_typed_goes_with_the_member(cafe, ana, ben):
    publish(sharing=ON)
    buy(ana, 100)
    made = give(ana, ben, 40).transfer
    undo_transfer(transfer=made.pk, reason="Ben Berg asked", at=AT)
    privacy.erase_member(member=ben.pk, at=AT)
    assert PointsTransfer.objects.get().reason == ""


def test_another_shops_transfer_is_not_there(cafe, ana, ben, other_shop):
    publish(sharing=ON)
    buy(ana, 100)
    made = give(ana, ben, 40).transfer
    with acting_for(other_shop, by=Actor("staff", "otto", "owner")):
        publish(sharing=ON)
        for work in (
            lambda: undo_transfer(transfer=made.pk, reason="x", at=AT),
            lambda: give(ana, ben, 10, key="z"),
        ):
            with pytest.raises(NotFound):
                work()
    with acting_for(cafe, by=MARA):
        assert held(ana, ben) == [60, 40]


def test_giving_keeps_no_points_on_sliding_terms_alive(cafe, ana, ben):
    publish(points_life={"expiry": "sliding", "days": 30}, sharing=ON)
    buy(ana, 100)
    ends = terms(ana)[0][1]
    give(ana, ben, 40, at=AT + days(20))
    assert terms(ana)[0][1] == terms(ben)[0][1] == ends
    buy(ben, 10, at=AT + days(25))  # Ben's own purchase does, for what he was given as well
    assert {lot_ends for _points, lot_ends, _version in terms(ben)} == {ends + timedelta(days=25)}
