"""`manage.py create_roles`: the database and its roles, before there is anything to migrate (docs/hosting.md)."""

import os
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError

from loyalty.core.tenancy.roles import APP, OWNER, create_roles

ADMIN, MIGRATING, SERVING = "DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_URL"


class Command(BaseCommand):
    help = (
        f"Makes the database and its roles with the names and passwords of {MIGRATING} and {SERVING}, as the "
        f"administrator whom {ADMIN} names, or brings them back to what they must be. Safe to repeat."
    )
    requires_system_checks = []  # they ask a database that may not be there yet

    def handle(self, **_options: Any) -> None:
        migrating, serving = _address(MIGRATING, OWNER), _address(SERVING, APP)
        database = serving.path.lstrip("/")
        if not database or migrating.path != serving.path:
            raise CommandError(f"{MIGRATING} and {SERVING} have to name the same database.")
        try:
            create_roles(
                _of(ADMIN), database=database, owner_password=_password(migrating),
                app_password=_password(serving), system_password=None,
            )  # fmt: skip
        except psycopg.Error as error:
            raise CommandError(f"The database server refused: {error}") from None
        self.stdout.write(f"{database} and its roles are as they must be. Next: migrate --database owner")


def _of(variable: str) -> str:
    found = os.environ.get(variable, "")
    if not found:
        raise CommandError(f"Set {variable}; docs/hosting.md says to what.")
    return found


def _address(variable: str, role: str) -> SplitResult:
    found = urlsplit(_of(variable))
    if found.username != role:
        raise CommandError(f"{variable} has to sign in as {role}.")
    return found


def _password(address: SplitResult) -> str | None:
    return unquote(address.password) if address.password else None
