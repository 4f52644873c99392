"""Rows that a crowded shop's tests add, as PostgreSQL would know them: committed, and with statistics."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import connection

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA


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
