"""C2: segments by behaviour, value and preference, on a real year of purchases. Who is in them is what the receipts say,
each member is told why, they stay up to date by themselves, and what is for a segment is for nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.tasks import refresh_segments, sweep_segments
from loyalty.demo.history import Basket
from tests.stories.campaigns.played import Calendar, opened
from tests.stories.grocery import Grocery, grocery

pytestmark = pytest.mark.django_db
FEBRUARY = datetime(2026, 2, 12, 17, 0, tzinfo=UTC)  # noon in New York
OWN_BRAND = "own-brand"


@pytest.fixture
def club(calendar: Calendar) -> Grocery:
    return grocery(calendar, until=FEBRUARY)


def segment(club: Grocery, name: str, *conditions: dict[str, Any]) -> str:
    """A segment that a shop makes; its public id."""
    made = club.call.post("segments", {"name": name, "conditions": {"match": "all", "of": list(conditions)}})
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def inside(club: Grocery, row: str) -> set[str]:
    """The households that are in it."""
    names = {public: name for name, public in club.members.items()}
    return {names[one["member"]] for one in club.get(f"segments/{row}/members")["data"]}


def households(club: Grocery, holds: Callable[[list[Basket]], bool]) -> set[str]:
    """The households of whose receipts something is true."""
    return {name for name in club.members if holds([one for one in club.past if one.household == name])}


def test_who_is_in_a_segment_is_what_the_receipts_say(club: Grocery):
    def spent(found: list[Basket]) -> int:
        return sum(one.total_minor for one in found)

    def own_brand(found: list[Basket]) -> int:
        return sum(any(OWN_BRAND in line.tags for line in one.lines) for one in found)

    best = segment(club, "Best customers", {"type": "spent", "at_least_minor": 1_000_00})
    often = segment(club, "Regulars", {"type": "orders", "at_least": 50})
    own = segment(club, "Our own brand", {"type": "bought", "tags": [OWN_BRAND], "times": 20})
    away = segment(club, "Away", {"type": "since_order", "at_least_days": 10})
    said = {
        best: households(club, lambda found: spent(found) >= 1_000_00),
        often: households(club, lambda found: len(found) >= 50),
        own: households(club, lambda found: own_brand(found) >= 20),
        away: {name for name in club.members if club.days_away(name, FEBRUARY) >= 10},
    }
    everybody = set(club.members)
    assert all(set() < one < everybody for one in said.values()), "each tells members apart"
    assert {row: inside(club, row) for row in said} == said
    name = min(said[best])
    told = {one["segment"]: one for one in club.get(f"members/{club.members[name]}/segments")["segments"]}
    exact = spent([one for one in club.past if one.household == name])
    assert told[best]["inside"] and f"{exact / 100:,.2f}" in told[best]["because"][0]["found"]
    club.books_hold()


def test_who_comes_back_leaves_at_once_and_who_stays_away_enters_in_the_night(
    club: Grocery, calendar: Calendar
):
    away = segment(club, "Away", {"type": "since_order", "at_least_days": 7})
    club.happens_after()
    refresh_segments()
    before = inside(club, away)
    came: list[str] = []
    club.goes_on(calendar, FEBRUARY + timedelta(days=4), lambda one: came.append(one.household))
    assert before & set(came), "somebody came back"
    club.happens_after()
    refresh_segments()
    assert inside(club, away) == before - set(came)
    calendar.at = (FEBRUARY + timedelta(days=5)).replace(hour=10)  # in New York's night
    sweep_segments()
    assert inside(club, away) == {one for one in club.members if club.days_away(one, calendar.at) >= 7}
    assert inside(club, away) - before, "others stayed away meanwhile"
    club.books_hold()


def test_what_members_tell_on_the_phone_makes_a_segment_and_a_campaign_is_for_it_alone(calendar: Calendar):
    options = [{"id": name, "name": {"en": name.title()}} for name in ("tea", "coffee")]
    asked = {"questions": [{"id": "likes", "name": {"en": "What do you like?"}, "options": options}]}
    club = opened(questions=asked)
    for name in ("ana", "ben"):
        club.joins(name)
    tea = {"type": "answer", "any_of": ["likes:tea"]}
    made = club.call.post("segments", {"name": "Tea", "conditions": {"match": "all", "of": [tea]}}).json()
    week = club.launches("double-weekend", days=[], segment=made["handle"])
    assert [club.buys(name, 10)["points"] for name in ("ana", "ben")] == [10, 10], "nobody has told yet"
    for name, likes in (("ana", ["tea", "coffee"]), ("ben", ["coffee"])):
        assert club.phone(name).post(club.url("choices/"), {"likes": likes}).status_code == 303
    club.happens_after()
    refresh_segments()
    assert [club.buys(name, 10)["points"] for name in ("ana", "ben")] == [20, 10]
    assert club.phone("ana").post(club.url("choices/"), {"likes": ["coffee"]}).status_code == 303
    club.happens_after()
    refresh_segments()
    assert club.buys("ana", 10)["points"] == 10, "she may change her mind"
    assert (club.came(week)["members"], club.came(week)["points"]) == (1, 10)
    club.books_agree(week)
