"""The demo's web shop, from the shelf to points on the card; it exists only where the demo runs."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import include, path

from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget import queries
from loyalty.demo.shops import DEMO, GROCERY
from loyalty.demo.storefront import goods, selling
from loyalty.demo.storefront.goods import BY_SKU, Deal, Picked, deal
from loyalty.urls import urlpatterns
from members.models import Member, Order
from members.operations.membership import join
from rewards.models import Reward, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from rewards.rules.kinds.goods import FreeProduct
from rewards.rules.kinds.money import FreeShipping, MoneyOff, PercentOff
from tests.cast import AT, publish, shop

pytestmark = pytest.mark.django_db
SHOP = "/demo/shop/"


@pytest.fixture
def demo(settings: Any) -> Merchant:
    """The grocery, as the demo has it open, with a member called Maya."""
    settings.DEMO = True
    settings.ROOT_URLCONF = (path("demo/", include("loyalty.demo.urls")), *urlpatterns)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    cache.clear()
    return grocery()


def grocery() -> Merchant:
    """Harvest Market with a point for every dollar, $2 off for 10 points, and Maya."""
    merchant = shop(GROCERY, name="Harvest Market", currency="USD", timezone="America/New_York", country="US",
                    language="en")  # fmt: skip
    with acting_for(merchant, by=DEMO):
        publish()
        reward = {"kind": "money_off", "name": {"en": "$2 off"}, "cost_points": 10, "value": 200,
                  "unit_cost_minor": 200}  # fmt: skip
        create_reward(at=AT, details=reward)
        join(
            at=AT,
            identities={"external": "maya", "email": "maya@example.com"},
            details={"given_name": "Maya"},
        )
    return merchant


@pytest.fixture
def client() -> Client:
    """A browser on this machine, where the demo alone runs."""
    return Client(headers={"Host": "localhost"})


def points(merchant: Merchant) -> int:
    with acting_for(merchant, by=DEMO):
        return balance(Member.objects.get(identities__value="maya").pk).available


def fill(client: Client, *skus: str) -> None:
    for sku in skus:
        client.post(f"{SHOP}basket/change/", {"sku": sku})


def test_it_is_not_there_where_no_demo_runs(demo: Merchant, settings: Any, client: Client):
    assert client.get(SHOP).status_code == 200
    settings.DEMO = False
    assert {client.get(SHOP + page).status_code for page in ("", "basket/", "token/", "thanks/")} == {404}
    settings.ROOT_URLCONF = "loyalty.urls"
    assert client.get(SHOP).status_code == 404


def test_a_basket_becomes_an_order_and_points(demo: Merchant, client: Client):
    client.post(f"{SHOP}shopper/", {"who": "regular"})
    fill(client, "salmon", "coffee", "coffee", "apples")
    client.post(f"{SHOP}basket/change/", {"sku": "apples", "less": "1"})
    assert "$37.92" in client.get(f"{SHOP}basket/").content.decode().replace("US$", "$")
    done = client.post(f"{SHOP}pay/", follow=True).content.decode()
    assert "You have earned" in done
    with acting_for(demo, by=DEMO):
        order = Order.objects.get(source="demo-shop")
        assert (order.total_minor, order.channel) == (1499 + 2 * 899 + 495, "online")
        assert order.member_id is not None and verify() == []
    assert points(demo) == order.points_earned > 0
    client.post(f"{SHOP}pay/")
    assert points(demo) == order.points_earned, "the basket is empty: nothing is sold twice"


def test_a_code_is_used_with_the_order_or_not_at_all(demo: Merchant, client: Client):
    client.post(f"{SHOP}shopper/", {"who": "regular"})
    fill(client, "salmon")
    client.post(f"{SHOP}pay/")
    with acting_for(demo, by=DEMO):
        member, reward = Member.objects.get(identities__value="maya"), Reward.objects.get()
        taken = redeem_reward(member=member.pk, reward=reward.pk, key="k", at=clock.now())
        code = Voucher.objects.get(redemption=taken).code
    fill(client, "coffee")
    wrong = client.post(f"{SHOP}basket/code/", {"code": "NO-SUCH-CODE"}, follow=True).content.decode()
    assert "This code is not valid" in wrong
    shown = client.post(f"{SHOP}basket/code/", {"code": code.lower()}, follow=True).content.decode()
    assert "$2 off" in shown
    with acting_for(demo, by=DEMO):
        assert Voucher.objects.get().status == "active", "typed is not used"
    client.post(f"{SHOP}pay/")
    with acting_for(demo, by=DEMO):
        assert Voucher.objects.get().status == "used"
        order = Order.objects.order_by("-recorded_at").first()
        assert order is not None and (order.discount_minor, order.total_minor) == (200, 899 - 200 + 495)
        assert verify() == []
    fill(client, "coffee")
    again = client.post(f"{SHOP}basket/code/", {"code": code}, follow=True).content.decode()
    assert "This code is not valid" in again


def test_a_guest_buys_and_earns_nothing(demo: Merchant, client: Client):
    fill(client, "bread-rye")
    done = client.post(f"{SHOP}pay/", follow=True).content.decode()
    assert "Join with the button in the corner" in done
    with acting_for(demo, by=DEMO):
        assert Order.objects.get().member_id is None


def test_the_token_is_for_whoever_is_signed_in(demo: Merchant, client: Client):
    client.get(SHOP)
    assert client.get(f"{SHOP}token/").json() == {"token": ""}
    for who, subject in (("regular", "maya"), ("new", selling.NEW.number)):
        client.post(f"{SHOP}shopper/", {"who": who})
        token = client.get(f"{SHOP}token/").json()["token"]
        with acting_for(demo, by=DEMO):
            assert queries.shopper(token, at=clock.now()).subject == subject
    client.post(f"{SHOP}shopper/")
    assert client.get(f"{SHOP}token/").json() == {"token": ""}


def test_its_policy_lets_in_the_widget_and_nothing_else(demo: Merchant, client: Client, settings: Any):
    settings.SITE_URL = "http://127.0.0.1:8123"
    answer = client.get(SHOP)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-src"] == "http://127.0.0.1:8123"
    assert policy["script-src"] == "'self' http://127.0.0.1:8123"
    with acting_for(demo, by=DEMO):
        assert queries.origins() == ("http://localhost",), "the site has allowed itself, as its owner would"


@pytest.mark.parametrize(
    ("terms", "value", "goods_minor", "found"),
    [
        (MoneyOff(), 500, 2000, Deal(off_minor=500)),
        (MoneyOff(), 500, 300, Deal(off_minor=300)),
        (MoneyOff(at_least_minor=1000), 500, 999, Deal(too_small=True)),
        (PercentOff(), 1000, 1999, Deal(off_minor=199)),
        (PercentOff(most_minor=100), 1000, 1999, Deal(off_minor=100)),
        (FreeShipping(), 0, 100, Deal(free_delivery=True)),
        (FreeProduct(), 0, 100, Deal(gift="A loaf")),
    ],
)
def test_what_a_code_does_to_a_basket(terms: Any, value: int, goods_minor: int, found: Deal):
    assert deal(terms, value=value, name="A loaf", goods_minor=goods_minor) == found


def test_lines_of_an_order_add_up():
    basket = [Picked(BY_SKU["milk-half"], 3)]
    rows = list(goods.lines(basket, Deal(gift="A loaf", free_delivery=True)))
    assert [(row.sku, row.amount_minor) for row in rows] == [
        ("milk-half", 987),
        ("reward", 0),
        ("delivery", 0),
    ]
    assert goods.picked({"milk-half": 3, "gone": 2, "eggs-12": 0}) == basket
