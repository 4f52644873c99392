"""Who is acting, and for which merchant.

`with acting_for(merchant, by=actor):` is the only door to a merchant's data. The scope *is* the transaction:
it opens one, tells PostgreSQL the merchant with `SET LOCAL` (row-level security reads it) and tells the
managers, which add the merchant to every query and raise `NoMerchant` where no scope is open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import connection, transaction


class NoMerchant(RuntimeError):
    """A tenant's table was touched outside `acting_for(...)`: a bug, never an answer to a person."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: `kind` is staff, member, api_key, system or operator; `id` names the row. No personal
    data."""

    kind: str
    id: str = ""
    role: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM: Final = Actor("system")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is open: one merchant, or with None every merchant (system work), and who acts."""

    merchant_id: int | None
    actor: Actor


_current: ContextVar[Scope | None] = ContextVar("loyalty_scope", default=None)


def current() -> Scope:
    """The open scope; raises `NoMerchant` when there is none."""
    scope = _current.get()
    if scope is None:
        raise NoMerchant("No merchant scope is open. Use `with acting_for(merchant, by=actor):`.")
    return scope


def merchant_id() -> int:
    """The merchant acted for. Also the default of every tenant table's `merchant_id`, so none can be
    forgotten."""
    found = current().merchant_id
    if found is None:
        raise NoMerchant("This scope spans all merchants; a row needs exactly one.")
    return found


def actor() -> Actor:
    """Who acts in the open scope."""
    return current().actor


def _tell_database(scope: Scope | None) -> None:
    """Set role and merchant for the rest of this transaction. `RESET ROLE` would return to the login role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('app.merchant_id', %s, true)",
            [
                "loyalty_system" if scope and scope.merchant_id is None else "loyalty_app",
                str(scope.merchant_id) if scope and scope.merchant_id is not None else "",
            ],
        )


def _begin(merchant_id: int) -> None:
    """The common case: a fresh transaction, and the login role already is the serving role. Beginning it and naming
    the merchant are one round trip, which every request makes; psycopg alone would make two."""
    with connection.wrap_database_errors:
        pgconn = connection.connection.pgconn
        told = pgconn.exec_(b"BEGIN; SELECT set_config('app.merchant_id', '%d', true)" % merchant_id)
        if told.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(told.get_error_message() or pgconn.get_error_message())


@contextmanager
def _entered(scope: Scope) -> Iterator[Scope]:
    outer = _current.get()
    nested = connection.in_atomic_block
    with transaction.atomic():
        if outer is None and scope.merchant_id is not None and not nested:
            _begin(scope.merchant_id)
        else:
            _tell_database(scope)
        token = _current.set(scope)
        try:
            yield scope
        finally:
            _current.reset(token)
        # Reached only without an error: a rolled back savepoint restores the settings by itself, and sending
        # a
        # statement in a failed transaction would hide the first error.
        if nested:
            _tell_database(outer)


@contextmanager
def acting_for(merchant: Any, *, by: Actor) -> Iterator[Scope]:
    """Act for one merchant (a `Merchant` or its id) in one transaction.

    Raises `NoMerchant` for None and for a merchant that is not stored: a missing merchant must never come to
    mean every merchant, which only `across_merchants` may say.
    """
    merchant_id = getattr(merchant, "pk", merchant)
    if not isinstance(merchant_id, int) or isinstance(merchant_id, bool):
        raise NoMerchant(f"Act for a stored merchant or its id, not for {merchant!r}.")
    with _entered(Scope(merchant_id=merchant_id, actor=by)) as scope:
        yield scope


@contextmanager
def across_merchants(why: str, *, by: Actor = SYSTEM) -> Iterator[Scope]:
    """System work that must see every merchant: signing in, fanning out jobs. `why` is for the reader."""
    if not why.strip():
        raise ValueError("Say why this has to see every merchant.")
    with _entered(Scope(merchant_id=None, actor=by)) as scope:
        yield scope
