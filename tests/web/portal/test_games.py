"""Games on a member's phone: how far I am and what counted, the board, my name on it, tickets with their odds."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import InstantPlay
from campaigns.operations.games.badges import create_badge
from campaigns.operations.games.challenges import create_challenge, open_challenge
from campaigns.operations.games.instant import end_instant_win, open_instant_win
from campaigns.operations.games.settling import settle
from campaigns.queries.games.boards import alias_of
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, days
from tests.web.portal.conftest import Portal, text

EMAIL = "ana@example.com"
TERMS = {
    "measure": "purchases",
    "milestones": [{"needed": 2, "points": 50, "badge": "taster"}, {"needed": 5, "points": 10}],
}


@pytest.fixture
def challenge(portal: Portal, ana: Client) -> str:
    """A challenge of the last week, in which Ana has bought three times; its page."""
    now = clock.now()
    with acting_for(portal.merchant, by=MARA):
        create_badge(name="Taster", drawing="coffee", at=now)
        create_badge(name="Explorer", text="For the brave", at=now)
        details = {"name": "Taste around", "terms": TERMS, "starts_at": now - days(7), "board": True}
        row = open_challenge(challenge=create_challenge(details=details, at=now).pk, at=now)
    for kronor in (10, 20):
        portal.earns(EMAIL, kronor)
    with acting_for(portal.merchant, by=MARA):
        settle(member=portal.member(EMAIL).pk, at=now)
    return f"games/challenges/{ids.encode('chl', row.pk)}/"


def test_how_far_i_am_what_counted_and_what_comes_next(portal: Portal, ana: Client, challenge: str):
    assert portal.url(challenge) in text(ana, portal, "games/")
    assert portal.url(challenge) in text(ana, portal, "stamps/"), "the page of stamps leads there"
    page = text(ana, portal, challenge)
    assert "3 of 5 purchases" in page and "2 purchases more for 10 beans." in page
    assert page.count("counted__row") == 3 and "Purchase of" in page
    assert portal.points(EMAIL) == 150 + 30 + 50


def test_badges_say_what_they_were_for_and_how_to_earn_the_others(
    portal: Portal, ana: Client, challenge: str
):
    page = text(ana, portal, "badges/")
    assert "Taster" in page and "Challenge “Taste around”" in page
    assert "Explorer" in page and "For the brave" in page


def test_i_choose_how_others_see_me(portal: Portal, ana: Client, challenge: str):
    member = portal.member(EMAIL).pk
    assert alias_of(member) in text(ana, portal, challenge)
    assert alias_of(member) in text(ana, portal, "board-name/")
    for _turn in range(2):
        ana.post(portal.url("board-name/choose/"), {"another": "1"})
    assert alias_of(member, 2) in text(ana, portal, challenge)
    assert ana.post(portal.url("board-name/choose/"), {"shown": "hidden"}).status_code == 303
    page = text(ana, portal, challenge)
    assert "You stay out" in page and alias_of(member, 2) not in page
    assert ana.post(portal.url("board-name/choose/"), {"shown": "boss"}).status_code == 303
    assert "You stay out" in text(ana, portal, challenge), "nonsense changes nothing"


@pytest.fixture
def luck(portal: Portal, ana: Client) -> Any:
    """A game in which every ticket wins one of two coffees; a ticket each day."""
    now = clock.now()
    prizes = [{"name": "Free coffee", "reward": portal.coffee.handle, "odds": 1_000_000, "total": 2}]
    details = {"name": "Lucky cup", "ticket": "day", "starts_at": now - timedelta(hours=1), "prizes": prizes,
               "ends_at": now + days(9)}  # fmt: skip
    with acting_for(portal.merchant, by=MARA):
        return open_instant_win(details=details, at=now)


def test_a_ticket_is_played_once_however_often_it_is_pressed(portal: Portal, ana: Client, luck: Any):
    where = f"games/instant/{ids.encode('iwn', luck.pk)}/"
    page = text(ana, portal, where)
    assert "every ticket wins" in page and "2 of 2 left" in page and luck.seed not in page
    ticket = ana.get(portal.url(where)).context["ticket"]
    shown = [ana.post(portal.url(f"{where}play/"), {"ticket": ticket}) for _press in range(2)]
    assert {one["Location"] for one in shown} == {f"{portal.url(where)}?ticket={ticket}"}
    won = text(ana, portal, f"{where}?ticket={ticket}")
    assert "You have won!" in won and "today’s is played" in won
    assert [one.source_kind for one in portal.taken(EMAIL)] == ["instant_win"]
    for nonsense in ("", "x" * 21, "../", "a" * 20):
        ana.post(portal.url(f"{where}play/"), {"ticket": nonsense})
    with acting_for(portal.merchant, by=MARA):
        assert InstantPlay.objects.count() == 1
        end_instant_win(game=luck.pk, at=clock.now())
    assert luck.seed in text(ana, portal, where)
    assert ana.get(portal.url(f"{where}game.json")).json()["plays"] == [[ticket, "p1"]]


def test_a_stranger_is_sent_to_the_front_page(portal: Portal, challenge: str, luck: Any):
    instant = f"games/instant/{ids.encode('iwn', luck.pk)}/"
    for where in ("games/", challenge, instant, f"{instant}game.json", "badges/", "board-name/"):
        answer = Client().get(portal.url(where))
        assert answer.status_code == 303 and answer["Location"] == portal.url(""), where


def test_who_has_not_proven_their_address_sees_no_purchases(portal: Portal, challenge: str):
    phone = Client()
    phone.post(portal.url("join/"), {"email": "new@example.com"})
    portal.earns("new@example.com", 10)
    page = text(phone, portal, "games/")
    assert "0 of 2 purchases" in page and "1 of 2 purchases" not in page
    assert phone.get(portal.url(challenge))["Location"] == portal.url("prove/")
