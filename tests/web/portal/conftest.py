"""Café Luna's portal, and phones that look at it. No scope is left open: pages open their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.api import throttling
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme.models import Version
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import join
from members.queries.directory import by_identity
from rewards.models import Redemption, Reward
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, OTTO, buy, days, publish, shop

COFFEE = {"kind": "free_product", "name": {"en": "Free coffee", "sv": "En kaffe"}, "cost_points": 100,
          "unit_cost_minor": 700}  # fmt: skip
CAKE = {"kind": "free_product", "name": {"en": "A whole cake"}, "cost_points": 900, "unit_cost_minor": 9000}
CODE = re.compile(r"^[A-Z0-9]{4}-?[A-Z0-9]{4}$", re.MULTILINE)


@dataclass
class Portal:
    """A shop's portal: addresses, and what happens at the till meanwhile."""

    merchant: Merchant
    coffee: Reward
    cake: Reward
    by: Any = MARA

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.merchant.timezone)

    def url(self, path: str = "") -> str:
        return f"/{self.merchant.slug}/{path}"

    def reward_url(self, reward: Reward, path: str = "") -> str:
        return self.url(f"rewards/{ids.encode('rwd', reward.pk)}/{path}")

    def code_url(self, redemption: Redemption) -> str:
        return self.url(f"codes/{ids.encode('rdm', redemption.pk)}/")

    def member(self, email: str) -> Member:
        with acting_for(self.merchant, by=self.by):
            return by_identity("email", email)

    def earns(self, email: str, kronor: float, at: datetime | None = None) -> None:
        """Somebody buys at the till."""
        with acting_for(self.merchant, by=self.by):
            buy(by_identity("email", email), kronor, at=at or clock.now() - days(1))

    def points(self, email: str) -> int:
        with acting_for(self.merchant, by=self.by):
            return balance(by_identity("email", email).pk).available

    def taken(self, email: str) -> list[Redemption]:
        """What the member has redeemed, oldest first."""
        with acting_for(self.merchant, by=self.by):
            member = by_identity("email", email)
            return list(Redemption.objects.filter(member=member).order_by("id"))

    def at_the_till(self, email: str, **details: Any) -> Member:
        """Staff make a card for somebody; nobody has proven anything."""
        with acting_for(self.merchant, by=self.by):
            return join(at=AT, identities={"email": email}, details=details, channel="till").member


def opened(merchant: Merchant, by: Any) -> Portal:
    """A shop with a programme and two rewards."""
    with acting_for(merchant, by=by):
        publish(identity={"name": {"en": "Luna Club"}, "tagline": {"en": "The tenth coffee is on us"},
                          "points": {"en": {"one": "bean", "other": "beans"}}})  # fmt: skip
        return Portal(merchant, create_reward(at=AT, details=COFFEE), create_reward(at=AT, details=CAKE), by)


@pytest.fixture(autouse=True)
def _ready(settings: Any) -> Iterator[None]:
    """Nobody has asked for a code yet, and static files are served as they lie."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    throttling.forget_local()
    yield
    cache.clear()
    throttling.forget_local()


@pytest.fixture
def portal(db: None) -> Portal:
    """Café Luna's."""
    return opened(shop(brand_colour="#b4532a"), MARA)


@pytest.fixture
def ottos(db: None) -> Portal:
    """The other shop's."""
    return opened(shop("ottos", name="Otto's Books"), OTTO)


@pytest.fixture
def phone() -> Client:
    """A phone nobody has used yet."""
    return Client()


def mailed_code(to: str) -> str:
    """The code in the last mail to an address."""
    last = [message for message in mail.outbox if message.to == [to]][-1]
    return CODE.findall(last.body)[0]


def signs_in(phone: Client, portal: Portal, email: str) -> HttpResponse:
    """The whole way through the door: address, mail, code."""
    answer = phone.post(portal.url("sign-in/"), {"email": email})
    assert answer.headers["Location"] == portal.url("sign-in/code/"), answer.content.decode()[:300]
    return phone.post(portal.url("sign-in/code/"), {"code": mailed_code(email)})


@pytest.fixture
def ana(portal: Portal, phone: Client) -> Client:
    """The phone of Ana, who has proven her address and has 150 beans."""
    portal.at_the_till("ana@example.com", given_name="Ana", family_name="Alm")
    portal.earns("ana@example.com", 150)
    assert signs_in(phone, portal, "ana@example.com").headers["Location"] == portal.url("card/")
    assert phone.get(portal.url("card/")).status_code == 200
    return phone


@pytest.fixture
def ben(portal: Portal) -> Client:
    """Ben's phone."""
    portal.at_the_till("ben@example.com", given_name="Ben")
    phone = Client()
    signs_in(phone, portal, "ben@example.com")
    return phone


def programme(portal: Portal, *rules: dict[str, Any], **sections: Any) -> Version:
    """Publish another programme from now on."""
    with acting_for(portal.merchant, by=portal.by):
        return publish(*rules, at=clock.now(), **sections)


def text(phone: Client, portal: Portal, path: str, **query: str) -> str:
    """A page as it was sent; it must be there."""
    answer = phone.get(portal.url(path), query)
    assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
    return answer.content.decode()
