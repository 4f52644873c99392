"""C10: a programme is launched. Before the day a poster leads people to the waiting list; on the day they are written to
and who joins is welcomed with points; afterwards it goes on with friends who bring friends."""

import io
from datetime import timedelta

import pytest
import zxingcpp
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from PIL import Image

from campaigns.tasks import plan_newsletters
from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from tests.campaigns.hand import go_out
from tests.stories.campaigns.played import Calendar, Played, opened
from tests.web.portal.conftest import mailed_code

pytestmark = pytest.mark.django_db
WORDS = {"en": {"subject": "We are open", "body": "Come and see us. Fifty points are waiting."}}


@pytest.fixture
def club(calendar: Calendar) -> Played:
    """A café a week before its launch day."""
    return opened()


@pytest.fixture
def office(club: Played, calendar: Calendar) -> Client:
    """The owner's browser."""
    with club.acting():
        add_staff(email="owner@luna.example", role=Role.OWNER, at=calendar.at)
    browser = Client()
    browser.force_login(get_user_model().objects.get(email="owner@luna.example"))
    return browser


def scanned(office: Client, club: Played) -> str:
    """Where the code on the picture to share leads, as a path."""
    picture = office.get(f"/m/{club.merchant.slug}/print/share/square.png?language=en").content
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return "/" + code.text.split("/", 3)[3]


def comes_by_the_code(club: Played, where: str, name: str, *, news: bool) -> None:
    """Somebody scans it, leaves their address, and proves it."""
    phone, email = Client(), f"{name}@example.com"
    assert phone.get(where, follow=True).status_code == 200
    answer = phone.post(where, {"email": email, **({"news": "on"} if news else {})})
    assert answer.headers["Location"] == club.url("card/")
    phone.post(club.url("prove/"), {"code": mailed_code(email)})
    club.members[name] = str(club.get(f"members/lookup?email={email}")["id"])
    club.phones[name] = phone


def announced() -> set[str]:
    """Who has been told that the shop is open."""
    return {one.to[0].partition("@")[0] for one in mail.outbox if one.subject == WORDS["en"]["subject"]}


def test_from_the_poster_to_friends_who_bring_friends(club: Played, office: Client, calendar: Calendar):
    page = office.get(f"/m/{club.merchant.slug}/print/?language=en").content.decode().replace("\xa0", " ")
    assert "Texts to share" in page and club.url("join") in page
    for kind in ("poster", "flyer", "card"):
        assert office.get(f"/m/{club.merchant.slug}/print/?format={kind}").status_code == 200
    where = scanned(office, club)
    comes_by_the_code(club, where, "ana", news=True)
    comes_by_the_code(club, where, "ben", news=False)

    opens, ends = calendar.at + timedelta(days=7), calendar.at + timedelta(days=10)
    day = club.launches("opening", words=WORDS, starts_at=opens.isoformat(), ends_at=ends.isoformat())
    calendar.passes(days=3)
    comes_by_the_code(club, where, "cleo", news=True)
    plan_newsletters()
    go_out(at=calendar.at)
    assert (announced(), club.campaign(day)["state"]) == (set(), "planned"), "nobody is told before the day"
    assert [club.has(name) for name in club.members] == [0, 0, 0]

    calendar.passes(days=4, minutes=1)
    plan_newsletters()
    go_out(at=calendar.at)
    assert announced() == {"ana", "cleo"}, "who asked to be told, and nobody else"
    comes_by_the_code(club, where, "dan", news=False)
    club.happens_after()
    assert [club.has(name) for name in ("ana", "ben", "dan")] == [0, 0, 50]

    calendar.passes(days=4)
    assert (club.campaign(day)["state"], club.came(day)["points"]) == ("ended", 50)
    friends = club.launches("friend")
    comes_by_the_code(club, where, "eve", news=False)
    club.does("ana", "referral")
    assert club.buys("eve", 10)["points"] == 60
    assert (club.has("ana"), club.came(friends)["points"]) == (100, 150)
    for name in (day, friends):
        club.books_agree(name)
