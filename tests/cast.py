"""The cast everyone knows: Ana and Ben are members of Café Luna; Mara owns it, Tom is its cashier; Otto owns
the other shop. Fixtures build it through the operations; helpers say in one line what a test is about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyalty.core import ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import open_merchant
from loyalty.core.programme import operations as programmes
from loyalty.core.programme.models import Version
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import Member
from members.operations.membership import join
from members.operations.orders import Outcome, record_order
from members.rules.shopping import MemberRef, NewLine, NewOrder

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, nine in the morning in Stockholm
MARA = Actor("staff", "mara", "owner")
OTTO = Actor("staff", "otto", "owner")

ONE_POINT_PER_KRONA = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}
ENGRAVING = {
    "ladder": [
        {
            "id": "classic",
            "at_least": 0,
            "perks": [{"id": "engraving", "kind": "personalisation", "limit": {"times": 1, "per": "order"}}],
        }
    ]
}
"""Tiers of one step, which everybody has from the start, with a service that can be claimed once for each order."""


def days(count: float) -> timedelta:
    """A stretch of time in days."""
    return timedelta(days=count)


def shop(slug: str = "luna", *, name: str = "Café Luna", **settings: Any) -> Merchant:
    """A merchant (with its sandbox), opened through the operation; no programme yet."""
    fields = {
        "currency": "SEK",
        "timezone": "Europe/Stockholm",
        "country": "SE",
        "language": "sv",
        **settings,
    }
    return open_merchant(name=name, slug=slug, at=AT, by=MARA, **fields)


def publish(*rules: dict[str, Any], at: datetime = AT, **sections: Any) -> Version:
    """Publish a programme with these earning rules (one point per krona when none) and other sections by
    name."""
    earning = {"rules": list(rules) or [ONE_POINT_PER_KRONA], **sections.pop("earning", {})}
    programmes.save_draft(
        content={"identity": {"name": {"en": "Luna Club"}}, "earning": earning, **sections}, at=at
    )
    return programmes.publish(at=at)


def person(external_id: str, *, at: datetime = AT, **details: Any) -> Member:
    """A member known by the shop's own id."""
    return join(at=at, identities={"external": external_id}, details=details).member


_counter = iter(range(1, 10**9))


def order(
    member: Member | None, *kronor: float, at: datetime = AT, external_id: str = "", **fields: Any
) -> NewOrder:
    """An order of one line per amount in kronor."""
    lines = tuple(
        NewLine(sku=f"item-{number}", amount_minor=round(k * 100)) for number, k in enumerate(kronor, 1)
    )
    who = MemberRef(id=ids.encode("mbr", member.pk)) if member else None
    return NewOrder(
        external_id or f"order-{next(_counter)}", "SEK", at, fields.pop("lines", lines), who, **fields
    )


def buy(member: Member | None, *kronor: float, at: datetime = AT, **fields: Any) -> Outcome:
    """Record an order of one line per amount in kronor, through the operation."""
    return record_order(order=order(member, *kronor, at=at, **fields), at=at)


@pytest.fixture
def at() -> datetime:
    """The instant at which a test starts."""
    return AT


@pytest.fixture
def luna(db: None) -> Merchant:
    """Café Luna, open, with no programme; outside any scope."""
    return shop()


@pytest.fixture
def luna_open(transactional_db) -> Merchant:
    """Café Luna with a programme, committed, so that every connection sees it."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish()
    return merchant


@pytest.fixture
def cafe(luna: Merchant) -> Iterator[Merchant]:
    """Café Luna with one point per krona in force; the test acts as Mara, its owner."""
    with acting_for(luna, by=MARA):
        publish()
        yield luna


@pytest.fixture
def ana(cafe: Merchant) -> Member:
    """Ana, a member of Café Luna."""
    return person("ana", given_name="Ana", family_name="Alm")


@pytest.fixture
def ben(cafe: Merchant) -> Member:
    """Ben, another member of Café Luna."""
    return person("ben", given_name="Ben", family_name="Berg")


@pytest.fixture
def other_shop(db: None) -> Merchant:
    """Otto's shop: nothing of Café Luna's may ever show here."""
    return shop("ottos", name="Otto's Books")
