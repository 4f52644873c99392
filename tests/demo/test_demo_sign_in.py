"""One-time links: in with one click, once, only in the demo."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import signing
from django.test import Client
from django.urls import include, path

from loyalty.core.people.models import User
from loyalty.demo import sign_in
from loyalty.demo.progress import Progress, spoken
from loyalty.demo.sign_in import make_link

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(settings) -> None:
    """As `make demo` serves: the address is there."""
    settings.DEMO = True
    settings.ROOT_URLCONF = (path("demo/", include("loyalty.demo.sign_in")),)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def olive(db: None) -> User:
    """One of the demo's people."""
    return User.objects.create_user("owner@harvest-market.example")


def refused(link: str) -> bool:
    """Whether a link leads nowhere and signs nobody in."""
    client = Client(raise_request_exception=False)
    answer = client.get(link)
    return answer.status_code == 404 and "_auth_user_id" not in client.session


def test_a_link_signs_in_once_and_goes_on(demo: None, olive: User, client: Client) -> None:
    link = make_link(olive, to="/m/harvest-market/")
    answer = client.get(link)
    assert (answer.status_code, answer["Location"]) == (302, "/m/harvest-market/")
    assert client.session["_auth_user_id"] == str(olive.pk)
    assert "no-store" in answer["Cache-Control"]
    assert refused(link)
    assert refused(make_link(olive, to="/")), "made before this sign-in was known: not good either"
    olive.refresh_from_db()
    assert Client().get(make_link(olive, to="/")).status_code == 302, "a fresh one is"


def test_a_link_dies_with_any_other_sign_in(demo: None, olive: User) -> None:
    link = make_link(olive, to="/")
    Client().force_login(olive)
    assert refused(link)


def test_a_link_is_good_for_an_hour(demo: None, olive: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(hours=1) == sign_in.GOOD_FOR
    link = make_link(olive, to="/")
    monkeypatch.setattr(sign_in, "GOOD_FOR", timedelta(seconds=-1))
    assert refused(link)


def test_a_forged_link_leads_nowhere(demo: None, olive: User) -> None:
    token = signing.dumps({"user": olive.pk, "seen": "", "to": "/"}, salt="another")
    assert refused(f"/demo/sign-in/{token}/")
    assert refused("/demo/sign-in/nonsense/")


def test_only_invented_people_get_in(demo: None, db: None) -> None:
    real = User.objects.create_user("someone@shop.se")
    with pytest.raises(ValueError, match="invented"):
        make_link(real, to="/")
    token = signing.dumps({"user": real.pk, "seen": "", "to": "/"}, salt="loyalty.demo.sign_in")
    assert refused(f"/demo/sign-in/{token}/"), "even rightly signed"


def test_a_closed_account_stays_closed(demo: None, olive: User) -> None:
    link = make_link(olive, to="/")
    User.objects.filter(pk=olive.pk).update(is_active=False)
    assert refused(link)


def test_outside_the_demo_the_view_refuses_too(demo: None, olive: User, settings) -> None:
    settings.DEMO = False
    assert refused(make_link(olive, to="/"))


def settings_with(**environment: str) -> subprocess.CompletedProcess[str]:
    """Whether the settings can be read with these variables, and whether the address is there then."""
    code = (
        "import django; django.setup(); from django.urls import resolve; "
        "print(resolve('/demo/sign-in/x/').url_name)"
    )
    kept = {name: value for name, value in os.environ.items() if name not in {"DEMO", "SITE_URL", "DEBUG"}}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": "loyalty.settings", "SECRET_KEY": "x" * 50, **environment},
    )  # fmt: skip


def test_the_address_exists_in_the_demo_only_and_the_demo_on_this_machine_only() -> None:
    assert settings_with(DEMO="1", SITE_URL="http://127.0.0.1:8000").stdout == "demo_sign_in\n"
    without = settings_with(SITE_URL="http://127.0.0.1:8000")
    assert "Resolver404" in without.stderr
    elsewhere = settings_with(DEMO="1", SITE_URL="https://loyalty.shop.se")
    assert "DEMO is only for a site on this machine" in elsewhere.stderr


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (8.2, "8 s"), (59.6, "1 min 00 s"), (192, "3 min 12 s"), (-3, "0 s")]
)
def test_time_is_spoken(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_progress_tells_rate_and_time_left() -> None:
    progress = Progress(sys.stdout, 1000)
    progress._began = 100.0
    assert progress.line(250, skipped=50, now=104.0) == (
        "██████░░░░░░░░░░░░░░░░░░  25% · 250 of 1,000 orders · 50 a second · 15 s left"
    )
    assert progress.line(0, skipped=0, now=100.1, beside="3 members joined").endswith("· 3 members joined")
