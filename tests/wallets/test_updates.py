"""What changes on a card is told to its wallet: once for each change, later where nobody answers, never of somebody who
is gone."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from loyalty.connectors.wallets import google, operations, tasks, updating
from loyalty.connectors.wallets.models import WalletDevice, WalletPass
from loyalty.connectors.wallets.vault import opened
from loyalty.core import clock
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.tenancy.scope import across_merchants, acting_for
from members.operations.membership import edit
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from tests.cast import AT, MARA, OTTO, buy, person, publish, shop
from tests.wallets import papers

LADDER = {"by": "spend",
          "ladder": [{"id": "basic", "at_least": 0}, {"id": "gold", "at_least": 100_000}]}  # fmt: skip


class Town:
    """Café Luna with Ana and Ben, each with a card in both wallets and one phone each."""

    def __init__(self, merchant: Any):
        self.merchant = merchant
        self.passes: dict[tuple[str, str], Any] = {}
        with acting_for(merchant, by=MARA):
            publish()
            operations.connect_apple(files=papers.files(), at=AT)
            operations.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=AT)
            self.ana, self.ben = person("ana", given_name="Ana"), person("ben", given_name="Ben")
            for name, member in (("ana", self.ana), ("ben", self.ben)):
                for platform in ("apple", "google"):
                    row = operations.issue_pass(member=member.pk, platform=platform, at=AT)
                    self.passes[name, platform] = row.pk
                operations.register_device(
                    wallet_pass=self.passes[name, "apple"], device=f"{name}s-phone", push_token=f"{name}s-token", at=AT
                )  # fmt: skip
        dispatch_waiting()
        updating.tell_due(at=clock.now())

    def buys(self, member: Any, kronor: float) -> None:
        with acting_for(self.merchant, by=MARA):
            buy(member, kronor, at=clock.now())

    def card(self, name: str, platform: str = "apple") -> WalletPass:
        with acting_for(self.merchant, by=MARA):
            return WalletPass.objects.get(pk=self.passes[name, platform])

    def phones(self) -> list[str]:
        with acting_for(self.merchant, by=MARA):
            return sorted(opened(row.push_token) for row in WalletDevice.objects.all())

    def verifies(self) -> None:
        with acting_for(self.merchant, by=MARA):
            assert verify() == []


def told(at: Any = None) -> int:
    """The outbox is emptied and wallets are told; of how many cards."""
    dispatch_waiting()
    return updating.tell_due(at=at or clock.now())


@pytest.fixture
def town(luna, settings, pushed, googled) -> Town:
    settings.SITE_URL = "https://club.example"
    made = Town(luna)
    pushed.told.clear()
    googled.clear()
    return made


def test_an_order_reaches_each_wallet_once(town, pushed, googled):
    town.buys(town.ana, 120)
    assert told() == 2
    assert [told() for _again in range(3)] == [0, 0, 0]
    (envelope,) = pushed.told
    assert (envelope.topic, list(envelope.tokens)) == (papers.PASS_TYPE, ["anas-token"])
    assert envelope.private_key.encode() == papers.lunas().key_pem()
    (card,) = googled
    assert card["loyaltyPoints"]["balance"] == {"int": 120}
    assert card["id"].endswith(town.card("ana", "google").pk.hex)
    town.verifies()


def test_several_orders_before_the_worker_comes_are_told_as_one(town, pushed, googled):
    for _order in range(5):
        town.buys(town.ana, 10)
    assert told() == 2
    assert [card["loyaltyPoints"]["balance"]["int"] for card in googled] == [50]
    assert len(pushed.told) == 1


def test_whoever_has_no_card_costs_no_call_and_other_cards_stay_as_they_are(town, pushed, googled):
    with acting_for(town.merchant, by=MARA):
        cleo = person("cleo")
    before = town.card("ben")
    town.buys(cleo, 100)
    assert (told(), pushed.told, googled) == (0, [], [])
    town.buys(town.ana, 100)
    told()
    assert town.card("ben").changed_at == before.changed_at


def test_what_is_written_but_not_committed_is_not_told(town, googled):
    with acting_for(town.merchant, by=MARA), transaction.atomic():
        buy(town.ana, 100, at=clock.now())
        transaction.set_rollback(True)
    assert (told(), googled) == (0, [])


def test_a_tier_and_a_name_are_told_too(town, googled):
    with acting_for(town.merchant, by=MARA):
        publish(tiers=LADDER, at=clock.now())
    town.buys(town.ana, 2_000)
    assert told() == 2
    assert googled[-1]["secondaryLoyaltyPoints"]["balance"] == {"string": "gold"}
    with acting_for(town.merchant, by=MARA):
        edit(member=town.ana.pk, at=clock.now(), details={"given_name": "Anna"})
    already = len(googled)
    told()
    assert "Anna" in [card["accountName"] for card in googled[already:]]


def test_another_logo_or_colour_reaches_every_card_and_another_address_none(town, pushed):
    with acting_for(town.merchant, by=MARA):
        edit_shop(details={"brand_colour": "#102030"}, at=clock.now())
    assert told() == 4
    assert sorted(token for one in pushed.told for token in one.tokens) == ["anas-token", "bens-token"]
    with acting_for(town.merchant, by=MARA):
        edit_shop(details={"reply_to": "hello@luna.example"}, at=clock.now())
    assert told() == 0


def test_another_shops_cards_hear_nothing(town, pushed, googled):
    ottos = shop("ottos", name="Otto's Books")
    with acting_for(ottos, by=OTTO):
        publish()
        operations.connect_apple(files=papers.files(), at=AT)
        theirs = operations.issue_pass(member=person("otto").pk, platform="apple", at=AT).pk
    town.buys(town.ana, 10)
    told()
    with acting_for(ottos, by=OTTO):
        row = WalletPass.objects.get(pk=theirs)
        assert (row.changed_at, row.due_at) == (AT, None)


# --- where nobody answers ---------------------------------------------------------------------------------------------


def test_who_does_not_answer_is_asked_again_later_and_then_given_up(town, pushed, googled):
    pushed.away = True
    town.buys(town.ana, 10)
    at = clock.now() + timedelta(seconds=1)
    assert told(at) == 1  # Google
    assert town.card("ana").error == "PushFailed: 503"
    tries = 1
    while (due := town.card("ana").due_at) is not None:
        assert due > at
        assert updating.tell_due(at=due - timedelta(seconds=1)) == 0
        at, tries = due, tries + 1
        assert updating.tell_due(at=at) == 0
    assert tries == len(updating.PAUSES) + 1
    pushed.away = False
    town.buys(town.ana, 10)
    assert told() == 2
    assert (len(pushed.told), town.card("ana").error, town.card("ana").due_at) == (1, "", None)


def test_what_google_refuses_is_not_asked_again(town, monkeypatch):
    def refuses(_self: Any, _changed: Any, *, at: Any) -> bool:
        raise google.GoogleRefused("403")

    monkeypatch.setattr(google.Gateway, "update", refuses)
    town.buys(town.ana, 10)
    told()
    card = town.card("ana", "google")
    assert (card.error, card.due_at) == ("GoogleRefused: 403", None)


def test_what_changes_while_it_is_told_is_told_again(town, monkeypatch):
    seen = []

    def slow(_self: Any, changed: Any, *, at: Any) -> bool:
        seen.append(changed["loyaltyPoints"]["balance"]["int"])
        if len(seen) == 1:
            town.buys(town.ana, 5)
            dispatch_waiting()
        return True

    monkeypatch.setattr(google.Gateway, "update", slow)
    town.buys(town.ana, 10)
    dispatch_waiting()
    updating.tell_due(at=clock.now())
    updating.tell_due(at=clock.now())
    assert seen[0] == 10 and seen[-1] == 15
    assert town.card("ana", "google").due_at is None


def test_a_phone_that_is_gone_is_forgotten(town, pushed):
    pushed.gone = {"anas-token"}
    town.buys(town.ana, 10)
    told()
    assert town.phones() == ["bens-token"]


def test_without_a_push_service_nothing_is_called_and_nothing_piles_up(town, settings, pushed):
    settings.WALLET_PUSHER = ""
    town.buys(town.ana, 10)
    told()
    assert pushed.told == []
    assert town.card("ana").due_at is None and town.card("ana").changed_at > AT


def test_a_shop_that_disconnects_is_no_longer_told_for(town, pushed, googled):
    with acting_for(town.merchant, by=MARA):
        for platform in ("apple", "google"):
            operations.disconnect(platform=platform, at=AT)
    town.buys(town.ana, 10)
    told()
    assert (pushed.told, googled, town.card("ana", "google").due_at) == ([], [], None)


# --- merged and erased ------------------------------------------------------------------------------------------------


def test_the_cards_of_a_merged_member_show_who_they_are_now(town, pushed, googled):
    town.buys(town.ana, 10)
    town.buys(town.ben, 20)
    told()
    googled.clear()
    with acting_for(town.merchant, by=MARA):
        merge(keep=town.ana.pk, remove=town.ben.pk, at=clock.now())
    assert town.card("ben").member_id == town.ana.pk
    told()
    assert {card["id"].partition(".")[2] for card in googled} == {
        town.card("ana", "google").pk.hex, town.card("ben", "google").pk.hex
    }  # fmt: skip
    assert {card["loyaltyPoints"]["balance"]["int"] for card in googled} == {30}
    assert {card["accountName"] for card in googled} == {"Ana"}
    town.verifies()


def test_the_cards_of_an_erased_member_are_void_and_say_nothing(town, pushed, googled):
    town.buys(town.ana, 10)
    told()
    token = opened(town.card("ana").token)
    googled.clear()
    pushed.told.clear()
    with acting_for(town.merchant, by=MARA):
        erase_member(member=town.ana.pk, at=clock.now())
    assert told() == 2
    (card,) = googled
    assert (card["state"], card["accountName"], card["barcode"]) == ("INACTIVE", "", None)
    assert [list(one.tokens) for one in pushed.told] == [["anas-token"]]
    phone, base = Client(), f"/hooks/wallets/luna/v1/devices/anas-phone/registrations/{papers.PASS_TYPE}"
    assert phone.get(base).json()["serialNumbers"] == [town.card("ana").pk.hex]
    assert town.phones() == ["bens-token"]  # it has been told, and is known no more
    assert phone.get(base).status_code == 401
    url = f"/hooks/wallets/luna/v1/passes/{papers.PASS_TYPE}/{town.card('ana').pk.hex}"
    void = phone.get(url, headers={"Authorization": f"ApplePass {token}"})
    assert void.status_code == 200
    assert contents(void.content)["voided"] is True
    assert "barcodes" not in contents(void.content)
    assert b"Ana" not in b"".join(texts(void.content))
    town.verifies()


def contents(data: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("pass.json"))


def texts(data: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist() if not name.endswith(".png")]


def test_a_phone_that_never_comes_is_forgotten_after_a_week(town):
    with acting_for(town.merchant, by=MARA):
        erase_member(member=town.ana.pk, at=clock.now())
    assert town.phones() == ["anas-token", "bens-token"]
    assert tasks.forget_phones() == 0
    with across_merchants("later"):
        assert operations.forget_before(before=clock.now() + timedelta(seconds=1)) == 1
    assert town.phones() == ["bens-token"]


def test_where_nobody_is_told_the_phones_of_an_erased_member_go_at_once(town, settings):
    settings.WALLET_PUSHER = ""
    with acting_for(town.merchant, by=MARA):
        erase_member(member=town.ana.pk, at=clock.now())
    assert town.phones() == ["bens-token"]


def test_an_erased_member_gets_no_card_and_an_export_names_theirs(town):
    with acting_for(town.merchant, by=MARA):
        (apple, google_card) = export_member(member=town.ana.pk, at=clock.now())["wallets"]
        assert (apple["platform"], apple["devices"], google_card["devices"]) == ("apple", 1, 0)
        erase_member(member=town.ana.pk, at=clock.now())
        with pytest.raises(operations.NotActive):
            operations.issue_pass(member=town.ana.pk, platform="apple", at=clock.now())
