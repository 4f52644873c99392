"""Prize draws: promised before, held once, checkable by everybody, and fair to who was merged or left."""

import json
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Draw, DrawWinner
from campaigns.operations.drawing import (
    DrawExists,
    DrawIsOver,
    DrawStillOpen,
    NobodyTakesPart,
    cancel_draw,
    hold_draw,
    open_draw,
)
from campaigns.queries import draws as reading
from campaigns.rules.draws import code_of
from loyalty.core import privacy
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.refunds import cancel_order
from rewards.models import Redemption
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, person, publish, shop

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_draw.py"
CHANCE = {"type": "draw_entry", "id": "chance", "draw": "may", "name": "May", "entries": 3}
CLOSES, LATER = AT + days(10), AT + days(11)


@pytest.fixture
def may(cafe: Any, ana: Member, ben: Member) -> Draw:
    """A draw with one prize; each purchase gives three chances."""
    publish(ONE_POINT_PER_KRONA, CHANCE, at=AT)
    return announce()


def announce(**changes: Any) -> Draw:
    """A draw that was announced."""
    said = {"handle": "may", "name": "May", "prize": "A weekend", "prizes": 1, "closes_at": CLOSES, "at": AT}
    return open_draw(**{**said, **changes})


def test_a_draw_from_promise_to_proof(may: Draw, ana: Member, ben: Member, tmp_path: Path) -> None:
    buy(ana, 10, at=AT + days(1))
    buy(ben, 10, at=AT + days(2))
    buy(ben, 10, at=AT + days(3))
    buy(ben, 10, at=LATER)  # too late to count
    promised = reading.published(may)
    assert promised["commitment"] == sha256(may.seed.encode()).hexdigest()
    assert not {"seed", "list", "winners"} & promised.keys(), "the secret is one until it is drawn"
    held = hold_draw(draw=may.pk, at=LATER)
    told = reading.published(held)
    assert sorted(told["list"].splitlines()) == sorted(
        [f"{code_of(ana.pk, may.pk)} 3", f"{code_of(ben.pk, may.pk)} 6"]
    )
    assert (held.chances, len(told["winners"])) == (9, 1)
    winner = DrawWinner.objects.get()
    assert told["winners"] == [winner.code]
    assert winner.code == code_of(winner.member_id, may.pk)
    assert Event.objects.filter(kind="draw.won", subject=winner.member_id).count() == 1
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(told))
    checked = subprocess.run(
        [sys.executable, "-I", SCRIPT, file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert winner.code in checked.stdout


def test_a_draw_is_held_once_and_only_when_it_has_closed(may: Draw, ana: Member) -> None:
    with pytest.raises(DrawStillOpen):
        hold_draw(draw=may.pk, at=CLOSES - timedelta(seconds=1))
    with pytest.raises(NobodyTakesPart):
        hold_draw(draw=may.pk, at=LATER)
    buy(ana, 10, at=AT + days(1))
    hold_draw(draw=may.pk, at=LATER)
    for again in (hold_draw, cancel_draw):
        with pytest.raises(DrawIsOver):
            again(draw=may.pk, at=LATER)
    assert DrawWinner.objects.count() == 1
    with pytest.raises(DrawExists):
        announce()


def test_winners_are_handed_a_reward_each_once(may: Draw, ana: Member, ben: Member) -> None:
    cancel_draw(draw=may.pk, at=AT)
    cup = create_reward(
        at=AT, details={"kind": "free_product", "name": {"en": "Cup"}, "cost_points": 50, "stock": 2}
    )
    row = announce(prizes=5, reward=cup.handle)
    for member in (ana, ben, person("cleo")):
        buy(member, 10, at=AT + days(1))
    hold_draw(draw=row.pk, at=LATER)
    winners = reading.winners_of(row.pk)
    assert [one.place for one in winners] == [1, 2, 3], "there are more prizes than people"
    given = [one.redemption for one in winners]
    assert given[2] is None, "two cups there were; the third winner is told by the shop"
    assert set(Redemption.objects.values_list("pk", "cost_points")) == {(key, 0) for key in given[:2]}
    assert verify() == []


def test_what_came_back_gives_no_chance(may: Draw, ana: Member, ben: Member) -> None:
    buy(ana, 10, at=AT + days(1), external_id="back")
    buy(ben, 10, at=AT + days(1))
    cancel_order(source="api", order_external_id="back", cancelled_at=AT + days(2), at=AT + days(2))
    held = hold_draw(draw=may.pk, at=LATER)
    assert held.listed == f"{code_of(ben.pk, may.pk)} 3\n"


def test_two_who_are_one_take_part_as_one_and_who_left_not_at_all(
    may: Draw, ana: Member, ben: Member
) -> None:
    gone = person("gone")
    for member in (ana, ben, gone):
        buy(member, 10, at=AT + days(1))
    merge(keep=ana.pk, remove=ben.pk, at=AT + days(2))
    privacy.erase(gone.pk)
    gone.status = Member.Status.ERASED
    gone.save(update_fields=["status"])
    held = hold_draw(draw=may.pk, at=LATER)
    assert held.listed == f"{code_of(ana.pk, may.pk)} 6\n"


def test_a_winner_who_leaves_is_forgotten_and_the_proof_stays(may: Draw, ana: Member, ben: Member) -> None:
    buy(ana, 10, at=AT + days(1))
    hold_draw(draw=may.pk, at=LATER)
    told = reading.published(reading.draw(may.pk))
    assert [one["place"] for one in privacy.export(ana.pk)["draws"]] == [1]
    merge(keep=ben.pk, remove=ana.pk, at=LATER)
    assert DrawWinner.objects.get().member_id == ben.pk
    privacy.erase(ben.pk)
    assert DrawWinner.objects.get().member_id is None
    assert reading.published(reading.draw(may.pk)) == told


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"handle": ""}, "handle"),
        ({"name": "  "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"prize": "x" * 201}, "prize"),
        ({"prizes": 0}, "prizes"),
        ({"closes_at": AT}, "closes_at"),
        ({"reward": "no-such"}, "reward"),
    ],
)
def test_what_makes_no_sense_is_refused(may: Draw, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        announce(**{"handle": "june", **wrong})
    assert [one["field"] for one in refused.value.errors] == [field]
    assert list(Draw.objects.all()) == [may]


def test_another_shop_sees_nothing_of_it(may: Draw) -> None:
    with acting_for(shop("ottos", name="Otto's Books"), by=MARA):
        assert not Draw.objects.exists()
        with pytest.raises(DomainError):
            reading.draw(may.pk)
