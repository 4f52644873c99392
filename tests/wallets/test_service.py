"""What Apple's phones ask: register, list, fetch, complain. Whoever is not the phone of that card learns nothing."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client

from loyalty.connectors.wallets import operations, updating
from loyalty.connectors.wallets.models import WalletDevice, WalletPass
from loyalty.connectors.wallets.vault import opened
from loyalty.core import clock
from loyalty.core.events import tasks
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, OTTO, buy, person, publish, shop
from tests.wallets import papers

MALFORMED = ["", "not json", "[]", "{}", '{"pushToken": 7}', '{"pushToken": "a b"}', '{"pushToken": ""}',
             '{"pushToken": "' + "a" * 201 + '"}', "[" * 9_000, '{"pushToken": "é"}']  # fmt: skip


@pytest.fixture
def phone():
    """Phones ask without a scope and without a cookie."""
    return Client()


@pytest.fixture
def luna_card(luna, settings):
    """Café Luna with Ana's card; no scope is left open."""
    settings.SITE_URL = "https://club.example"
    with acting_for(luna, by=MARA):
        publish()
        operations.connect_apple(files=papers.files(), at=AT)
        ana = person("ana", given_name="Ana", family_name="Alm")
        row = operations.issue_pass(member=ana.pk, platform="apple", at=AT)
    return Card(luna, ana, row, "device-1")


class Card:
    """A card in a phone, and what the phone asks."""

    def __init__(self, merchant, member, row, device):
        self.merchant, self.member, self.row, self.device = merchant, member, row, device
        self.token = opened(row.token)
        self.auth = {"Authorization": f"ApplePass {self.token}"}
        self.base = f"/hooks/wallets/{merchant.slug}/v1/"

    @property
    def registration(self):
        return f"{self.base}devices/{self.device}/registrations/{papers.PASS_TYPE}/{self.row.pk.hex}"

    @property
    def list(self):
        return f"{self.base}devices/{self.device}/registrations/{papers.PASS_TYPE}"

    @property
    def url(self):
        return f"{self.base}passes/{papers.PASS_TYPE}/{self.row.pk.hex}"

    def registers(self, phone, body='{"pushToken": "abc123"}', **headers):
        return phone.post(
            self.registration, body, content_type="application/json", headers={**self.auth, **headers}
        )

    def devices(self):
        with acting_for(self.merchant, by=MARA):
            return list(WalletDevice.objects.all())

    def changes(self, at):
        """Something on the card changes, and the outbox is emptied."""
        with acting_for(self.merchant, by=MARA):
            buy(self.member, 10, at=at)
        tasks.dispatch_waiting()
        with acting_for(self.merchant, by=MARA):
            self.row = WalletPass.objects.get(pk=self.row.pk)


def test_a_phone_registers_once_and_throws_away(luna_card, phone):
    assert luna_card.registers(phone).status_code == 201
    assert luna_card.registers(phone, '{"pushToken": "new456"}').status_code == 200
    (kept,) = luna_card.devices()
    assert opened(kept.push_token) == "new456"
    assert "device-1" not in kept.device and "new456" not in kept.push_token
    assert phone.delete(luna_card.registration, headers=luna_card.auth).status_code == 200
    assert luna_card.devices() == []
    assert phone.delete(luna_card.registration, headers=luna_card.auth).status_code == 200


def test_a_phone_fetches_its_card_and_again_only_when_it_changed(luna_card, phone):
    first = phone.get(luna_card.url, headers=luna_card.auth)
    assert (first.status_code, first["Content-Type"]) == (200, "application/vnd.apple.pkpass")
    seen = {**luna_card.auth, "If-Modified-Since": first["Last-Modified"]}
    again = phone.get(luna_card.url, headers=seen)
    assert (again.status_code, again.content) == (304, b"")
    luna_card.changes(clock.now())
    changed = phone.get(luna_card.url, headers=seen)
    assert changed.status_code == 200
    with zipfile.ZipFile(io.BytesIO(changed.content)) as archive:
        assert json.loads(archive.read("pass.json"))["storeCard"]["secondaryFields"][0]["value"] == 10
    later = {**luna_card.auth, "If-Modified-Since": changed["Last-Modified"]}
    assert phone.get(luna_card.url, headers=later).status_code == 304
    assert (
        phone.get(luna_card.url, headers={**luna_card.auth, "If-Modified-Since": "yesterday"}).status_code
        == 200
    )


def test_two_changes_within_a_second_are_two_for_a_phone(luna_card, phone):
    luna_card.changes(clock.now())
    first = phone.get(luna_card.url, headers=luna_card.auth)["Last-Modified"]
    luna_card.changes(clock.now())
    assert phone.get(luna_card.url, headers={**luna_card.auth, "If-Modified-Since": first}).status_code == 200


def test_a_phone_hears_which_of_its_cards_changed(luna_card, phone):
    luna_card.registers(phone)
    first = phone.get(luna_card.list)
    assert first.status_code == 200
    assert first.json()["serialNumbers"] == [luna_card.row.pk.hex]
    # The card is from last spring: nothing of it is news since.
    mark = first.json()["lastUpdated"]
    assert phone.get(luna_card.list, {"passesUpdatedSince": mark}).status_code == 204
    luna_card.changes(clock.now())
    assert phone.get(luna_card.list, {"passesUpdatedSince": mark}).json()["serialNumbers"] == [
        luna_card.row.pk.hex
    ]
    for odd in ("x", "-1", "9" * 30, "²"):
        assert phone.get(luna_card.list, {"passesUpdatedSince": odd}).status_code == 200


