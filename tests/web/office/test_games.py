"""Games in the dashboard: a challenge from a start to its end, an instant win with its proof, badges."""

import pytest
from django.test import Client

from campaigns.models import Badge, Challenge, InstantWin
from campaigns.operations.games.instant import play_ticket
from campaigns.operations.games.settling import settle
from campaigns.queries.games.instant import published
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, buy, days
from tests.web.office.conftest import Luna, browser_of

SAID = {
    "name": "Taste around", "text": "Find something new", "measure": "purchases", "per": "once", "step": "week",
    "starts_at": "2026-03-04T08:00", "m0_needed": "2", "m0_points": "50", "board": "on",
}  # fmt: skip
LUCK = {"name": "Lucky cup", "ticket": "day", "starts_at": "2026-03-04T08:00", "ends_at": "2026-03-20T08:00",
        "p0_one_in": "1", "p0_total": "3"}  # fmt: skip


@pytest.fixture
def today(lunas: Luna, monkeypatch: pytest.MonkeyPatch) -> Luna:
    """Three days later."""
    monkeypatch.setattr(clock, "now", lambda: AT + days(3))
    return lunas


def test_a_challenge_from_a_start_to_its_end(today: Luna, owner: Client):
    page = owner.get(today.url("games/")).content.decode()
    assert "No challenges yet" in page and "start=contest" in page
    begun = owner.get(today.url("games/challenges/new/?start=variety")).content.decode()
    assert "Taste around" in begun
    where = owner.post(today.url("games/challenges/new/"), SAID)["Location"]
    assert owner.post(f"{where}open/").status_code == 303
    with acting_for(today.merchant, by=MARA):
        for _time in range(2):
            buy(today.ana, 10, at=AT + days(3))
        settle(member=today.ana.pk, at=AT + days(3))
        assert verify() == []
    seen = owner.get(where).content.decode()
    assert "Ana Alm" in seen and "2 purchases" in seen
    assert "Taste around" in owner.get(today.url("games/")).content.decode()
    mine = owner.get(today.member(today.ana, "games/")).content.decode()
    assert "You have reached everything" in mine and "Purchase of" in mine
    changed = owner.post(f"{where}edit/", {"name": "Taste it all", "text": "", "ends_at": "2026-03-30T08:00"})
    assert changed.status_code == 303
    owner.post(f"{where}end/")
    with acting_for(today.merchant, by=MARA):
        row = Challenge.objects.get()
        assert (row.name, row.state, row.terms["milestones"][0]["needed"]) == ("Taste it all", "ended", 2)


def test_what_was_typed_comes_back_with_what_is_wrong(today: Luna, owner: Client):
    wrongs = ({"name": ""}, {"m0_needed": ""}, {"m0_points": ""}, {"m0_needed": "1.5"}, {"measure": "activities"},
              {"measure": "score"}, {"ends_at": "2026-03-01T08:00"}, {"m1_needed": "1", "m1_points": "5"})  # fmt: skip
    for wrong in wrongs:
        answer = owner.post(today.url("games/challenges/new/"), {**SAID, **wrong})
        assert answer.status_code == 422, wrong
        assert "could not be saved" in answer.content.decode()
    with acting_for(today.merchant, by=MARA):
        assert not Challenge.objects.exists()


def test_money_is_typed_as_money_and_a_contest_as_tasks(today: Luna, owner: Client):
    owner.post(today.url("games/challenges/new/"), {**SAID, "measure": "amount", "m0_needed": "499,50"})
    contest = {
        "measure": "score",
        "t0_what": "photo",
        "t0_gives": "5",
        "t0_most": "2",
        "t1_what": "-purchase",
    }
    owner.post(today.url("games/challenges/new/"), {**SAID, **contest})
    with acting_for(today.merchant, by=MARA):
        amount, score = Challenge.objects.order_by("id")
    assert amount.terms["milestones"][0]["needed"] == 49_950
    assert score.terms["tasks"] == [
        {"activity": "photo", "gives": 5, "at_most": 2}, {"activity": "", "gives": 1, "at_most": None},
    ]  # fmt: skip


def test_an_instant_win_from_its_promise_to_its_proof(
    today: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
):
    assert owner.post(today.url("games/instant/"), {**LUCK, "p0_reward": "no-such"}).status_code == 422
    where = owner.post(today.url("games/instant/"), {**LUCK, "p0_reward": today.reward.handle})["Location"]
    with acting_for(today.merchant, by=MARA):
        row = InstantWin.objects.get()
        play_ticket(game=row.pk, member=today.ana.pk, at=AT + days(3))
    page = owner.get(where).content.decode()
    assert row.commitment in page and row.seed not in page and "Ana Alm" in page
    owner.post(f"{where}end/")
    assert row.seed in owner.get(where).content.decode()
    with acting_for(today.merchant, by=MARA):
        assert len(published(InstantWin.objects.get())["plays"]) == 1


def test_badges_are_made_and_changed(today: Luna, owner: Client):
    said = {"name": "Taster", "text": "Three kinds", "drawing": "coffee"}
    assert owner.post(today.url("games/badges/"), {**said, "drawing": "skull"}).status_code == 422
    assert owner.post(today.url("games/badges/"), said).status_code == 303
    assert owner.post(today.url("games/badges/"), said).status_code == 422, "the name is taken"
    with acting_for(today.merchant, by=MARA):
        assert Badge.objects.get().handle == "taster"
    page = owner.get(today.url("games/badges/"))
    url = page.context["rows"][0]["url"]
    assert owner.post(url, {**said, "name": "Explorer"}).status_code == 303
    assert "Explorer" in owner.get(today.url("games/badges/")).content.decode()


def test_who_may_only_look_changes_nothing(today: Luna):
    analyst, cashier = browser_of(today, "analyst"), browser_of(today, "cashier")
    assert analyst.get(today.url("games/")).status_code == 200
    assert cashier.get(today.url("games/")).status_code == 403
    for path, body in (("challenges/new/", SAID), ("instant/", LUCK), ("badges/", {"name": "x"})):
        assert analyst.post(today.url(f"games/{path}"), body).status_code == 403
    with acting_for(today.merchant, by=MARA):
        assert not (Challenge.objects.exists() or InstantWin.objects.exists() or Badge.objects.exists())
