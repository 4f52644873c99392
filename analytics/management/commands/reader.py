"""`manage.py reader`: logins of tools that read a shop's figures by SQL (docs/bi.md)."""

import os
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from analytics.operations.reading import drop_reader, make_reader
from analytics.queries.described import chapter
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.tenancy import readers

ADMIN = "DATABASE_ADMIN_URL"


class Command(BaseCommand):
    help = (
        "Makes (`reader make <shop>`), lists (`reader list`) and takes away (`reader drop <name>`) logins that may "
        "read one shop's views in schema bi; `reader describe` prints what they read. All but the last need "
        f"{ADMIN}: the database server's administrator, for this command alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        does.add_parser("make", help="a new login").add_argument("shop", help="address (slug) of the shop")
        does.add_parser("list", help="every login")
        does.add_parser("drop", help="take one away").add_argument("role", help="name of the login")
        does.add_parser("describe", help="the views and their columns, as Markdown")

    def handle(self, *, does: str, **options: Any) -> None:
        try:
            getattr(self, f"_{does}")(**options)
        except psycopg.Error as error:
            raise CommandError(f"The database server refused: {error}") from None

    def _make(self, *, shop: str, **_options: Any) -> None:
        try:
            merchant = merchant_by_slug(shop)
        except NotFound:
            raise CommandError(f"There is no shop with the address {shop}.") from None
        role, password = make_reader(merchant=merchant, admin_dsn=_admin(), at=clock.now())
        where = connection.settings_dict
        for name, value in (
            ("Host", where["HOST"]), ("Port", where["PORT"]), ("Database", where["NAME"]), ("Schema", "bi"),
            ("User", role), ("Password", password),
        ):  # fmt: skip
            self.stdout.write(f"{name + ':':<10}{value}")
        self.stdout.write("The password is shown this once and kept nowhere.")

    def _list(self, **_options: Any) -> None:
        names = dict(Merchant.objects.values_list("pk", "slug"))
        for one in readers.readers(_admin(), database=connection.settings_dict["NAME"]):
            self.stdout.write(f"{one.role}  {one.made_at:%Y-%m-%d}  {names.get(one.merchant_id, '?')}")

    def _drop(self, *, role: str, **_options: Any) -> None:
        try:
            drop_reader(role=role, admin_dsn=_admin(), at=clock.now())
        except readers.NoSuchReader:
            raise CommandError(f"There is no reader called {role}.") from None
        self.stdout.write(f"{role} is gone.")

    def _describe(self, **_options: Any) -> None:
        self.stdout.write(chapter(), ending="")


def _admin() -> str:
    found = os.environ.get(ADMIN)
    if not found:
        raise CommandError(f"Set {ADMIN} to the address of the database server's administrator.")
    return found
