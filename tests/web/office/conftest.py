"""Café Luna open for business, and a browser for each of its people. No scope is left open: pages open their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client

from loyalty.core import ids
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.rules.facts import LineKind
from members.rules.shopping import NewLine
from rewards.models import Reward
from rewards.operations.catalogue import create_reward
from tests.cast import AT, MARA, OTTO, buy, days, person, publish, shop

REWARD = {"kind": "free_product", "name": {"en": "Free coffee", "sv": "En kaffe"}, "cost_points": 100,
          "unit_cost_minor": 700}  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_static_files(settings) -> None:
    """Nothing has been collected and hashed when tests run."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@dataclass
class Luna:
    """The shop and what is in it. `ana` bought coffee and a gift card and has 150 points; `ben` bought nothing."""

    merchant: Merchant
    ana: Member
    ben: Member
    order: Any
    reward: Reward
    staff: dict[str, Staff] = field(default_factory=dict)

    def url(self, path: str = "") -> str:
        """An address of this shop's dashboard."""
        return f"/m/{self.merchant.slug}/{path}"

    def member(self, who: Member, path: str = "") -> str:
        """An address about a member."""
        return self.url(f"members/{ids.encode('mbr', who.pk)}/{path}")

    @property
    def order_url(self) -> str:
        return self.url(f"orders/{ids.encode('ord', self.order)}/")

    @property
    def reward_url(self) -> str:
        return self.url(f"rewards/{ids.encode('rwd', self.reward.pk)}/")

    def points(self, who: Member) -> int:
        """Spendable points now."""
        with acting_for(self.merchant, by=MARA):
            return balance(who.pk).available


def built(merchant: Merchant, by: Any, prefix: str) -> Luna:
    """A shop with two members, an order, a reward and one person in each role."""
    with acting_for(merchant, by=by):
        publish()
        ana = person(f"{prefix}ana", given_name="Ana", family_name="Alm")
        ben = person(f"{prefix}ben", given_name="Ben", family_name="Berg")
        lines = (
            NewLine(sku="coffee", name="Filter coffee", amount_minor=15_000),
            NewLine(sku="card", name="Gift card", kind=LineKind.GIFT_CARD, amount_minor=20_000),
        )
        order = buy(ana, lines=lines, at=AT + days(1), external_id=f"{prefix}first", source="pos").order
        reward = create_reward(at=AT, details=REWARD)
        found = Luna(merchant, ana, ben, order, reward)
        for role in Role:
            found.staff[role] = add_staff(
                email=f"{role}@{merchant.slug}.example",
                role=role,
                name=f"{role.title()} of {merchant.name}",
                at=AT,
            )
    return found


@pytest.fixture
def lunas(db: None) -> Luna:
    """Café Luna."""
    return built(shop(), MARA, "")


@pytest.fixture
def ottos(db: None) -> Luna:
    """Otto's shop: none of it may ever show at Café Luna."""
    return built(shop("ottos", name="Otto's Books"), OTTO, "o-")


def browser_of(where: Luna, role: str) -> Client:
    """A browser in which the shop's owner, manager, cashier or analyst is signed in."""
    client = Client()
    client.force_login(get_user_model().objects.get(email=f"{role}@{where.merchant.slug}.example"))
    return client


@pytest.fixture
def owner(lunas: Luna) -> Client:
    return browser_of(lunas, "owner")


@pytest.fixture
def form_key() -> Callable[[HttpResponse], str]:
    """The one-time key of the first form on a page that changes something."""

    def found(response: HttpResponse) -> str:
        return str(response.context["form_key"])

    return found
