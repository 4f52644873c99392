"""Games over the API: a storefront makes a challenge, members play, and everybody can check what was drawn."""

import pytest

from campaigns.operations.games.settling import settle
from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import an_order
from tests.cast import MARA

FAR = "2099-05-31T23:59:00+02:00"
TERMS = {"measure": "purchases", "milestones": [{"needed": 2, "points": 50, "badge": "twice"}]}
NEW = {"name": "Twice", "terms": TERMS, "starts_at": "2026-03-01T00:00:00+01:00", "board": True}


@pytest.fixture
def ana(call):
    return call.post("members", {"external_id": "ana", "given_name": "Ana"}).json()["id"]


def made(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_challenge_from_draft_to_points(call, ana, shopfront):
    assert made(call.post("badges", {"name": "Twice", "drawing": "star"}))["handle"] == "twice"
    row = made(call.post("challenges", NEW))
    where = f"challenges/{row['id']}"
    assert (row["state"], call.get(f"members/{ana}/challenges").json()["challenges"]) == ("draft", [])
    assert call.post(f"{where}/open").json()["state"] == "open"
    refused = call("PATCH", where, {"terms": {**TERMS, "measure": "products"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "challenge_open")
    orders = [call.post("orders", an_order("ana")).json()["id"] for _time in range(2)]
    stands = call.get(f"members/{ana}/challenges").json()["challenges"][0]
    assert (stands["value"], stands["next"], stands["reached"]) == (2, None, [])
    assert [one["source"] for one in stands["counted"]] == orders
    with acting_for(shopfront, by=MARA):
        settle(member=ids.decode("mbr", ana), at=clock.now())
        assert verify() == []
    assert call.get(f"members/{ana}/challenges").json()["challenges"][0]["reached"] == [2]
    assert call.get(f"members/{ana}/balances").json()["balances"][0]["available"] == 200 + 50
    assert [one["badge"] for one in call.get(f"members/{ana}/badges").json()["badges"]] == ["twice"]
    told = call.get(where).json()
    assert (told["players"], told["reached"]) == (1, 1)
    assert call.post(f"{where}/end").json()["state"] == "ended"
    assert [one["id"] for one in call.get("challenges?state=ended").json()["data"]] == [row["id"]]


def test_a_board_names_nobody_who_did_not_say_so(call, ana, shopfront):
    row = made(call.post("challenges", NEW))
    call.post(f"challenges/{row['id']}/open")
    call.post("orders", an_order("ana"))
    with acting_for(shopfront, by=MARA):
        settle(member=ids.decode("mbr", ana), at=clock.now())
    place = call.get(f"challenges/{row['id']}/board").json()["places"][0]
    known = call.get(f"members/{ana}/board-name").json()
    assert (known["shown"], known["known_as"]) == ("alias", place["name"])
    assert "Ana" not in place["name"]
    assert call("PATCH", f"members/{ana}/board-name", {"shown": "name"}).json()["known_as"] == "Ana"
    assert call("PATCH", f"members/{ana}/board-name", {"shown": "hidden"}).json()["known_as"] == ""
    assert call.get(f"challenges/{row['id']}/board").json()["places"] == []


def test_a_draw_is_announced_with_its_promise(call):
    row = made(call.post("draws", {"handle": "may", "name": "May", "prize": "A weekend", "closes_at": FAR}))
    assert row["proof"]["commitment"] and "seed" not in row["proof"]
    early = call.post(f"draws/{row['id']}/hold")
    assert (early.status_code, early.json()["code"]) == (409, "draw_open")
    assert call.get("draws").json()["data"] == [row]
    assert call.post(f"draws/{row['id']}/cancel").json()["state"] == "cancelled"


def test_a_ticket_is_played_once_for_a_key(call, ana):
    cup = made(call.post("rewards", {"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10}))
    prizes = [{"name": "Cup", "reward": cup["handle"], "odds": 1_000_000, "total": 1}]
    game = made(
        call.post("instant-wins", {"name": "Luck", "ticket": "day", "ends_at": FAR, "prizes": prizes})
    )
    body, where = {"instant_win": game["id"]}, f"members/{ana}/plays"
    rehearsed = call.post(f"{where}?dry_run=true", body).json()
    assert (rehearsed["won"], rehearsed["left"]) == (False, 1), "nobody learns beforehand what it wins"
    first = made(call.post(where, body, key="same"))
    again = call.post(where, body, key="same")
    assert again.json() == first and (first["prize"], first["left"]) == ("Cup", 0)
    assert call.get(f"redemptions/{first['redemption']}").json()["cost_points"] == 0
    refused = call.post(where, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_ticket")
    assert "seed" not in call.get(f"instant-wins/{game['id']}").json()["proof"]
    over = call.post(f"instant-wins/{game['id']}/end").json()
    assert over["proof"]["plays"] == [[first["ticket"], "p1"]]
