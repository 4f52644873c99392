"""Limits for what is given and taken by hand, and what waits for a second person."""

import pytest
from django.db import IntegrityError, transaction

from loyalty.core import ids
from loyalty.core.errors import Forbidden, InvalidInput, KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.operations import NotEnoughPoints
from loyalty.core.ledger.queries import balance, totals
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import AdjustmentPart, AdjustmentRequest, AdjustmentUse
from members.operations.allowances import NeedsApproval, set_limits
from members.operations.approvals import (
    AlreadySettled,
    NothingDone,
    NotYours,
    OwnRequest,
    RequestLapsed,
    approve_adjustment,
    ask_adjustment,
    lapse_due,
    refuse_adjustment,
    withdraw_adjustment,
)
from members.operations.bulk import NobodyChosen, TooMany
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member, export_member
from members.queries import adjusting
from members.rules.adjusting import Limit, Limits
from tests.cast import AT, MARA, days

MIA = Actor("staff", "mia", "manager")
MAX = Actor("staff", "max", "manager")
KEY = Actor("api_key", "web")
SMALL = Limits(manager=Limit(each=100, day=150), api_key=Limit(each=50))


@pytest.fixture(autouse=True)
def _books(cafe):
    """A manager may give 100 at a time and 150 a day, a key 50. After each test the books are right."""
    set_limits(limits=SMALL, at=AT)
    yield
    assert verify() == []


def has(member):
    return balance(member.pk).available


def gives(cafe, who, member, amount, *, at=AT, key=""):
    with acting_for(cafe, by=who):
        return adjust_points(member=member.pk, amount=amount, reason="sorry", at=at, key=key)


def asked(cafe, who, *members, amount=500, key="k", at=AT):
    with acting_for(cafe, by=who):
        return ask_adjustment(
            members=[one.pk for one in members], amount=amount, reason="a big sorry", key=key, at=at
        )


def approves(cafe, who, row, *, at=AT):
    with acting_for(cafe, by=who):
        return approve_adjustment(request=row.pk, at=at)


# --- limits ---------------------------------------------------------------------------------------------------


def test_who_has_no_limit_gives_what_they_like_and_nothing_is_counted(cafe, ana):
    adjust_points(member=ana.pk, amount=1_000_000, reason="opening", at=AT)
    assert has(ana) == 1_000_000
    assert not AdjustmentUse.objects.exists()


def test_more_than_the_limit_for_one_change_is_refused_and_changes_nothing(cafe, ana):
    with pytest.raises(NeedsApproval) as refused:
        gives(cafe, MIA, ana, 101)
    assert refused.value.params == {"each": 100, "left": 150}
    assert (has(ana), adjusting.used(str(MIA), at=AT), totals()) == (0, 0, {})
    gives(cafe, MIA, ana, 100)
    assert has(ana) == 100


def test_a_day_has_a_limit_of_its_own_and_a_new_one_begins_afresh(cafe, ana, ben):
    gives(cafe, MIA, ana, 90)
    with pytest.raises(NeedsApproval) as refused:
        gives(cafe, MIA, ben, 61)
    assert refused.value.params["left"] == 60
    gives(cafe, MIA, ben, 60)
    assert adjusting.used(str(MIA), at=AT) == 150
    # Half past ten in the evening UTC is the next day in Stockholm from eleven on.
    gives(cafe, MIA, ana, 10, at=AT.replace(day=2, hour=23, minute=30))
    assert has(ana) == 100


def test_what_is_taken_counts_like_what_is_given(cafe, ana):
    adjust_points(member=ana.pk, amount=500, reason="opening", at=AT)
    gives(cafe, MIA, ana, -80)
    with pytest.raises(NeedsApproval):
        gives(cafe, MIA, ana, 80)
    assert has(ana) == 420


def test_everybody_has_a_day_of_their_own(cafe, ana):
    gives(cafe, MIA, ana, 100)
    gives(cafe, MAX, ana, 100)
    assert has(ana) == 200


