"""The portal on a home screen: its manifest, its icons and its worker, each of one shop alone."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from tests.web.portal.conftest import Portal, text

pytestmark = pytest.mark.django_db


def test_the_manifest_is_the_shops_own(portal: Portal, ottos: Portal, phone: Client):
    made = phone.get(portal.url("app.webmanifest"))
    assert made.headers["Content-Type"] == "application/manifest+json"
    told = made.json()
    assert (told["name"], told["start_url"], told["scope"]) == ("Luna Club", "/luna/card/", "/luna/")
    assert told["theme_color"] == "#b4532a"
    for one in told["icons"]:
        answer = phone.get(one["src"])
        side = int(one["sizes"].split("x")[0])
        assert Image.open(BytesIO(answer.content)).size == (side, side)
        assert "immutable" in answer.headers["Cache-Control"]
    assert phone.get("/luna/icons/7.png").status_code == 404
    assert phone.get("/nowhere/app.webmanifest").status_code == 404
    assert phone.get(ottos.url("app.webmanifest")).json()["scope"] == "/ottos/"


def test_an_icon_wears_the_shops_colour(portal: Portal, phone: Client):
    drawn = Image.open(BytesIO(phone.get(portal.url("icons/192.png")).content)).convert("RGB")
    assert drawn.getpixel((2, 2)) == (0xB4, 0x53, 0x2A)
    assert len(drawn.getcolors(99999) or []) > 2, "with letters on it"


def test_the_worker_serves_its_own_shop_alone(portal: Portal, phone: Client):
    answer = phone.get(portal.url("worker.js"))
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in answer.headers
    assert phone.get("/nowhere/worker.js").status_code == 404


def test_only_a_members_page_says_that_there_is_a_card_to_keep(portal: Portal, ana: Client):
    assert 'name="portal-card"' in text(ana, portal, "card/")
    assert 'name="portal-card"' not in text(Client(), portal, "")
