"""C9: what members do is answered at once, and nobody presses a button: somebody joins, buys, goes quiet. Everything
happens once, within what the shop set aside for it, and stops for who no longer needs it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from campaigns.tasks import refresh_segments, run_automations, sweep_segments
from tests.campaigns.hand import go_out
from tests.stories.campaigns.played import Calendar, Played, opened
from tests.stories.grocery import Grocery, grocery

pytestmark = pytest.mark.django_db
OFFERS = {"offers": [{"id": "bun", "name": {"en": "A bun on us"}}]}
BASE = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}
DOUBLE = {
    "type": "multiplier", "id": "bun", "factor": "2", "when": [{"type": "segment", "any_of": ["offer-bun"]}],
}  # fmt: skip
JANUARY = datetime(2026, 1, 14, 17, 0, tzinfo=UTC)


def works(club: Played, name: str, *starts: dict[str, Any], steps: list[dict[str, Any]], **more: Any) -> str:
    """An automation is written and put to work; its public id."""
    flow = {"starts": list(starts), "steps": steps, "budget": {"points": 1000}, **more}
    made = club.call.post("automations", {"name": name, "flow": flow})
    assert made.status_code == 201, made.content
    started = club.call.post(f"automations/{made.json()['id']}/start")
    assert started.status_code == 200, started.content
    return str(made.json()["id"])


def says(subject: str) -> dict[str, Any]:
    """A step that writes to the member."""
    return {
        "type": "message",
        "words": {"en": {"subject": subject, "body": "Good to see you, {first_name}."}},
    }


def gives(points: int) -> dict[str, Any]:
    """A step that gives points."""
    return {"type": "points", "amount": points, "reason": "A little something"}


def worker(club: Played) -> None:
    """The worker hears of what happened, twice as a busy one would, and does what is due."""
    for _again in range(2):
        club.happens_after()
        run_automations()


def mailed(calendar: Calendar) -> dict[str, list[str]]:
    """The subjects in the mail, by member."""
    mail.outbox.clear()
    go_out(at=calendar.at)
    found: dict[str, list[str]] = {}
    for one in mail.outbox:
        found.setdefault(one.to[0].partition("@")[0], []).append(one.subject)
    return found


def test_the_first_purchase_is_answered_with_an_offer_that_counts_at_the_next(calendar: Calendar):
    club = opened(earning={"rules": [BASE, DOUBLE]}, offers=OFFERS)
    first = {"type": "check", "test": {"match": "all", "of": [{"type": "orders", "at_most": 1}]},
             "yes": [{"type": "offer", "offer": "bun", "active": True}, says("A bun for you")], "no": []}  # fmt: skip
    key = works(club, "After the first purchase", {"type": "event", "kind": "order.recorded"}, steps=[first])
    for name in ("ana", "ben"):
        club.joins(name, language="en")
    assert club.buys("ana", 50)["points"] == 50
    worker(club)
    assert "A bun for you" in mailed(calendar)["ana"]
    assert club.buys("ana", 50)["points"] == 100, "the offer was hers at once"
    worker(club)
    assert "A bun for you" not in mailed(calendar).get("ana", []), "only for the first"
    assert club.buys("ben", 50)["points"] == 50, "it is nobody else's"
    whole = club.get(f"automations/{key}")
    assert (whole["state"], whole["failed"]) == ("live", 0)
    club.books_hold()


def test_who_joins_is_asked_back_unless_they_came(calendar: Calendar):
    club = opened(earning={"rules": [BASE]})
    key = works(
        club, "Welcome", {"type": "event", "kind": "member.joined"}, exit_on=["order.recorded"],
        steps=[gives(10), {"type": "wait", "number": 7, "unit": "days"}, gives(40), says("Still there?")],
    )  # fmt: skip
    for name in ("ana", "ben"):
        club.joins(name, language="en")
    worker(club)
    assert (club.has("ana"), club.has("ben")) == (10, 10)
    calendar.passes(days=3)
    club.buys("ben", 20)
    worker(club)
    calendar.passes(days=5)
    worker(club)
    assert (club.has("ana"), club.has("ben")) == (50, 30)
    told = mailed(calendar)
    assert "Still there?" in told["ana"] and "Still there?" not in told.get("ben", [])
    runs = {one["member"]: one["state"] for one in club.get(f"automations/{key}/runs")["data"]}
    assert runs == {club.members["ana"]: "done", club.members["ben"]: "left"}
    club.books_hold()


def test_it_gives_no_more_than_was_set_aside(calendar: Calendar):
    club = opened(earning={"rules": [BASE]})
    works(
        club, "Welcome", {"type": "event", "kind": "member.joined"}, steps=[gives(60)], budget={"points": 100}
    )
    for name in ("ana", "ben", "cleo"):
        club.joins(name)
        worker(club)
    assert sorted(club.has(name) for name in club.members) == [0, 0, 60]
    club.books_hold()


def test_going_quiet_is_noticed_in_the_night_among_real_customers(calendar: Calendar):
    club: Grocery = grocery(calendar, until=JANUARY)
    asks = {"match": "all", "of": [{"type": "since_order", "at_least_days": 10}]}
    made = club.call.post("segments", {"name": "Quiet", "conditions": asks}).json()
    refresh_segments()
    quiet = {name for name in club.members if club.days_away(name, JANUARY) >= 10}
    works(club, "We miss you", {"type": "enters", "segment": made["handle"]}, steps=[gives(25)])
    worker(club)
    before = {name: club.has(name) for name in club.members}
    calendar.at = (JANUARY + timedelta(days=12)).replace(hour=12)
    sweep_segments()
    worker(club)
    now = {name for name in club.members if club.days_away(name, calendar.at) >= 10}
    assert quiet < now, "more have gone quiet"
    gained = {name for name in club.members if club.has(name) == before[name] + 25}
    assert gained == now - quiet, "by the receipts; who was quiet when it began did not enter"
    calendar.at += timedelta(days=1)
    sweep_segments()
    worker(club)
    assert {name for name in gained if club.has(name) != before[name] + 25} == set(), "once"
    club.books_hold()
