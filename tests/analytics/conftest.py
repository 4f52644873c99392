"""Two shops whose figures tools read by SQL, and logins of theirs."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from analytics.operations import filling
from analytics.operations.reading import drop_reader, make_reader
from analytics.queries.described import views
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import readers
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import join
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, OTTO, buy, days, publish, shop

NOW = AT + days(40)


@dataclass
class Two:
    """Two shops, each with members who bought and took rewards."""

    luna: Merchant
    otto: Merchant
    ana: Member
    olle: Member


def customer(name: str, **who: Any) -> Member:
    return join(at=AT, identities={"external": name, **who.pop("identities", {})}, details=who).member


@pytest.fixture
def two(transactional_db: None) -> Two:
    luna, otto = shop(), shop("ottos", name="Otto's Books", currency="SEK")
    with acting_for(luna, by=MARA):
        publish()
        ana = customer("kund-4711", given_name="Anneliese", family_name="Almqvist", birthday=date(1981, 5, 17), identities={
            "email": "anneliese@example.com", "phone": "+46701234567", "card": "CARD77001"})  # fmt: skip
        buy(ana, 200, external_id="luna-1", channel="web")
        buy(ana, 50, external_id="luna-2", channel="pos", at=AT + days(1))
        buy(None, 30, external_id="luna-3", at=AT + days(2))
        cup = create_reward(
            at=AT, details={"kind": "custom", "name": {"en": "Cup", "sv": "Kopp"}, "cost_points": 40}
        )
        redeem_reward(member=ana.pk, reward=cup.pk, key="cup", at=AT + days(3))
        late = AT + days(5)
        refund_order(
            source="api", order_external_id="luna-2", refund=NewRefund("back", late, (), 1000), at=late
        )
        fill()
    with acting_for(otto, by=OTTO):
        publish()
        olle = customer("olle", given_name="Olle")
        buy(olle, 70, external_id="ottos-1")
        buy(olle, 90, external_id="ottos-2")
        fill()
    return Two(luna, otto, ana, olle)


def fill() -> None:
    """What the task of the reports does."""
    filling.note_changes(at=NOW)
    while filling.sum_batch(at=NOW):
        pass


def admin_dsn() -> str:
    return os.environ["DATABASE_ADMIN_URL"]


def admin() -> psycopg.Connection[Any]:
    """A superuser in this test's database."""
    return psycopg.connect(os.environ["TEST_DATABASE_ADMIN"])


@dataclass
class Login:
    """A reader's name and password."""

    role: str
    password: str

    def connect(self) -> psycopg.Connection[Any]:
        dsn = make_conninfo(os.environ["TEST_DATABASE_ADMIN"], user=self.role, password=self.password)
        return psycopg.connect(dsn, autocommit=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as reading:
            return reading.execute(query).fetchall()


@pytest.fixture
def login(two: Two) -> Iterator[Callable[[Merchant], Login]]:
    """Makes readers, and takes away what a test leaves of them."""
    made: list[str] = []

    def make(merchant: Merchant) -> Login:
        role, password = make_reader(merchant=merchant, admin_dsn=admin_dsn(), at=NOW)
        made.append(role)
        return Login(role, password)

    yield make
    left = {one.role for one in readers.readers(admin_dsn(), database=connection.settings_dict["NAME"])}
    for role in left & set(made):
        drop_reader(role=role, admin_dsn=admin_dsn(), at=NOW)


@pytest.fixture
def luna_reads(two: Two, login: Callable[[Merchant], Login]) -> Login:
    """The reader of Café Luna."""
    return login(two.luna)


def everything(login: Login) -> str:
    """All that a reader can get out of the views, as text."""
    return "\n".join(
        str(row) for view in views() for row in login.rows(f"SELECT v::text FROM bi.{view.name} v")
    )