def test_the_same_key_again_uses_up_nothing_more(cafe, ana):
    for _again in range(3):
        gives(cafe, MIA, ana, 100, key="same")
    assert (has(ana), adjusting.used(str(MIA), at=AT)) == (100, 100)


def test_what_was_refused_for_another_reason_uses_up_nothing(cafe, ana):
    with pytest.raises(NotEnoughPoints):
        gives(cafe, MIA, ana, -50)
    assert adjusting.used(str(MIA), at=AT) == 0


def test_keys_have_their_own_limit(cafe, ana):
    with pytest.raises(NeedsApproval):
        gives(cafe, KEY, ana, 51)
    gives(cafe, KEY, ana, 50)
    with pytest.raises(Forbidden):
        asked(cafe, KEY, ana)
    assert has(ana) == 50


def test_who_changes_limits_stands_in_the_log_with_before_and_after(cafe):
    set_limits(limits=SMALL, at=AT)  # the same again is no change
    set_limits(limits=Limits(manager=Limit(each=5)), at=AT + days(1))
    last = Event.objects.filter(kind="adjustment.limits_changed").order_by("-id").first()
    assert last.actor == str(MARA)
    assert (last.data["before"]["manager"]["each"], last.data["after"]["manager"]["each"]) == (100, 5)
    assert Event.objects.filter(kind="adjustment.limits_changed").count() == 2


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        (Limits(manager=Limit(each=-1)), "manager.each"),
        (Limits(owner=Limit(day=10**13)), "owner.day"),
        (Limits(manager=Limit(each=10, day=5)), "manager.each"),
        (Limits(days=0), "days"),
        (Limits(days=91), "days"),
    ],
)
def test_limits_that_make_no_sense_are_refused(cafe, limits, field):
    with pytest.raises(InvalidInput) as refused:
        set_limits(limits=limits, at=AT)
    assert [one["field"] for one in refused.value.errors] == [field]
    assert adjusting.limits() == SMALL


# --- a second person ------------------------------------------------------------------------------------------


def test_what_is_asked_for_moves_nothing_until_somebody_else_approves_it(cafe, ana):
    row = asked(cafe, MIA, ana)
    assert (row.status, row.expires_at, has(ana)) == ("waiting", AT + days(7), 0)
    assert asked(cafe, MIA, ana).pk == row.pk  # the same form again
    with pytest.raises(KeyReused):
        asked(cafe, MIA, ana, amount=501)
    done = approves(cafe, MAX, row, at=AT + days(1))
    assert (done.status, done.decided_by, has(ana)) == ("approved", str(MAX), 500)
    assert [one.kind for one in Event.objects.filter(kind__startswith="adjustment.").order_by("id")][1:] == [
        "adjustment.asked",
        "adjustment.approved",
    ]
    assert adjusting.used(str(MAX), at=AT + days(1)) == 0  # who approves gives nothing of their own


def test_the_asker_never_approves_whatever_their_role(cafe, ana):
    for who in (MIA, MARA):
        row = asked(cafe, who, ana, key=who.id)
        with pytest.raises(OwnRequest):
            approves(cafe, who, row)
        with pytest.raises(OwnRequest), acting_for(cafe, by=who):
            refuse_adjustment(request=row.pk, at=AT, note="never mind")
    assert has(ana) == 0


