"""Connecting wallets: owners upload, see how long it is good for, try it, and take it away again."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from loyalty.connectors.wallets import operations
from loyalty.connectors.wallets.models import AppleWallet, GoogleWallet
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.wallets import papers
from tests.web.office.conftest import Luna, browser_of


def paper(days: float = 365) -> tuple[papers.Paper, papers.Paper]:
    """A certificate that ends in some days from today, and Apple's above it."""
    now = clock.now()
    above = papers.made(
        "Relations", by=papers.root(), since=now - timedelta(900), until=now + timedelta(3000)
    )
    return papers.for_passes(by=above, since=now - timedelta(800), until=now + timedelta(days)), above


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


def sends(owner: Client, lunas: Luna, **fields: Any) -> Any:
    """Send Apple's form."""
    leaf, above = paper()
    usual = {"certificate": upload("pass.p12", leaf.p12(above)), "password": papers.PASSWORD}
    return owner.post(lunas.url("settings/wallets/apple/"), {**usual, **fields})


def kept(lunas: Luna, model: Any = AppleWallet) -> Any:
    with acting_for(lunas.merchant, by=MARA):
        return model.objects.first()


def connect(lunas: Luna, days: float = 365) -> None:
    leaf, above = paper(days)
    with acting_for(lunas.merchant, by=MARA):
        files = papers.AppleFiles(leaf.p12(above), password=papers.PASSWORD)
        operations.connect_apple(files=files, at=clock.now() - timedelta(700))


def page(owner: Client, lunas: Luna, path: str = "settings/wallets/") -> str:
    answer = owner.get(lunas.url(path))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_certificate_is_uploaded_and_shown_by_its_name_and_its_end(lunas: Luna, owner: Client):
    assert "Connect Apple Wallet" in page(owner, lunas)
    answer = sends(owner, lunas)
    assert (answer.status_code, answer["Location"]) == (303, lunas.url("settings/wallets/"))
    shown = page(owner, lunas)
    assert papers.PASS_TYPE in shown and papers.TEAM in shown and "Connected" in shown
    assert "PRIVATE" not in shown and kept(lunas).private_key not in shown
    assert "Apple Wallet" in page(owner, lunas, "settings/")


@pytest.mark.parametrize(
    ("fields", "says", "where"),
    [
        ({"certificate": upload("x.txt", b"hello")}, "no certificate in this file", "certificate"),
        ({"password": "wrong"}, "does not open with this password", "password"),
        ({"certificate": upload("x.p12", b"0" * 10 * 1024 * 1024)}, "far too large", "certificate"),
        ({"certificate": upload("c.pem", papers.lunas().pem)}, "private key is missing", "key"),
        ({"certificate": ""}, "required", "certificate"),
        ({"certificate": upload("empty.p12", b"")}, "empty", "certificate"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    lunas: Luna, owner: Client, fields: dict[str, Any], says: str, where: str
):
    for value in fields.values():
        if hasattr(value, "seek"):
            value.seek(0)
    answer = sends(owner, lunas, **fields)
    assert answer.status_code == 422
    form = answer.context["apple_form"]
    assert says in " ".join(form.errors[where])
    assert kept(lunas) is None
    assert papers.PASSWORD not in answer.content.decode()


def test_google_is_connected_by_issuer_and_key(lunas: Luna, owner: Client):
    url = lunas.url("settings/wallets/google/")
    bad = owner.post(url, {"issuer": "luna", "key_file": upload("key.json", papers.key_file())})
    assert bad.status_code == 422 and "is a number" in bad.content.decode()
    good = owner.post(
        url, {"issuer": f" {papers.ISSUER} ", "key_file": upload("key.json", papers.key_file())}
    )
    assert good.status_code == 303
    assert kept(lunas, GoogleWallet).issuer == papers.ISSUER
    shown = page(owner, lunas)
    assert papers.ACCOUNT in shown and "PRIVATE" not in shown


def test_a_certificate_that_ends_soon_is_told_on_every_page_that_matters(lunas: Luna, owner: Client):
    connect(lunas, days=31)
    for path in ("settings/wallets/", "settings/", ""):
        assert "ends on" not in page(owner, lunas, path) and "certificate ends" not in page(
            owner, lunas, path
        )
    connect(lunas, days=12)
    assert "The certificate for Apple Wallet ends on" in page(owner, lunas)
    assert "certificate ends" in page(owner, lunas, "settings/")
    assert "The certificate for Apple Wallet ends on" in page(owner, lunas, "")
    assert "The certificate for Apple Wallet" not in page(browser_of(lunas, "analyst"), lunas, "")
    connect(lunas, days=-3)
    assert "No new cards are made until it is renewed." in page(owner, lunas)


def test_a_card_of_nobody_can_be_tried(lunas: Luna, owner: Client):
    assert owner.get(lunas.url("settings/wallets/sample.pkpass")).status_code == 404
    connect(lunas)
    answer = owner.get(lunas.url("settings/wallets/sample.pkpass"))
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"webServiceURL" not in archive.read("pass.json")


def test_disconnecting_asks_first(lunas: Luna, owner: Client):
    connect(lunas)
    url = lunas.url("settings/wallets/apple/disconnect/")
    assert "Disconnect Apple Wallet" in owner.get(url).content.decode()
    assert kept(lunas) is not None
    part = owner.get(url, headers={"HX-Request": "true"}).content
    assert b"<html" not in part and b"<dialog" in part
    assert owner.post(url)["Location"] == lunas.url("settings/wallets/")
    assert kept(lunas) is None


def test_only_owners_come_here(lunas: Luna):
    for role in ("manager", "cashier", "analyst"):
        browser = browser_of(lunas, role)
        assert browser.get(lunas.url("settings/wallets/")).status_code == 403
        assert sends(browser, lunas).status_code == 403
    assert kept(lunas) is None
