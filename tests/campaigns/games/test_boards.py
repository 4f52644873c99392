"""Boards: under made-up names, real ones only for who said so, and who stays out is nowhere on them."""

from datetime import timedelta

import pytest

from campaigns.models import Player
from campaigns.operations.games.players import choose_name
from campaigns.queries.games.boards import alias_of, board, names_of
from campaigns.rules.games.aliases import alias
from loyalty.core.errors import InvalidInput
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import block
from members.operations.merging import merge
from tests.campaigns.games.playing import opened, settle
from tests.cast import AT, MARA, buy, days, person, shop


def bought(member: Member, times: int, *, after: float = 0) -> None:
    for turn in range(times):
        buy(member, 10, at=AT + days(after) + timedelta(minutes=turn))
    settle(member=member.pk, at=AT + days(3))


def test_names_are_made_up_until_somebody_says_otherwise(ana: Member, ben: Member) -> None:
    row = opened(board=True)
    bought(ana, 3)
    bought(ben, 1)
    first = board(row, at=AT + days(3), me=ben.pk).first
    assert [(one.place, one.value, one.is_me) for one in first] == [(1, 3, False), (2, 1, True)]
    assert [one.name for one in first] == [alias_of(ana.pk), alias_of(ben.pk)]
    assert not {"Ana", "Alm", "Ben"} & {word for one in first for word in one.name.split()}
    choose_name(member=ana.pk, shown="name", at=AT)
    assert names_of([ana.pk])[ana.pk] == "Ana", "the first name alone"
    turned = choose_name(member=ana.pk, shown="alias", another=True, at=AT)
    assert names_of([ana.pk])[ana.pk] == alias_of(ana.pk, turned.turn) != alias_of(ana.pk)


def test_who_stays_out_is_not_on_it_and_gets_what_they_reach(ana: Member, ben: Member) -> None:
    row = opened(board=True)
    choose_name(member=ana.pk, shown="hidden", at=AT)
    bought(ana, 3)
    bought(ben, 1)
    found = board(row, at=AT + days(3), me=ana.pk)
    assert [one.member for one in found.first] == [ben.pk]
    assert (found.me, found.players) == (None, 1)
    block(member=ben.pk, at=AT, reason="asked")
    assert board(row, at=AT + days(3)).first == []


def test_equal_numbers_share_a_place_and_who_is_further_down_sees_theirs(ana: Member) -> None:
    row = opened(board=True)
    for number in range(3):
        bought(person(f"p{number}"), 2, after=number / 10)
    bought(ana, 1)
    found = board(row, at=AT + days(3), me=ana.pk, most=2)
    assert [one.place for one in found.first] == [1, 1]
    assert found.me is not None and (found.me.place, found.me.value) == (4, 1)


def test_who_wanted_not_to_be_seen_as_one_of_two_is_not_seen_as_both(ana: Member, ben: Member) -> None:
    choose_name(member=ana.pk, shown="name", at=AT)
    choose_name(member=ben.pk, shown="hidden", at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert Player.objects.get().shown == "hidden"


def test_only_what_can_be_chosen_is(ana: Member) -> None:
    with pytest.raises(InvalidInput):
        choose_name(member=ana.pk, shown="everything", at=AT)
    assert not Player.objects.exists()


def test_another_shop_sees_nothing_of_it(ana: Member) -> None:
    row = opened(board=True)
    bought(ana, 1)
    with acting_for(shop("ottos", name="Otto's Books"), by=MARA):
        assert board(row, at=AT + days(3)).first == []


def test_made_up_names_are_many_and_stay() -> None:
    names = {alias(str(seed)) for seed in range(2_000)}
    assert len(names) > 1_900
    assert alias("x") == alias("x")