def test_the_database_refuses_it_too(cafe, ana):
    row = asked(cafe, MIA, ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdjustmentRequest.objects.filter(pk=row.pk).update(
            status="approved", decided_at=AT, decided_by=str(MIA)
        )


def test_an_owner_can_keep_approving_to_themselves(cafe, ana):
    row = asked(cafe, MIA, ana)
    set_limits(limits=Limits(managers_approve=False), at=AT)
    with pytest.raises(Forbidden):
        approves(cafe, MAX, row)
    with pytest.raises(Forbidden):
        approves(cafe, KEY, row)
    assert approves(cafe, MARA, row).status == "approved"


def test_what_is_decided_stays_decided(cafe, ana):
    row = asked(cafe, MIA, ana)
    with acting_for(cafe, by=MAX):
        with pytest.raises(InvalidInput):
            refuse_adjustment(request=row.pk, at=AT, note=" ")
        assert refuse_adjustment(request=row.pk, at=AT, note="Too much").note == "Too much"
    for again in (
        lambda: approves(cafe, MARA, row),
        lambda: refuse_adjustment(request=row.pk, at=AT, note="x"),
    ):
        with pytest.raises(AlreadySettled):
            again()
    assert has(ana) == 0


def test_only_the_asker_takes_it_back(cafe, ana):
    row = asked(cafe, MIA, ana)
    with pytest.raises(NotYours):
        withdraw_adjustment(request=row.pk, at=AT)
    with acting_for(cafe, by=MIA):
        assert withdraw_adjustment(request=row.pk, at=AT).status == "withdrawn"
    with pytest.raises(AlreadySettled):
        approves(cafe, MAX, row)


def test_what_nobody_decides_lapses_and_is_not_approved_late(cafe, ana):
    row = asked(cafe, MIA, ana)
    assert list(adjusting.waiting(at=AT + days(7))) == []
    with pytest.raises(RequestLapsed):
        approves(cafe, MAX, row, at=AT + days(7))
    assert lapse_due(at=AT + days(6)) == 0
    assert (lapse_due(at=AT + days(7)), lapse_due(at=AT + days(7))) == (1, 0)
    assert adjusting.request(row.pk).status == "lapsed"
    assert has(ana) == 0


def test_one_request_can_be_about_many_and_passes_over_who_cannot(cafe, ana, ben):
    adjust_points(member=ana.pk, amount=600, reason="opening", at=AT)
    row = asked(cafe, MIA, ana, ben, amount=-500)
    approves(cafe, MAX, row)
    assert (has(ana), has(ben)) == (100, 0)
    parts = {part.member_id: part.skipped for part in AdjustmentPart.objects.all()}
    assert parts == {ana.pk: "", ben.pk: "not_enough_points"}
    assert adjusting.sizes([row.pk]) == {row.pk: (2, 1)}
    told = Event.objects.get(kind="adjustment.approved").data
    assert (told["members"], told["done"]) == (2, 1)
    assert "reason" not in told  # what was typed about several is nobody's to keep


def test_what_can_be_done_for_nobody_is_not_approved(cafe, ana):
    row = asked(cafe, MIA, ana, amount=-500)
    with pytest.raises(NothingDone):
        approves(cafe, MAX, row)
    assert adjusting.request(row.pk).status == "waiting"


def test_nobody_and_too_many_are_refused(cafe, ana):
    with pytest.raises(NobodyChosen):
        asked(cafe, MIA)
    crowd = [ids.new() for _n in range(501)]
    with acting_for(cafe, by=MIA), pytest.raises(TooMany):
        ask_adjustment(members=crowd, amount=1, reason="x", key="k", at=AT)
    with pytest.raises(NotFound):
        adjusting.request(ana.pk)


# --- merged and erased ----------------------------------------------------------------------------------------


def test_who_is_merged_meanwhile_gets_what_was_asked_for_both(cafe, ana, ben):
    row = asked(cafe, MIA, ana, ben, amount=200)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    approves(cafe, MAX, row)
    assert (has(ana), has(ben)) == (400, 0)


def test_who_is_erased_is_given_nothing_and_nothing_typed_about_them_stays(cafe, ana, ben):
    one, both = asked(cafe, MIA, ana, key="1"), asked(cafe, MIA, ana, ben, key="2")
    told = export_member(member=ana.pk, at=AT)["adjustments"]
    assert [(part["amount"], part["status"], part["reason"]) for part in told] == [
        (500, "waiting", "a big sorry")
    ] * 2
    erase_member(member=ana.pk, at=AT)
    assert (adjusting.request(one.pk).status, adjusting.request(one.pk).reason) == ("withdrawn", "")
    assert not Event.objects.filter(subject=ana.pk, data__has_key="reason").exists()
    approves(cafe, MAX, both)
    assert (has(ana), has(ben)) == (0, 500)
