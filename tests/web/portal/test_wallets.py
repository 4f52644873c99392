"""The card for the phone's own wallet: offered where the shop has connected one, to who has proven to be the member."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from loyalty.connectors.wallets import operations
from loyalty.connectors.wallets.models import AppleWallet, WalletPass
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, days
from tests.wallets import papers
from tests.web.portal.conftest import Portal, text

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9)"


@pytest.fixture
def wallets(portal: Portal, settings: Any) -> Portal:
    """Both wallets are connected, with a certificate that is good today."""
    settings.SITE_URL = "https://club.example"
    with acting_for(portal.merchant, by=MARA):
        paper = papers.for_passes(until=AT + days(36_000))
        above = papers.made("Relations", by=papers.root(), until=AT + days(36_000))
        paper = papers.for_passes(by=above, until=AT + days(36_000))
        files = papers.AppleFiles(paper.p12(above), password=papers.PASSWORD)
        operations.connect_apple(files=files, at=AT)
        operations.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=AT)
    return portal


def cards(portal: Portal) -> list[str]:
    with acting_for(portal.merchant, by=MARA):
        return list(WalletPass.objects.order_by("id").values_list("platform", flat=True))


def test_nothing_is_offered_where_no_wallet_is_connected(portal: Portal, ana: Client):
    assert "Wallet" not in text(ana, portal, "card/")
    for path in ("card/apple.pkpass", "card/google/"):
        assert ana.get(portal.url(path)).status_code == 404
    assert cards(portal) == []


def test_looking_at_the_card_makes_none_for_a_wallet(wallets: Portal, ana: Client):
    page = text(ana, wallets, "card/")
    assert "Add to Apple Wallet" in page and "Add to Google Wallet" in page
    assert cards(wallets) == []


@pytest.mark.parametrize(("agent", "first"), [(IPHONE, "Apple"), (ANDROID, "Google"), ("", "Apple")])
def test_the_wallet_of_ones_own_phone_comes_first(wallets: Portal, ana: Client, agent: str, first: str):
    page = ana.get(wallets.url("card/"), headers={"User-Agent": agent}).content.decode()
    shown = [page.index(f"Add to {name} Wallet") for name in ("Apple", "Google")]
    assert (shown[0] < shown[1]) == (first == "Apple")


def test_apples_card_is_a_file_that_the_phone_opens(wallets: Portal, ana: Client):
    answer = ana.get(wallets.url("card/apple.pkpass"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.apple.pkpass")
    assert "no-store" in answer["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("pass.json"))
    assert told["storeCard"]["auxiliaryFields"][0]["value"] == "Ana Alm"
    assert told["storeCard"]["secondaryFields"][0]["value"] == 150
    ana.get(wallets.url("card/apple.pkpass"))
    assert cards(wallets) == ["apple"]


def test_googles_card_is_a_link_to_google_and_to_nowhere_else(wallets: Portal, ana: Client):
    answer = ana.get(wallets.url("card/google/"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://pay.google.com/gp/v/save/ey")
    assert cards(wallets) == ["google"]


def test_who_has_not_proven_who_they_are_gets_none(wallets: Portal):
    stranger = Client()
    for path in ("card/apple.pkpass", "card/google/"):
        assert stranger.get(wallets.url(path)).status_code in (302, 303)
    joined = Client()
    joined.post(wallets.url("join/"), {"email": "new@example.com"})
    assert "Apple Wallet" not in joined.get(wallets.url("card/"), follow=True).content.decode()
    for path in ("card/apple.pkpass", "card/google/"):
        assert joined.get(wallets.url(path)).status_code in (302, 303)
    assert cards(wallets) == []


def test_a_certificate_that_is_over_is_offered_no_more(wallets: Portal, ana: Client):
    with acting_for(wallets.merchant, by=MARA):
        AppleWallet.objects.update(expires_at=AT)
    page = text(ana, wallets, "card/")
    assert "Apple Wallet" not in page and "Google Wallet" in page
    assert ana.get(wallets.url("card/apple.pkpass")).status_code == 404
