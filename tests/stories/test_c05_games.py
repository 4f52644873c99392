"""C5: games. A challenge with milestones, a streak, badges, a prize draw and a board, played through real purchases by the
faces alone; what comes back is taken back, two cards become one, and who leaves is forgotten."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.tasks import settle_games_of
from loyalty.core import clock
from tests.cast import days
from tests.stories.play import Club, opens

pytestmark = pytest.mark.django_db
SCRIPT = Path(__file__).parents[2] / "docs" / "verify_draw.py"


def starts(club: Club, name: str, **terms) -> str:
    """The shop opens a challenge that began ninety days ago; its public id."""
    begins = (clock.now() - days(90)).isoformat()
    body = {"name": name, "terms": terms, "starts_at": begins, "board": True}
    made = club.call.post("challenges", body)
    assert made.status_code == 201, made.content
    assert club.call.post(f"challenges/{made.json()['id']}/open").json()["state"] == "open"
    return made.json()["id"]


def settles(club: Club) -> None:
    """The worker looks at what happened."""
    club.happens_after()
    settle_games_of(club.merchant, at=clock.now())


def stands(club: Club, name: str, challenge: str) -> dict:
    """How a member stands in a challenge."""
    found = club.get(f"members/{club.members[name]}/challenges")["challenges"]
    return next(one for one in found if one["challenge"] == challenge)


def goods(price: float, category: str) -> dict:
    return {"price": price, "sku": category, "category": category}


def test_three_kinds_of_goods_bring_points_a_badge_and_chances_until_one_comes_back():
    club = opens("contest")
    club.call.post("badges", {"name": "Taster", "drawing": "coffee"})
    milestones = [{"needed": 2, "points": 20},
                  {"needed": 3, "points": 50, "badge": "taster", "draw": "gala", "entries": 4}]  # fmt: skip
    row = starts(club, "Taste around", measure="categories", milestones=milestones)
    for name in ("ana", "ben"):
        club.joins(name)
    before = club.has("ana")
    orders = [club.buys("ana", goods(10, kind), ago=3) for kind in ("tea", "cakes", "bread")]
    earned = club.has("ana") - before
    settles(club)
    assert club.has("ana") - before == earned + 70
    assert club.chances("ana", "gala") == 4
    told = stands(club, "ana", row)
    assert (told["value"], told["reached"], told["next"]) == (3, [2, 3], None)
    assert [one["new"] for one in told["counted"]] == [["tea"], ["cakes"], ["bread"]]
    assert "Taster" in club.sees("ana", "badges/") and "You have reached everything" in club.sees(
        "ana", "games/"
    )
    assert "Taste around" in club.sees("ana", "activity/"), "the story says what the points were for"
    club.refunds(orders[1])
    settles(club)
    told = stands(club, "ana", row)
    assert (told["value"], told["reached"], told["next"]) == (2, [2], 3)
    assert club.chances("ana", "gala") == 0
    assert "Taster" not in [
        one["badge"] for one in club.get(f"members/{club.members['ana']}/badges")["badges"]
    ]
    assert club.has("ben") == before
    club.books_hold()


def test_weeks_in_a_row_forgive_one_and_a_card_that_is_merged_brings_its_weeks():
    club = opens("contest")
    row = starts(club, "Every week", measure="streak", grace=1, milestones=[{"needed": 4, "points": 40}])
    club.joins("ana")
    club.joins("second")
    for weeks in (5, 3):
        club.buys("ana", 10, ago=7 * weeks)
    for weeks in (2, 0):
        club.buys("second", 10, ago=7 * weeks)
    settles(club)
    assert stands(club, "ana", row)["reached"] == []
    merged = club.call.post(f"members/{club.members['ana']}/merge", {"remove": club.members["second"]})
    assert merged.status_code == 200, merged.content
    settles(club)
    told = stands(club, "ana", row)
    assert (told["best"], told["reached"], len(told["counted"])) == (4, [4], 4)
    club.books_hold()


def test_a_board_has_made_up_names_and_forgets_who_leaves():
    club = opens("contest")
    row = starts(club, "Most visits", measure="purchases", milestones=[{"needed": 9, "points": 9}])
    for name, visits in (("ana", 3), ("ben", 2), ("cleo", 1)):
        club.joins(name)
        for _visit in range(visits):
            club.buys(name, 10)
    settles(club)
    places = club.get(f"challenges/{row}/board")["places"]
    assert [one["value"] for one in places] == [3, 2, 1]
    seen = club.sees("ben", f"games/challenges/{row}/")
    assert places[0]["name"] in seen and "Ana" not in seen, "nobody's name without their word"
    club.phone("cleo").post(club.url("board-name/choose/"), {"shown": "hidden"})
    club.phone("ana").post(club.url("board-name/choose/"), {"shown": "name"})
    assert club.get(f"challenges/{row}/board")["places"][0]["name"] == "Ana"
    assert len(club.get(f"challenges/{row}/board")["places"]) == 2
    assert club.call.post(f"members/{club.members['ana']}/erase").status_code in (200, 204)
    assert [one["value"] for one in club.get(f"challenges/{row}/board")["places"]] == [2]
    club.books_hold()


def test_chances_of_a_challenge_are_drawn_so_that_anybody_can_check_it(tmp_path, monkeypatch):
    club = opens("contest")
    starts(club, "Come in", measure="purchases", milestones=[{"needed": 1, "draw": "gala", "entries": 2}])
    closes = clock.now() + days(1)
    prize = {
        "handle": "gala",
        "name": "Gala",
        "prize": "Two seats",
        "reward": "surprise",
        "closes_at": closes.isoformat(),
    }
    draw = club.call.post("draws", prize)
    assert draw.status_code == 201, draw.content
    for name in ("ana", "ben"):
        club.joins(name)
        club.buys(name, 10)
    settles(club)
    assert "1 in 2" in club.sees("ana", f"draws/{draw.json()['id']}/"), "the odds are stated"
    monkeypatch.setattr(clock, "now", lambda: closes)
    held = club.call.post(f"draws/{draw.json()['id']}/hold").json()
    winner = held["proof"]["winners"]
    assert held["state"] == "held" and len(winner) == 1
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(held["proof"]))
    checked = subprocess.run(
        [sys.executable, "-I", SCRIPT, file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0 and winner[0] in checked.stdout
    assert sorted(len(club.codes(name)) for name in ("ana", "ben")) == [0, 1], "the prize was handed out"
    club.books_hold()
