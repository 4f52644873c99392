"""The shop that is measured: a database of its own, one merchant, one programme, members, a reward, an API key."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from loyalty.core.tenancy.roles import create_roles

NAME = "loyalty_bench"
SLUG = "bench"


def _at(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", ""))


@dataclass
class World:
    """Where everything is. `environment` makes a process serve this database."""

    environment: dict[str, str]
    admin: str
    merchant: int = 0
    members: list[str] = field(default_factory=list)  # public ids
    owners: list[str] = field(default_factory=list)  # the same as UUIDs
    key: str = ""
    reward: str = ""

    @property
    def serving(self) -> str:
        """The serving role's address."""
        return self.environment["DATABASE_URL"]


def build(members: int) -> World:
    """Make the database anew and open the shop through the operations."""
    admin = os.environ["DATABASE_ADMIN_URL"]
    with psycopg.connect(_at(admin, "postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
    passwords = {
        f"{role}_password": urlsplit(os.environ[variable]).password
        for role, variable in (("owner", "DATABASE_OWNER_URL"), ("app", "DATABASE_URL"))
    }
    create_roles(_at(admin, "postgres"), database=NAME, system_password=None, **passwords)
    world = _served(admin)
    _open(world, members)
    for script in ("ceiling.sql", "yardsticks.sql"):
        with psycopg.connect(world.admin, autocommit=True) as connection:
            connection.execute((Path(__file__).parent / script).read_text())
            connection.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO loyalty_app")
    _trade(world)
    with psycopg.connect(world.admin, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return world


def _served(admin: str) -> World:
    """The database brought up to date, and this process made to serve it."""
    environment = {
        **os.environ,
        "DATABASE_URL": _at(os.environ["DATABASE_URL"], NAME),
        "DATABASE_OWNER_URL": _at(os.environ["DATABASE_OWNER_URL"], NAME),
        "API_RATE_PER_KEY": "1000000",
        "API_RATE_PER_MERCHANT": "1000000",
        "DJANGO_SETTINGS_MODULE": "loyalty.settings",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--database", "owner", "-v0"], env=environment, check=True)
    os.environ.update(environment)
    return World(environment, _at(admin, NAME))


def standing() -> World:
    """The world that an earlier run left behind, with the large shop in it: building that takes half an hour."""
    import django

    world = _served(os.environ["DATABASE_ADMIN_URL"])
    django.setup()
    return world


def _trade(world: World) -> None:
    """A little history: what PostgreSQL learns from empty tables makes it read whole ones."""
    from tests.bench import inprocess

    buy = inprocess.make_orders(99, world.environment, world.merchant, world.members, 100)
    for _batch in range(20):
        buy()
    redeem = inprocess.make_redemptions(98, world.environment, world.merchant, world.owners, world.reward)
    for _one in range(200):
        redeem()


def _open(world: World, count: int) -> None:
    import django

    django.setup()
    from loyalty.core import clock, ids
    from loyalty.core.merchants.operations import create_api_key, open_merchant
    from loyalty.core.merchants.roles import SCOPES
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import Actor, acting_for
    from members.operations.membership import join
    from members.operations.points import adjust_points
    from rewards.operations.catalogue import create_reward

    at, by = clock.now(), Actor("operator", "bench")
    shop = open_merchant(
        name="Bench", slug=SLUG, currency="SEK", timezone="Europe/Stockholm", at=at, by=by, country="SE"
    )
    world.merchant = shop.pk
    rules = [{"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}]
    with acting_for(shop, by=by):
        programmes.save_draft(
            content={"earning": {"rules": rules}, "points_life": {"expiry": "month_end", "months": 12}}, at=at
        )
        programmes.publish(at=at)
        reward = create_reward(
            at=at,
            details={
                "kind": "free_product",
                "name": {"en": "Coffee"},
                "cost_points": 10,
                "unit_cost_minor": 900,
            },
        )
        world.reward = ids.encode("rwd", reward.pk)
        world.key = create_api_key(name="bench", scopes=list(SCOPES), at=at)[1]
    for start in range(0, count, 200):
        with acting_for(shop, by=by):
            for number in range(start, min(start + 200, count)):
                member = join(at=at, identities={"external": f"m{number}"}).member
                adjust_points(member=member.pk, amount=100_000, reason="to start with", at=at)
                world.members.append(ids.encode("mbr", member.pk))
                world.owners.append(str(member.pk))
