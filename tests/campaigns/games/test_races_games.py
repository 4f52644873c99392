"""Games while everything happens at once, on connections of their own: a pot is never exceeded, nothing is given twice."""

from typing import Any

import pytest

from campaigns.models import ChallengeAward, InstantPlay, InstantWin
from campaigns.operations.games import instant, settling
from campaigns.operations.games.instant import open_instant_win, play_ticket
from campaigns.queries.games import instant as reading
from campaigns.rules.draws import MILLION
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.refunds import cancel_order
from rewards.models import Redemption
from rewards.operations.catalogue import create_reward
from tests.campaigns.games.playing import opened, points
from tests.cast import AT, MARA, buy, days, order, person
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
LATER = AT + days(1)


def people(merchant: Any, count: int) -> list[Member]:
    with acting_for(merchant, by=MARA):
        return [person(f"m{number}") for number in range(count)]


def a_pot(merchant: Any, total: int) -> InstantWin:
    """A game in which every ticket wins, as long as there are cups."""
    with acting_for(merchant, by=MARA):
        cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 5}).handle
        prizes = [{"name": "Cup", "reward": cup, "odds": MILLION, "total": total}]
        details = {
            "name": "Luck",
            "ticket": "day",
            "starts_at": AT,
            "ends_at": AT + days(9),
            "prizes": prizes,
        }
        return open_instant_win(details=details, at=AT)


def played(merchant: Any, game: InstantWin, crowd: list[Member]) -> int:
    """Everybody plays twice at once; how many cups went out."""

    def attempt(one: Member) -> Any:
        return lambda: play_ticket(game=game.pk, member=one.pk, at=LATER).prize or "nothing"

    at_once(merchant, [attempt(one) for one in crowd for _twice in range(2)])
    with acting_for(merchant, by=MARA):
        assert verify() == []
        return Redemption.objects.count()


def test_a_pot_is_never_exceeded_and_a_ticket_plays_once(luna_open):
    crowd, game = people(luna_open, 12), a_pot(luna_open, 5)
    assert played(luna_open, game, crowd) == 5
    with acting_for(luna_open, by=MARA):
        assert InstantPlay.objects.count() == 12
        assert reading.game(game.pk).prizes[0]["given"] == 5
        numbers = InstantPlay.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, 13))


def test_the_race_is_real(luna_open, monkeypatch):
    """The twin: without the game's lock two tickets get one number, or more cups go out than there are."""
    crowd, game = people(luna_open, 12), a_pot(luna_open, 5)
    kept = InstantWin.objects.__class__.select_for_update
    monkeypatch.setattr(InstantWin.objects.__class__, "select_for_update", lambda self, **_how: self.all())
    given = 0
    try:
        given = played(luna_open, game, crowd)
    except Exception:  # noqa: BLE001 - two of one number: the database itself has refused
        given = -1
    monkeypatch.setattr(InstantWin.objects.__class__, "select_for_update", kept)
    with acting_for(luna_open, by=MARA):
        assert given != 5 or InstantPlay.objects.count() < 12


def test_buying_giving_back_merging_and_looking_at_once_comes_to_what_is_so(luna_open):
    crowd = people(luna_open, 8)
    with acting_for(luna_open, by=MARA):
        opened("purchases", {"needed": 2, "points": 50}, {"needed": 4, "points": 70})
        for number, one in enumerate(crowd):
            buy(one, 10, at=AT, external_id=f"first-{number}")
    attempts: list[Any] = []
    for number, one in enumerate(crowd):
        for turn in range(3):
            asked = order(one, 10, at=AT, external_id=f"{number}-{turn}")
            attempts.append(lambda asked=asked: record_order(order=asked, at=LATER).replayed)
            attempts.append(lambda one=one: settling.settle(member=one.pk, at=LATER) >= 0)
            attempts.append(lambda one=one: instant.withdraw_undone(member=one.pk, at=LATER) >= 0)
        back = f"first-{number}"
        attempts.append(
            lambda back=back: (
                cancel_order(source="api", order_external_id=back, cancelled_at=LATER, at=LATER).replayed
            )
        )
    for number in range(0, 4, 2):
        keep, remove = crowd[number].pk, crowd[number + 1].pk
        attempts.append(lambda keep=keep, remove=remove: merge(keep=keep, remove=remove, at=LATER).status)
    answers = at_once(luna_open, attempts)
    assert answers["active"] == 2
    with acting_for(luna_open, by=MARA):
        for one in crowd:
            settling.settle(member=one.pk, at=LATER)
        assert [settling.settle(member=one.pk, at=LATER) for one in crowd] == [0] * 8
        for one in crowd[4:]:
            assert points(one) == 30 + 50, "three purchases stand"
        for number in (0, 2):
            assert points(crowd[number]) >= 60 + 50 + 70, "six purchases of two cards stand"
            found = ChallengeAward.objects.filter(member=crowd[number], withdrawn_at=None)
            assert sorted(found.values_list("needed", flat=True)) == [2, 4]
        assert verify() == []
