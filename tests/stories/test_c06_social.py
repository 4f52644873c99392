"""C6: social. A contest of photos, shares and tags with proof: staff look, what they let through scores, what they refuse or
undo does not, and nobody gets further than a task allows."""

import pytest

from campaigns.tasks import settle_games_of
from loyalty.core import clock
from loyalty.core.programme import operations as programmes
from loyalty.core.programme.queries import in_force
from tests.cast import days
from tests.stories.play import Club, opens

pytestmark = pytest.mark.django_db
TASKS = [
    {"activity": "photo", "gives": 5, "at_most": 2},
    {"activity": "social_share", "gives": 3, "at_most": 1},
    {"gives": 1},
]


@pytest.fixture
def club() -> Club:
    """The blueprint of contests, in which staff look at each photo."""
    made = opens("contest")
    with made.acting():
        current = in_force()
        assert current is not None
        looked_at = {"kinds": [{"kind": "photo", "needs": "approval"}]}
        programmes.save_draft(
            content={**current.programme.document(), "activities": looked_at}, at=clock.now()
        )
        programmes.publish(at=clock.now())
    begins = (clock.now() - days(1)).isoformat()
    terms = {"measure": "score", "tasks": TASKS, "milestones": [{"needed": 9, "points": 100}]}
    body = {"name": "Show it", "terms": terms, "starts_at": begins, "board": True}
    row = made.call.post("challenges", body).json()["id"]
    made.call.post(f"challenges/{row}/open")
    made.joins("ana")
    return made


def score(club: Club) -> tuple[int, list[int]]:
    """What Ana has scored after the worker looked, and the milestones she was given."""
    club.happens_after()
    settle_games_of(club.merchant, at=clock.now())
    told = club.get(f"members/{club.members['ana']}/challenges")["challenges"][0]
    return told["value"], told["reached"]


def test_what_staff_let_through_scores_and_what_they_undo_does_not(club: Club):
    proofs = [{"link": f"https://photos.example/{number}"} for number in range(3)]
    photos = [club.does("ana", "photo", proof=proof)["id"] for proof in proofs]
    assert score(club) == (0, []), "they wait until somebody has looked"
    club.call.post(f"activities/{photos[0]}/approve", {"note": ""})
    club.call.post(f"activities/{photos[1]}/refuse", {"note": "Not yours"})
    assert score(club) == (5, [])
    for _time in range(2):
        club.does("ana", "social_share")
    assert score(club) == (8, []), "a share counts once"
    club.buys("ana", 10)
    before = club.has("ana")
    assert score(club) == (9, [9])
    assert club.has("ana") == before + 100
    page = club.sees("ana", "games/")
    assert "You have reached everything" in page
    undone = club.call.post(f"activities/{photos[0]}/undo", {"note": "Copied"})
    assert undone.status_code == 200, undone.content
    after = club.has("ana")
    assert score(club) == (4, [])
    assert club.has("ana") == after - 100
    club.call.post(f"activities/{photos[2]}/approve", {"note": ""})
    assert score(club) == (9, [9])
    assert club.has("ana") > after - 100
    club.books_hold()


def test_a_photo_is_sent_in_from_the_phone_and_waits_for_staff(club: Club):
    row = club.get("challenges")["data"][0]["id"]
    where = f"games/challenges/{row}/"
    page = club.phone("ana").get(club.url(where))
    body = {"kind": "photo", "proof": "https://photos.example/1", "form_key": page.context["form_key"]}
    for _press in range(2):
        assert club.phone("ana").post(club.url(f"{where}send/"), body).status_code == 303
    waiting = club.get("activities?status=waiting")["data"]
    assert [(one["kind"], one["status"]) for one in waiting] == [("photo", "waiting")], (
        "pressing twice is once"
    )
    assert score(club) == (0, []) and "waits to be looked at" in club.sees("ana", where)
    for wrong in ({"kind": "social_share"}, {"kind": "purchase"}, {"proof": " "}, {"proof": "http://x y"}):
        key = club.phone("ana").get(club.url(where)).context["form_key"]
        club.phone("ana").post(club.url(f"{where}send/"), {**body, "form_key": key, **wrong})
    assert len(club.get("activities?status=waiting")["data"]) == 1, "what nobody looks at cannot be sent in"
    club.call.post(f"activities/{waiting[0]['id']}/approve", {"note": "Lovely!"})
    assert score(club) == (5, [])
    assert "Lovely!" in club.sees("ana", where)
    club.books_hold()
