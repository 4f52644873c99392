"""Café Luna with a web shop of its own that shows the widget, and panels that are open there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.api.throttling import forget_local
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget.operations import allow_site, make_secret
from loyalty.core.widget.tokens import audience, sign
from members.models import Member
from members.operations.membership import join
from members.queries.directory import by_identity
from rewards.models import Redemption, Reward
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, OTTO, buy, days, publish, shop

SITE = "https://shop.example"
COFFEE = {"kind": "money_off", "name": {"en": "50 off", "sv": "50 kr rabatt"}, "cost_points": 100, "value": 5000,
          "unit_cost_minor": 5000}  # fmt: skip
CAKE = {"kind": "free_product", "name": {"en": "A whole cake"}, "cost_points": 900, "unit_cost_minor": 9000}
WELCOME = {"type": "fixed", "id": "welcome", "amount": 50,
           "when": [{"type": "activity", "kinds": ["account_created"]}]}  # fmt: skip
FRIENDS = {"on": True, "friend": {"units": [{"amount": 50}]}, "referrer": {"units": [{"amount": 100}]}}


@dataclass
class Widget:
    """A shop whose widget stands on `site`, and the `secret` its server signs with."""

    merchant: Merchant
    secret: str
    coffee: Reward
    cake: Reward
    site: str = SITE
    by: Any = MARA

    def url(self, path: str = "") -> str:
        return f"/w/{self.merchant.slug}/{path}"

    def token(self, subject: str, *, secret: str = "", **claims: Any) -> str:
        """What the shop's server signs for somebody who is signed in there."""
        now = int(clock.now().timestamp())
        content = {
            "iss": self.site, "aud": audience(self.merchant.slug), "sub": subject, "iat": now, "exp": now + 300,
            "jti": ids.new().hex, **claims,
        }  # fmt: skip
        return sign(content, secret or self.secret)

    def member(self, external: str) -> Member:
        with acting_for(self.merchant, by=self.by):
            return by_identity("external", external)

    def points(self, external: str) -> int:
        with acting_for(self.merchant, by=self.by):
            return balance(by_identity("external", external).pk).available

    def taken(self, external: str) -> list[Redemption]:
        with acting_for(self.merchant, by=self.by):
            member = by_identity("external", external)
            return list(Redemption.objects.filter(member=member).select_related("reward").order_by("id"))

    def joined(self, external: str, kronor: float = 0, **identities: str) -> Member:
        """A member of the shop who has bought for so much."""
        with acting_for(self.merchant, by=self.by):
            given = {"given_name": external.title()}
            member = join(at=AT, identities={"external": external, **identities}, details=given).member
            if kronor:
                buy(member, kronor, at=clock.now() - days(1))
            return member


def told(answer: HttpResponse) -> HttpResponse:
    """An answer with what it says beside it."""
    answer.said = answer.content.decode().replace("\xa0", " ")  # type: ignore[attr-defined]
    return answer


@dataclass
class Panel:
    """A panel that is open on a page: a token in its memory, or none, and a random name of its own."""

    widget: Widget
    token: str = ""
    key: str = field(default_factory=lambda: ids.new().hex)
    language: str = "en"
    client: Client = field(default_factory=Client)

    def headers(self) -> dict[str, str]:
        found = {"Loyalty-Panel": self.key, "Loyalty-Language": self.language}
        return found | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def get(self, path: str) -> Any:
        """A part of it; `said` is its text, with the spaces that do not break as plain ones."""
        return told(self.client.get(self.widget.url(path), headers=self.headers()))

    def post(self, path: str, data: Any = None, **more: Any) -> Any:
        return told(self.client.post(self.widget.url(path), data or {}, headers=self.headers(), **more))

    def reward(self, reward: Reward, path: str = "") -> str:
        return f"rewards/{ids.encode('rwd', reward.pk)}/{path}"

    def form_key(self, path: str) -> str:
        """The key in the form of a part of the panel."""
        found = re.search(r'name="form_key" value="([0-9a-f]{32})"', self.get(path).said)
        assert found, path
        return found[1]


def opened(merchant: Merchant, by: Any, site: str = SITE) -> Widget:
    """A shop with a programme, two rewards, a site and a secret."""
    with acting_for(merchant, by=by):
        publish(
            ONE_POINT_PER_KRONA, WELCOME, referrals=FRIENDS,
            identity={"name": {"en": "Luna Club"}, "points": {"en": {"one": "bean", "other": "beans"}}},
        )  # fmt: skip
        allow_site(url=site, at=AT)
        secret = make_secret(at=AT)
        coffee, cake = create_reward(at=AT, details=COFFEE), create_reward(at=AT, details=CAKE)
    return Widget(merchant, secret, coffee, cake, site, by)


@pytest.fixture(autouse=True)
def _ready(settings: Any) -> Iterator[None]:
    """Static files are served as they lie, and nobody has asked for anything yet."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    forget_local()
    yield
    cache.clear()


@pytest.fixture
def widget(db: None) -> Widget:
    """Café Luna's."""
    return opened(shop(brand_colour="#b4532a", language="en"), MARA)


@pytest.fixture
def ottos(db: None) -> Widget:
    """The other shop's, on the same site."""
    return opened(shop("ottos", name="Otto's Books", language="en"), OTTO)


@pytest.fixture
def guest(widget: Widget) -> Panel:
    return Panel(widget)


@pytest.fixture
def ana(widget: Widget) -> Panel:
    """The panel of Ana, a member with 200 beans of purchases and 50 for joining."""
    widget.joined("ana", 200)
    return Panel(widget, widget.token("ana"))
