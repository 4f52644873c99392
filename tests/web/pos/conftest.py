"""Café Luna's counter: a paired till, Tom its cashier and Mia its manager, and members with cards. No scope is left
open: pages open their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.api import throttling
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.operations import add_staff
from loyalty.core.merchants.roles import Role
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.tills.models import Action, Till
from loyalty.core.tills.operations import add_till, set_pin
from members.models import Member, Order
from members.operations.membership import join
from members.operations.points import adjust_points
from rewards.models import Redemption, Reward
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, publish, shop

PINS = {"Tom": "2580", "Mia": "1379"}
COFFEE = {"kind": "free_product", "name": {"en": "Free coffee"}, "cost_points": 100, "unit_cost_minor": 700}
STAMPS = {"type": "fixed", "id": "stamp", "unit": "stamps", "amount": 1, "for_each": "item",
          "only": {"categories": ["coffee"]}}  # fmt: skip
SILVER = {"type": "multiplier", "id": "silver", "factor": "1.5", "name": "Silver",
          "when": [{"type": "tier", "any_of": ["silver"]}]}  # fmt: skip
SWISH = {
    "type": "fixed",
    "id": "swish",
    "amount": 10,
    "name": "Swish",
    "only": {"payment_methods": ["swish"]},
}
CARD = {"cards": [{"id": "coffee", "needed": 3, "reward": "tenth", "name": {"en": "Coffee card"}}]}
LADDER = {
    "by": "points",
    "ladder": [
        {"id": "classic", "at_least": 0, "name": {"en": "Classic"}},
        {"id": "silver", "at_least": 300, "name": {"en": "Silver"},
         "perks": [{"id": "stylist", "kind": "concierge", "name": {"en": "A stylist’s hour"}, "limit": {"times": 1, "per": "month"}},
                   {"id": "engraving", "kind": "personalisation", "limit": {"times": 1, "per": "order"}}]},
    ],
}  # fmt: skip
OFFERS = {"offers": [{"id": "happy-hour", "name": {"en": "Happy hour"}}]}


@dataclass
class Counter:
    """The shop with its counter. `code` pairs a device that has not been paired yet."""

    merchant: Merchant
    till: Till
    code: str
    staff: dict[str, Staff]
    coffee: Reward

    def member(self, card: str, *, points: int = 0, **details: Any) -> Member:
        """Somebody with a card, and with points from somewhere."""
        with acting_for(self.merchant, by=MARA):
            identities = {"card": card, **details.pop("identities", {})}
            made = join(at=AT, identities=identities, details=details).member
            if points:
                adjust_points(member=made.pk, amount=points, reason="start", at=AT, key=f"start-{card}")
        return made

    def holds_code(self, member: Member) -> tuple[Redemption, str]:
        """They have taken a coffee in the portal and show its code."""
        with acting_for(self.merchant, by=Actor("member", str(member.pk))):
            row = redeem_reward(member=member.pk, reward=self.coffee.pk, key=f"p-{member.pk}", at=clock.now())
            assert row.voucher
            return row, row.voucher.code

    def points(self, member: Member, unit: str = "points") -> int:
        with acting_for(self.merchant, by=MARA):
            return balance(member.pk, unit=unit).available

    def orders(self) -> list[Order]:
        with acting_for(self.merchant, by=MARA):
            return list(Order.objects.order_by("id"))

    def actions(self) -> list[Action]:
        """What was done at the till, in its order."""
        with acting_for(self.merchant, by=MARA):
            return list(Action.objects.order_by("id"))

    def agrees(self) -> None:
        """The books have no breach."""
        with acting_for(self.merchant, by=MARA):
            assert [str(found) for found in verify() if found.breaches] == []


def opened(merchant: Merchant, *, by: Actor = MARA) -> Counter:
    """A shop whose rules look at everything a till can tell, with a till that waits for its device."""
    with acting_for(merchant, by=by):
        coffee = create_reward(at=AT, details=COFFEE)
        gift = {**COFFEE, "gift_only": True, "name": {"en": "The next coffee"}}
        create_reward(at=AT, details=gift, handle="tenth")
        publish(
            ONE_POINT_PER_KRONA, SILVER, STAMPS, SWISH, side_units=CARD, tiers=LADDER, offers=OFFERS
        )  # fmt: skip
        till, code = add_till(name="Counter", location="main", at=clock.now())
        staff = {}
        for name, role in (("Tom", Role.CASHIER), ("Mia", Role.MANAGER)):
            email = f"{name.lower()}@{merchant.slug}.example"
            staff[name] = add_staff(email=email, role=role, name=name, at=AT)
            set_pin(staff=staff[name].pk, pin=PINS[name], at=AT)
    return Counter(merchant, till, code, staff, coffee)


@pytest.fixture(autouse=True)
def _ready(settings: Any) -> Iterator[None]:
    """Nobody has looked anybody up yet, and static files are served as they lie."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    throttling.forget_local()
    yield
    throttling.forget_local()


@pytest.fixture
def counter(db: None) -> Counter:
    """Café Luna's."""
    return opened(shop(language="en"))


def device(counter: Counter) -> Client:
    """A browser that has been made the till."""
    browser = Client()
    answer = browser.post("/pos/pair/", {"code": counter.code})
    assert answer.status_code == 303, answer.content.decode()[:400]
    return browser


def unlocks(browser: Client, counter: Counter, name: str = "Tom") -> HttpResponse:
    """Somebody chooses their name and types their PIN."""
    return browser.post("/pos/lock/", {"staff": str(counter.staff[name].pk), "pin": PINS[name]})


@pytest.fixture
def tablet(counter: Counter) -> Client:
    """The till, unlocked by Tom."""
    browser = device(counter)
    assert unlocks(browser, counter)["Location"] == "/pos/"
    return browser


def at(member: Member, path: str = "") -> str:
    """An address about a member at the till."""
    return f"/pos/members/{ids.encode('mbr', member.pk)}/{path}"


def key() -> str:
    """What a form carries, fresh for every time it is shown."""
    return ids.new().hex


def told(response: HttpResponse) -> str:
    """The page as text, with plain spaces and without the signed name of the shift, whose letters are random."""
    return re.sub(r'data-shift="[^"]*"', "", response.content.decode()).replace("\u00a0", " ")


def now() -> datetime:
    return clock.now()
