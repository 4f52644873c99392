"""Instant wins: what a ticket wins was certain before, the pot is never exceeded, and anybody can check it."""

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import InstantPlay, InstantWin
from campaigns.operations.games.instant import (
    InstantWinIsOver,
    InstantWinNotYet,
    NoTicket,
    end_instant_win,
    open_instant_win,
    play_ticket,
    withdraw_undone,
)
from campaigns.queries.games.instant import published, tickets
from campaigns.rules.draws import MILLION, Prize, play
from loyalty.core import privacy
from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from members.models import Member
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.refunds import cancel_order
from rewards.models import Redemption
from rewards.operations.catalogue import create_reward
from tests.cast import AT, buy, days, person

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_instant_win.py"
pytestmark = pytest.mark.usefixtures("cafe")


def cup(**more: Any) -> str:
    """A cup to win, by its handle."""
    details = {"kind": "free_product", "name": {"en": "Cup"}, "cost_points": 50, **more}
    return create_reward(at=AT, details=details).handle


def opened(**more: Any) -> InstantWin:
    """A game that is open for ten days; every ticket wins, of five cups, unless said otherwise."""
    prize = {"name": "Cup", "reward": more.pop("reward", None) or cup(), "odds": MILLION, "total": 5}
    said = {"name": "Luck", "ticket": "day", "starts_at": AT, "ends_at": AT + days(10)}
    prizes = [{**prize, **one} for one in more.pop("prizes", [{}])]
    return open_instant_win(details={**said, "prizes": prizes, **more}, at=AT)


def test_a_day_has_one_ticket_and_the_pot_ends(ana: Member) -> None:
    game = opened(prizes=[{"total": 2}])
    won = []
    for day in range(4):
        won.append(play_ticket(game=game.pk, member=ana.pk, at=AT + days(day)).prize)
        with pytest.raises(NoTicket):
            play_ticket(game=game.pk, member=ana.pk, at=AT + days(day))
    assert won == ["Cup", "Cup", "", ""], "two cups there were"
    assert Redemption.objects.filter(member=ana, source_kind="instant_win").count() == 2
    assert verify() == []


def test_each_purchase_that_is_large_enough_brings_a_ticket_that_plays_once(ana: Member) -> None:
    game = opened(ticket="purchase", at_least_minor=5_000)
    buy(ana, 49, at=AT)
    assert tickets(game, member=ana.pk, at=AT + days(1)) == []
    buy(ana, 50, at=AT)
    first = play_ticket(game=game.pk, member=ana.pk, at=AT + days(1))
    again = play_ticket(game=game.pk, member=ana.pk, ticket=first.play.ticket, at=AT + days(1))
    assert (again.play.pk, again.replayed, again.prize) == (first.play.pk, True, "Cup")
    assert InstantPlay.objects.count() == 1


def test_what_was_won_with_a_purchase_goes_back_with_it_unless_it_was_used(ana: Member) -> None:
    game = opened(ticket="purchase")
    buy(ana, 50, at=AT, external_id="back")
    play_ticket(game=game.pk, member=ana.pk, at=AT + days(1))
    cancel_order(source="api", order_external_id="back", cancelled_at=AT + days(2), at=AT + days(2))
    for _twice in range(2):
        withdraw_undone(member=ana.pk, at=AT + days(2))
    assert Redemption.objects.get().status == Redemption.Status.REVERSED
    game.refresh_from_db()
    assert game.prizes[0]["given"] == 1, "the pot stays as it was drawn"
    with pytest.raises(NoTicket):
        play_ticket(game=game.pk, member=ana.pk, at=AT + days(2))
    assert verify() == []


def test_anybody_can_check_every_ticket_when_it_is_over(tmp_path: Path) -> None:
    game = opened(prizes=[{"odds": 300_000, "total": 2}, {"name": "Mug", "odds": 200_000, "total": 1}])
    for number in range(12):
        play_ticket(game=game.pk, member=person(f"p{number}").pk, at=AT + days(1))
    game.refresh_from_db()
    assert not {"seed", "plays"} & published(game).keys(), "the secret is one until the game is over"
    told = published(end_instant_win(game=game.pk, at=AT + days(2)))
    assert len(told["plays"]) == 12
    file = tmp_path / "game.json"

    def checked() -> subprocess.CompletedProcess[str]:
        file.write_text(json.dumps(told))
        return subprocess.run(
            [sys.executable, "-I", SCRIPT, file], capture_output=True, text=True, check=False
        )

    assert checked().returncode == 0, checked().stderr
    ticket, prize = told["plays"][3]
    told["plays"][3] = [ticket, "" if prize else "p1"]
    assert checked().returncode != 0, "a ticket that is told otherwise is noticed"


def test_the_odds_are_what_is_said() -> None:
    """Chi-square over 100,000 tickets; 13.8 is what only one in a thousand fair games would exceed with two degrees."""
    prizes = [Prize("a", 100_000, 10**9), Prize("b", 20_000, 10**9)]
    found = Counter(play("s" * 64, f"ticket-{number}", prizes) for number in range(100_000))
    wanted = {"a": 10_000, "b": 2_000, "": 88_000}
    assert sum((found[name] - count) ** 2 / count for name, count in wanted.items()) < 13.8


def test_nobody_plays_who_may_not_or_when_it_is_not_open(ana: Member, ben: Member) -> None:
    game = opened()
    with pytest.raises(InstantWinNotYet):
        play_ticket(game=game.pk, member=ana.pk, at=AT - timedelta(seconds=1))
    with pytest.raises(InstantWinIsOver):
        play_ticket(game=game.pk, member=ana.pk, at=AT + days(10))
    block(member=ben.pk, at=AT, reason="asked")
    with pytest.raises(NotActive):
        play_ticket(game=game.pk, member=ben.pk, at=AT)
    end_instant_win(game=game.pk, at=AT)
    with pytest.raises(InstantWinIsOver):
        play_ticket(game=game.pk, member=ana.pk, at=AT)
    assert not InstantPlay.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"ends_at": AT}, "ends_at"),
        ({"prizes": []}, "prizes"),
        ({"prizes": [{"odds": 0}]}, "prizes[0].odds"),
        ({"prizes": [{"odds": 600_000}, {"odds": 600_000}]}, "prizes"),
        ({"prizes": [{"total": 0}]}, "prizes[0].total"),
        ({"prizes": [{"reward": "no-such"}]}, "prizes[0].reward"),
        ({"ticket": "never"}, "ticket"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        opened(**wrong)
    assert field in [one["field"] for one in refused.value.errors]
    assert not InstantWin.objects.exists()


def test_a_player_who_leaves_is_forgotten_and_their_ticket_stays(ana: Member, ben: Member) -> None:
    game = opened()
    play_ticket(game=game.pk, member=ana.pk, at=AT)
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    assert InstantPlay.objects.get().member_id == ben.pk
    with pytest.raises(NoTicket):
        play_ticket(game=game.pk, member=ben.pk, at=AT)
    before = published(end_instant_win(game=game.pk, at=AT + days(1)))
    privacy.erase(ben.pk)
    assert InstantPlay.objects.get().member_id is None
    assert published(InstantWin.objects.get()) == before
