"""Who is acting, and for which merchant.

`with acting_for(merchant, by=actor):` is the only door to a merchant's data. The scope *is* the transaction:
it opens one, tells PostgreSQL the merchant with `SET LOCAL` (row-level security reads it) and tells the
managers, which add the merchant to every query and raise `NoMerchant` where no scope is open.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connection, transaction


class NoMerchant(RuntimeError):
    """A tenant's table was touched outside `acting_for(...)`: a bug, never an answer to a person."""


class NoCrossing(RuntimeError):
    """Two merchants without an agreement that says so in both of their books, or a way there that goes on to a third:
    a bug unless the agreement ended at this very moment, which the caller then answers for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: `kind` is staff, member, api_key, system, operator or partner; `id` names the row, of a partner its
    address. No personal data."""

    kind: str
    id: str = ""
    role: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM: Final = Actor("system")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is open: one merchant, or with None every merchant (system work), and who acts. `home` is the merchant
    whose work goes on here, where one crossed over from a partner."""

    merchant_id: int | None
    actor: Actor
    home: int | None = None


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


type Agreed = Callable[[UUID, int, Collection[str]], str | None]
_agreed: Agreed | None = None


def register_agreements(agreed: Agreed) -> None:
    """Say how two merchants agree that one may act at the other: `agreed(agreement, partner, standing)` is asked in
    the scope of each side and answers that side's own address, or None where its row of the agreement does not name
    the partner or does not stand as one of `standing`. Called once, when the app that keeps agreements starts."""
    global _agreed
    _agreed = agreed


@contextmanager
def crossing(agreement: UUID, *, to: int, standing: Collection[str] = ("active",)) -> Iterator[Scope]:
    """Act at a partner (a merchant's id) inside the open scope and its transaction, as `partner:<address>`.

    Only from one merchant's scope, never further on from there, and only where both have a row of the `agreement` that
    names the other and stands as one of `standing`: each is looked up in its own merchant's scope, so that row-level
    security and not the caller says whose it is. Inside, row-level security holds everything to the partner. The home
    scope is open again afterwards, after an error too. Raises `NoCrossing`.
    """
    outer = current()
    if outer.merchant_id is None or outer.home is not None or outer.merchant_id == to:
        raise NoCrossing("One crosses from one merchant's own scope to a partner's, and no further.")
    address = _agreed(agreement, to, standing) if _agreed is not None else None
    if address is None:
        raise NoCrossing(f"No agreement {agreement} with merchant {to} stands here.")
    with _entered(Scope(merchant_id=to, actor=Actor("partner", address), home=outer.merchant_id)) as scope:
        if _agreed is None or _agreed(agreement, outer.merchant_id, standing) is None:
            raise NoCrossing(
                f"No agreement {agreement} with merchant {outer.merchant_id} stands at the partner."
            )
        yield scope
