"""Logins of tools that read a shop's figures by SQL. The operator makes them, with an administrator's connection."""

from datetime import datetime

from django.db import connection

from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import readers
from loyalty.core.tenancy.scope import Actor, acting_for

OPERATOR = Actor("operator")


def make_reader(*, merchant: Merchant, admin_dsn: str, at: datetime) -> tuple[str, str]:
    """Make a login that reads one shop, and note it in the shop's audit log; its name and its password, which is kept
    nowhere. Raises `psycopg.Error` where the server refuses."""
    role, password = readers.make_reader(admin_dsn, database=_database(), merchant_id=merchant.pk, at=at)
    with acting_for(merchant, by=OPERATOR):
        record("reader.made", subject=None, at=at, data={"role": role})
    return role, password


def drop_reader(*, role: str, admin_dsn: str, at: datetime) -> None:
    """Take a login away, end its sessions, and note it once it reads nothing any more. Where the server then refuses to
    drop the role, the same can be asked again. Raises `readers.NoSuchReader`, `psycopg.Error`."""
    merchant = readers.shut_out(admin_dsn, database=_database(), role=role)
    if merchant is not None:
        with acting_for(merchant, by=OPERATOR):
            record("reader.dropped", subject=None, at=at, data={"role": role})
    readers.drop_role(admin_dsn, database=_database(), role=role)


def _database() -> str:
    return str(connection.settings_dict["NAME"])