def test_a_mark_is_early_so_that_what_is_being_written_is_not_missed(luna_card, phone):
    luna_card.registers(phone)
    luna_card.changes(clock.now() - timedelta(seconds=5))
    mark = phone.get(luna_card.list).json()["lastUpdated"]
    assert phone.get(luna_card.list, {"passesUpdatedSince": mark}).status_code == 200


@pytest.fixture
def ottos_card(db, settings, luna_card):
    """Another shop's card, made with the same Pass Type ID."""
    merchant = shop("ottos", name="Otto's Books")
    with acting_for(merchant, by=OTTO):
        publish()
        operations.connect_apple(files=papers.files(), at=AT)
        row = operations.issue_pass(member=person("otto").pk, platform="apple", at=AT)
    return Card(merchant, None, row, "device-1")


def refusals(card, other):
    """Addresses and headers of whoever is not the phone of that card."""
    theirs = other.row.pk.hex
    return [
        (card.url, {}),
        (card.url, {"Authorization": "ApplePass "}),
        (card.url, {"Authorization": f"ApplePass {card.token[:-1]}"}),
        (card.url, {"Authorization": f"ApplePass {card.token}x"}),
        (card.url, {"Authorization": "ApplePass é"}),
        (card.url, {"Authorization": f"Bearer {card.token}"}),
        (card.url, other.auth),
        (card.url.replace(papers.PASS_TYPE, "pass.com.example.other"), card.auth),
        (card.url.replace("/luna/", "/ottos/"), card.auth),
        (card.url.replace("/luna/", "/nobody/"), card.auth),
        (card.url.replace(card.row.pk.hex, theirs), card.auth),
        (card.url.replace(card.row.pk.hex, theirs), other.auth),
        (card.url.replace(card.row.pk.hex, "0" * 32), card.auth),
        (card.url.replace(card.row.pk.hex, "sample"), card.auth),
        (card.url.replace(card.row.pk.hex, str(card.row.pk)), card.auth),
        (card.url.replace(card.row.pk.hex, card.row.pk.hex.upper()), card.auth),
    ]


def test_wrong_tokens_and_other_shops_cards_all_look_the_same(luna_card, ottos_card, phone):
    answers = [phone.get(url, headers=headers) for url, headers in refusals(luna_card, ottos_card)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"")}
    assert phone.get(luna_card.url, headers=luna_card.auth).status_code == 200
    assert phone.get(ottos_card.url, headers=ottos_card.auth).status_code == 200


def test_nobody_registers_or_removes_a_phone_for_another_card(luna_card, ottos_card, phone):
    luna_card.registers(phone)
    for url, headers in refusals(luna_card, ottos_card):
        place = url.replace("/passes/", "/devices/device-1/registrations/")
        sent = phone.post(place, '{"pushToken": "evil"}', content_type="application/json", headers=headers)
        assert (sent.status_code, phone.delete(place, headers=headers).status_code) == (401, 401)
    (kept,) = luna_card.devices()
    assert opened(kept.push_token) == "abc123"
    assert ottos_card.devices() == []


def test_a_phone_nobody_knows_is_told_nothing(luna_card, ottos_card, phone):
    luna_card.registers(phone)
    for url in (
        luna_card.list.replace("device-1", "device-2"),
        luna_card.list.replace("/luna/", "/ottos/"),  # the same phone, at a shop whose card it has not got
        luna_card.list.replace("/luna/", "/nobody/"),
        luna_card.list.replace(papers.PASS_TYPE, "pass.com.example.other"),
        luna_card.list.replace("device-1", "%00"),
        luna_card.list.replace("device-1", "a" * 129),
    ):
        assert phone.get(url).status_code == 401, url


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_registration_changes_nothing(luna_card, phone, body):
    assert luna_card.registers(phone, body).status_code == 400
    assert luna_card.devices() == []


def test_too_much_is_not_read(luna_card, phone):
    assert luna_card.registers(phone, json.dumps({"pushToken": "a", "more": "x" * 20_000})).status_code == 400
    assert luna_card.devices() == []


def test_a_card_is_on_no_more_devices_than_a_person_has(luna_card, phone):
    for number in range(operations.MOST_DEVICES):
        luna_card.device = f"device-{number}"
        assert luna_card.registers(phone).status_code == 201
    luna_card.device = "one-more"
    assert luna_card.registers(phone).status_code == 429
    luna_card.device = "device-3"
    assert luna_card.registers(phone).status_code == 200
    assert len(luna_card.devices()) == operations.MOST_DEVICES


def test_complaints_are_heard_and_believed_by_nobody(luna_card, phone):
    log = f"{luna_card.base}log"
    assert phone.post(log, '{"logs": ["it broke"]}', content_type="application/json").status_code == 200
    for body in ("", "[]", '{"logs": 1}', "x"):
        assert phone.post(log, body, content_type="application/json").status_code == 400
    assert phone.get(log).status_code == 405


def test_other_methods_are_refused(luna_card, phone):
    assert phone.get(luna_card.registration, headers=luna_card.auth).status_code == 405
    assert phone.put(luna_card.url, headers=luna_card.auth).status_code == 405
    assert phone.post(luna_card.list).status_code == 405


def test_a_shop_that_disconnects_answers_nobody(luna_card, phone):
    luna_card.registers(phone)
    with acting_for(luna_card.merchant, by=MARA):
        operations.disconnect(platform="apple", at=AT)
    assert phone.get(luna_card.url, headers=luna_card.auth).status_code == 401
    assert phone.get(luna_card.list).status_code == 401


def test_nothing_waits_for_a_card_that_nobody_registered(luna_card, phone, pushed):
    luna_card.changes(clock.now())
    assert updating.tell_due(at=clock.now()) == 1
    assert pushed.told == []
