"""Opening balances: lots that come from elsewhere, once for good, and taken back only where they are untouched."""

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, totals
from loyalty.core.merchants.models import Merchant
from members.models import Member
from members.operations.membership import block
from members.operations.opening import OpeningLot, open_lots, take_back_lots
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from tests.cast import AT, days


def lot(member: Member, key: str, amount: int = 10) -> OpeningLot:
    return OpeningLot(member=member.pk, key=key, amount=amount, earned_at=AT - days(100))


def test_one_refused_lot_does_not_stop_the_rest(cafe: Merchant, ana: Member, ben: Member):
    erase_member(member=ben.pk, at=AT)
    gone, fine, again = open_lots(lots=[lot(ben, "1"), lot(ana, "2"), lot(ana, "2")], at=AT)
    assert gone.code == "member_not_active"
    assert fine.created and not again.created and fine.transfer == again.transfer
    assert balance(ana.pk).available == 10


def test_the_same_key_with_other_figures_is_refused(cafe: Merchant, ana: Member, ben: Member):
    open_lots(lots=[lot(ana, "1")], at=AT)
    more, theirs, same = open_lots(lots=[lot(ana, "1", 11), lot(ben, "1"), lot(ana, "1")], at=AT)
    assert (more.code, theirs.code, same.created) == ("other_figures", "other_figures", False)
    assert (balance(ana.pk).available, balance(ben.pk).available) == (10, 0)


def test_who_is_blocked_keeps_what_they_had_elsewhere_too(cafe: Merchant, ana: Member):
    block(member=ana.pk, at=AT, reason="x")
    assert open_lots(lots=[lot(ana, "1")], at=AT)[0].created
    assert totals() == {"adjusted": 10}


def test_undoing_twice_takes_nothing_twice_and_it_can_come_again(cafe: Merchant, ana: Member):
    (made,) = open_lots(lots=[lot(ana, "1")], at=AT)
    assert [take_back_lots(transfers=[made.transfer], at=AT) for _again in range(2)] == [[None], [None]]
    assert balance(ana.pk).available == 0
    (second,) = open_lots(lots=[lot(ana, "1")], at=AT)
    assert second.created and second.transfer != made.transfer
    assert not open_lots(lots=[lot(ana, "1")], at=AT)[0].created
    assert verify() == []


def test_what_was_used_is_not_taken_back(cafe: Merchant, ana: Member):
    made, other = open_lots(lots=[lot(ana, "1"), lot(ana, "2", 500)], at=AT)
    adjust_points(member=ana.pk, amount=-1, reason="spent", at=AT)
    used, fine = take_back_lots(transfers=[made.transfer, other.transfer], at=AT)
    assert used is not None and used.code == "points_used" and fine is None
    assert balance(ana.pk).available == 9
    assert verify() == []
