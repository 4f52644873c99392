"""Points for something of a higher floor: once for each source, under the terms of their version, and taken back whole."""

from loyalty.core import ids
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots_of_source
from members.models import Member
from members.operations.awards import Award, give_award, hold_books, take_award_back
from members.operations.points import adjust_points
from tests.cast import AT, days, publish


def points(member: Member) -> int:
    return balance(member.pk).available


def test_an_award_is_given_once_and_lives_by_its_version(ana: Member) -> None:
    lives = publish(points_life={"expiry": "rolling", "months": 1}, at=AT)
    award = Award(kind="challenge", source=ids.new(), member=ana.pk, points=50, version=lives.pk)
    hold_books(member=ana.pk)
    for _twice in range(2):
        give_award(award=award, at=AT)
    assert points(ana) == 50
    lot = lots_of_source(award.source)[0]
    assert lot.expires_at is not None and lot.expires_at - AT <= days(33)
    assert verify() == []


def test_what_was_used_is_told_when_it_is_taken_back(ana: Member) -> None:
    award = Award(kind="challenge", source=ids.new(), member=ana.pk, points=50, version=None)
    give_award(award=award, at=AT)
    adjust_points(member=ana.pk, amount=-20, reason="spent", at=AT)
    found = take_award_back(award=award, at=AT)
    assert (found.taken, found.short, points(ana)) == (30, 20, 0)
    nothing = Award(kind="challenge", source=ids.new(), member=ana.pk, points=0, version=None)
    give_award(award=nothing, at=AT)
    assert take_award_back(award=nothing, at=AT).taken == 0
    assert verify() == []
