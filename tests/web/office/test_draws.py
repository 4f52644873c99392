"""Prize draws in the dashboard and on a member's page: announced, drawn, and checked by whoever likes."""

import pytest
from django.test import Client

from campaigns.models import Draw
from campaigns.queries.draws import published
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, publish
from tests.web.office.conftest import Luna, browser_of

CHANCE = {"type": "draw_entry", "id": "chance", "draw": "may", "name": "May chances", "entries": 2}
SAID = {
    "handle": "may",
    "name": "May draw",
    "prize": "A weekend",
    "prizes": "1",
    "closes_at": "2026-03-10T12:00",
}


@pytest.fixture
def chances(lunas: Luna, monkeypatch: pytest.MonkeyPatch) -> Luna:
    """Each purchase gives two chances; Ana has bought once since."""
    monkeypatch.setattr(clock, "now", lambda: AT + days(3))
    with acting_for(lunas.merchant, by=MARA):
        publish(ONE_POINT_PER_KRONA, CHANCE, at=AT + days(2))
        buy(lunas.ana, 10, at=AT + days(2))
    return lunas


def test_a_draw_is_announced_and_drawn(chances: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch):
    assert b"May chances" in owner.get(chances.url("draws/")).content
    where = owner.post(chances.url("draws/"), SAID)["Location"]
    page = owner.get(where).content.decode()
    with acting_for(chances.merchant, by=MARA):
        row = Draw.objects.get()
    assert row.commitment in page and row.seed not in page, "the secret is one until it is drawn"
    assert "Draw now" not in page
    assert owner.post(f"{where}hold/").status_code == 303
    assert "Chances can still be won" in owner.get(where).content.decode()
    monkeypatch.setattr(clock, "now", lambda: AT + days(12))
    assert "Draw now" in owner.get(where).content.decode()
    owner.post(f"{where}hold/")
    held = owner.get(where).content.decode()
    assert row.seed in held and "Ana Alm" in held
    analyst = browser_of(chances, "analyst")
    assert analyst.post(f"{where}hold/").status_code == 403
    assert analyst.post(chances.url("draws/"), SAID).status_code == 403
    with acting_for(chances.merchant, by=MARA):
        assert len(published(Draw.objects.get())["winners"]) == 1


def test_what_was_typed_comes_back_with_what_is_wrong(chances: Luna, owner: Client):
    for wrong in ({"closes_at": "2026-03-01T12:00"}, {"prizes": "0"}, {"name": ""}, {"handle": "june"}):
        assert owner.post(chances.url("draws/"), {**SAID, **wrong}).status_code == 422, wrong
    with acting_for(chances.merchant, by=MARA):
        assert not Draw.objects.exists()
    assert owner.post(chances.url("draws/"), SAID).status_code == 303
    again = owner.post(chances.url("draws/"), SAID)
    assert again.status_code == 422 and b"There is a draw for these chances already" in again.content


def test_a_draw_is_called_off(chances: Luna, owner: Client):
    where = owner.post(chances.url("draws/"), SAID)["Location"]
    owner.post(f"{where}cancel/")
    assert b"Called off" in owner.get(where).content
    assert owner.post(chances.url("draws/"), SAID).status_code == 303, "the chances stay, for another draw"


def test_without_a_rule_that_gives_chances_the_page_says_what_to_do(lunas: Luna, owner: Client):
    assert b"No rule gives chances yet" in owner.get(lunas.url("draws/")).content
