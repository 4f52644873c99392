"""A prize draw on a member's page: the promise before, the proof after, and what concerns me in it."""

import json
from typing import Any

import pytest
from django.test import Client

from campaigns.operations.drawing import hold_draw, open_draw
from campaigns.queries.draws import draws
from campaigns.rules.draws import code_of
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, ONE_POINT_PER_KRONA, days
from tests.web.portal.conftest import Portal, programme, text

CHANCE = {"type": "draw_entry", "id": "chance", "draw": "may", "entries": 4}


@pytest.fixture
def announced(portal: Portal, ana: Client) -> Any:
    """A draw in which Ana has four chances."""
    programme(portal, ONE_POINT_PER_KRONA, CHANCE)
    portal.earns("ana@example.com", 10)
    now = clock.now()
    with acting_for(portal.merchant, by=MARA):
        return open_draw(
            handle="may", name="May draw", prize="A weekend", prizes=1, closes_at=now + days(1), at=now
        )


def test_the_promise_before_and_the_proof_after(portal: Portal, ana: Client, announced: Any):
    where = f"draws/{ids.encode('drw', announced.pk)}/"
    assert portal.url(where) in text(ana, portal, "stamps/")
    before = ana.get(portal.url(where)).content.decode()
    mine = code_of(portal.member("ana@example.com").pk, announced.pk)
    assert announced.commitment in before and mine in before
    assert announced.seed not in before
    assert "seed" not in ana.get(portal.url(f"{where}draw.json")).json()
    with acting_for(portal.merchant, by=MARA):
        hold_draw(draw=announced.pk, at=clock.now() + days(2))
        row = draws().get()
    after = ana.get(portal.url(where)).content.decode()
    assert "You have won!" in after and row.seed in after
    told = json.loads(ana.get(portal.url(f"{where}draw.json")).content)
    assert told["winners"] == [mine] and told["list"] == f"{mine} 4\n"


def test_a_stranger_is_sent_to_the_front_page(portal: Portal, phone: Client, announced: Any):
    answer = Client().get(portal.url(f"draws/{ids.encode('drw', announced.pk)}/"))
    assert answer.status_code == 303 and answer["Location"] == portal.url("")
