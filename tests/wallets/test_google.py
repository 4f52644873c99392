"""The link that saves a card at Google, and how Google is told of a change."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from loyalty.connectors.wallets import google, operations, queries
from loyalty.connectors.wallets.content import content_of, serial
from loyalty.connectors.wallets.models import GoogleWallet
from members.models import Identity
from tests.cast import AT, buy, person, publish
from tests.wallets import papers


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims of a token whose signature holds."""
    head, claims, signature = token.split(".")
    plain = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, claims, signature)]
    public = papers.account_key().public_key()
    public.verify(plain[2], f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return json.loads(plain[0]), json.loads(plain[1])


def link(member: Any) -> str:
    row = operations.issue_pass(member=member.pk, platform="google", at=AT)
    signer = queries.signer_of(GoogleWallet.objects.get())
    return google.save_link(signer, slug="luna", serial=serial(row), content=content_of(member.pk), at=AT)


def test_the_link_is_signed_by_the_shops_account_and_says_what_is_on_the_card(connected, ana):
    buy(ana, 75)
    found = link(ana)
    assert found.startswith("https://pay.google.com/gp/v/save/")
    head, claims = read(found.removeprefix(google.SAVE))
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "4f9a"}
    assert (claims["iss"], claims["aud"], claims["typ"]) == (papers.ACCOUNT, "google", "savetowallet")
    assert (claims["origins"], claims["iat"]) == (["https://club.example"], int(AT.timestamp()))
    (kind,), (card,) = claims["payload"]["loyaltyClasses"], claims["payload"]["loyaltyObjects"]
    assert kind["id"] == card["classId"] == f"{papers.ISSUER}.luna"
    assert kind["programLogo"]["sourceUri"]["uri"] == "https://club.example/luna/icons/512.png"
    assert card["id"].startswith(f"{papers.ISSUER}.") and str(ana.pk) not in card["id"]
    code = Identity.objects.get(member=ana, kind="card").value
    assert (card["barcode"]["value"], card["accountName"]) == (code, "Ana Alm")
    assert card["loyaltyPoints"]["balance"] == {"int": 75}


def test_a_changed_link_is_not_the_shops(connected, ana):
    token = link(ana).removeprefix(google.SAVE)
    head, claims, signature = token.split(".")
    with pytest.raises(InvalidSignature):
        read(f"{head}.{claims[:-4]}AAAA.{signature}")


def test_the_longest_names_still_make_a_link_that_phones_take(connected):
    long = {"one": "ö" * 30, "other": "ö" * 30}
    ladder = {"ladder": [{"id": "x" * 20, "at_least": 0, "name": {"en": "Å" * 60}}]}
    publish(identity={"name": {"sv": "Å" * 120}, "points": {"sv": long}}, tiers=ladder)
    member = person("long", given_name="Ø" * 80, family_name="Ø" * 80)
    buy(member, 9_999_999)
    assert len(link(member)) < google.MAX_LINK


class Answers:
    """Stands where Google would be, and notes what it was asked."""

    def __init__(self, **answers: Any):
        self.answers, self.asked = answers, []

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_trouble: object) -> None:
        pass

    def _answer(self, method: str, url: str, **more: Any) -> Any:
        self.asked.append((method, url, more))
        found = self.answers[method]
        if isinstance(found, Exception):
            raise found
        return SimpleNamespace(status_code=found[0], json=lambda: found[1])

    def post(self, url: str, **more: Any) -> Any:
        return self._answer("post", url, **more)

    def patch(self, url: str, **more: Any) -> Any:
        return self._answer("patch", url, **more)


TOKEN = (200, {"access_token": "ya29"})


def updated(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> tuple[Any, Answers]:
    """What comes of an update, and what was asked for it."""
    there = Answers(**{"post": TOKEN, "patch": (200, {}), **answers})
    monkeypatch.setattr(google, "_session", lambda: there)
    signer = google.Signer(papers.ISSUER, papers.ACCOUNT, "4f9a", papers.read_key())
    try:
        return google.Gateway(signer).update({"id": "1.a", "state": "ACTIVE"}, at=AT), there
    except (google.GoogleAway, google.GoogleRefused) as trouble:
        return type(trouble).__name__, there


def test_google_is_told_with_a_token_of_the_shops_account(monkeypatch):
    done, there = updated(monkeypatch)
    (_post, where, form), (_patch, card, sent) = there.asked
    assert done is True
    assert (where, card) == (google.TOKENS, f"{google.OBJECTS}1.a")
    _head, claims = read(form["data"]["assertion"])
    assert (claims["iss"], claims["aud"], claims["scope"]) == (papers.ACCOUNT, google.TOKENS, google.SCOPE)
    assert sent["headers"] == {"Authorization": "Bearer ya29"}
    assert sent["json"] == {"id": "1.a", "state": "ACTIVE"}


def test_only_the_two_hosts_of_google_are_ever_asked(monkeypatch):
    _done, there = updated(monkeypatch)
    assert {url.split("/")[2] for _method, url, _more in there.asked} == {
        "oauth2.googleapis.com", "walletobjects.googleapis.com"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "comes"),
    [
        ({"patch": (404, {})}, False),
        ({"patch": (500, {})}, "GoogleAway"),
        ({"patch": (429, {})}, "GoogleAway"),
        ({"patch": (403, {})}, "GoogleRefused"),
        ({"patch": (302, {})}, "GoogleRefused"),
        ({"patch": requests.ConnectionError("no")}, "GoogleAway"),
        ({"post": (401, {})}, "GoogleRefused"),
        ({"post": (200, [])}, "GoogleAway"),
        ({"post": (200, {})}, "GoogleAway"),
        ({"post": requests.Timeout("slow")}, "GoogleAway"),
    ],
)
def test_what_google_answers_is_tried_again_or_not(monkeypatch, answers, comes):
    assert updated(monkeypatch, **answers)[0] == comes
