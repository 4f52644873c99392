"""Copies of a crowded shop's database, and rows that tests add to it as PostgreSQL would know them: committed, and with
statistics."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA


@contextmanager
def copied(database: str, name: str) -> Iterator[str]:
    """A copy of a database, with its statistics, while the block runs. Nobody may be connected to the original."""
    server = urlsplit(os.environ["TEST_DATABASE_ADMIN"])._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{database}" OWNER loyalty_owner')
        try:
            yield name
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """Every connection that is opened in the block leads to another database of the server."""
    serving, names = connection.settings_dict, ("TEST_DATABASE_ADMIN", "TEST_DATABASE_URL")
    usual, urls = serving["NAME"], {name: os.environ[name] for name in names}
    connection.close()
    serving["NAME"] = database
    os.environ.update(
        {name: urlsplit(url)._replace(path=f"/{database}").geturl() for name, url in urls.items()}
    )
    try:
        yield
    finally:
        connection.close()
        serving["NAME"] = usual
        os.environ.update(urls)


def committed[T](fill: Callable[[], T]) -> T:
    """What `fill` makes in the shop that is acted for, made by a connection of its own and then analysed: what is not
    committed has no statistics, and without them every index looks alike to the planner."""
    shop = Merchant.objects.get(pk=scope.merchant_id())

    def elsewhere() -> T:
        try:
            with acting_for(shop, by=MARA):
                return fill()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(elsewhere).result()
    analyse()
    return made


def analyse(*statements: str) -> None:
    """Run statements as the administrator, and have all tables looked at."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)
        admin.execute("ANALYZE")
