"""C3: members hear from the shop, each what they want to: what they collected, what ends soon, a new tier, a reward within
reach, and the newsletter that staff write. Choices are made on the phone and by one click in a mail, and are kept."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from campaigns.tasks import plan_newsletters, sweep
from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from members.operations.points import live_through
from tests.campaigns.hand import go_out
from tests.stories.campaigns.played import Calendar, Played, opened

pytestmark = pytest.mark.django_db
TIERS = {"ladder": [{"id": "regular", "name": {"en": "Regular"}, "at_least": 300_00}]}
BASE = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}
NAMES = ("ana", "ben", "cleo")


@pytest.fixture
def club(calendar: Calendar) -> Played:
    """A café whose points end three months after they came, with a reward, a tier, and three members; Ana and Ben agreed
    to news."""
    made = opened(earning={"rules": [BASE]}, tiers=TIERS, points_life={"expiry": "rolling", "months": 3})
    body = {"handle": "cake", "kind": "free_product", "name": {"en": "Cake"}, "cost_points": 200}
    assert made.call.post("rewards", body).status_code == 201
    for name in NAMES:
        made.joins(name, language="en", news_by_email=name != "cleo")
    return made


def post(calendar: Calendar, **later: float) -> dict[str, list[str]]:
    """What is in the mail by then: the subjects that each member reads."""
    mail.outbox.clear()
    calendar.passes(**later)
    go_out(at=calendar.at)
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for one in mail.outbox:
        found[one.to[0].partition("@")[0]].append(one.subject)
    return found


def test_from_the_welcome_to_points_that_end(club: Played, calendar: Calendar):
    assert {subjects[0].split(",")[0] for subjects in post(calendar, minutes=1).values()} == {
        "Welcome to Luna Club"
    }
    club.call("PATCH", f"members/{club.members['ben']}/message-preferences", {"programme": False})
    for name in ("ana", "ben"):
        club.buys(name, 350)
    told = post(calendar, days=1)
    assert any("350" in subject for subject in told["ana"]), told
    assert any("Regular" in subject for subject in told["ana"]), told
    assert any("Cake" in subject for subject in told["ana"]), told
    assert told["ben"] and all("Cake" in subject for subject in told["ben"]), "reminders, as he chose"
    assert told["cleo"] == []
    club.takes("ana", "cake")
    assert any("code" in subject for subject in post(calendar, hours=1)["ana"])

    calendar.at += timedelta(days=64)
    sweep()
    told = post(calendar, minutes=5)
    [warning] = [subject for subject in told["ana"] if "150" in subject]
    assert [subject for subject in told["ben"] if "350" in subject], told
    assert post(calendar, days=1)["ana"] == [], "said once"
    calendar.passes(days=40)
    with club.acting():
        live_through(at=calendar.at)
    assert (club.has("ana"), club.has("ben")) == (0, 0), warning
    club.books_hold()


def test_a_newsletter_reaches_who_agreed_until_they_click_once(club: Played, calendar: Calendar):
    with club.acting():
        add_staff(email="owner@luna.example", role=Role.OWNER, at=calendar.at)
    office, home = Client(), f"/m/{club.merchant.slug}/messages/newsletters/"
    office.force_login(get_user_model().objects.get(email="owner@luna.example"))

    def sends(subject: str) -> list[str]:
        """Staff write a newsletter and send it; who it reaches."""
        page = office.get(
            office.post(f"{home}new/", {"en_subject": subject, "en_body": "Come by."})["Location"]
        )
        assert office.post(page.context["schedule_url"], {"goes_at": ""}).status_code == 303
        plan_newsletters()
        told = post(calendar, minutes=1)
        assert page.context["readers"] == len([1 for subjects in told.values() if subject in subjects])
        return [name for name, subjects in told.items() if subject in subjects]

    post(calendar, minutes=1)
    assert sends("Spring menu") == ["ana", "ben"]
    [hers] = [one for one in mail.outbox if one.to == ["ana@example.com"]]
    stops = re.search(r"<https?://[^/]+(/[^>]+)>", hers.extra_headers["List-Unsubscribe"])
    assert stops and Client().post(stops[1], {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert club.get(f"members/{club.members['ana']}/message-preferences")["newsletter"] is False
    calendar.passes(days=7)
    assert sends("Summer menu") == ["ben"]
    club.phone("cleo").post(
        club.url("preferences/"), {"newsletter": "on", "programme": "on", "reminders": "on"}
    )
    calendar.passes(days=7)
    assert sends("Autumn menu") == ["ben", "cleo"]
    club.books_hold()
