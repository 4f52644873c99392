"""The only door into the books: `post()` one movement of value, or `post_many()` of them.

Everything is decided inside `functions.sql` under the member's lock; this module states the posting, calls
it, and turns a refusal into an error that people understand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, KeyReused
from loyalty.core.ledger.chart import POINTS, Do, MerchantAccount, Shortfall


class NotEnoughPoints(DomainError):
    code = "not_enough_points"
    message = _("{available} of the {needed} needed are available.")


class NothingLeft(DomainError):
    code = "nothing_left"
    message = _("This was already settled; {available} is left of it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One movement of value, stated. Amounts are positive whole units; `None` means all there is.

    `key` names the movement for good: the same key with the same content answers again, with other content is
    refused. `owner` is the member. `at` is when it happened, `now` when it is written. `event` names what is
    announced.
    """

    do: Do
    key: str
    kind: str
    event: str
    owner: UUID
    actor: str
    at: datetime
    now: datetime
    amount: int | None = None
    unit: str = POINTS
    counter: MerchantAccount | str = MerchantAccount.ISSUED
    lot: UUID | None = None
    of: UUID | None = None
    pending: bool = False
    available_from: datetime | None = None
    expires_at: datetime | None = None
    slides_days: int | None = None
    slide_to: datetime | None = None
    grace_until: datetime | None = None
    shortfall: Shortfall = Shortfall.TO_ZERO
    source_kind: str = ""
    source: UUID | None = None
    version: UUID | None = None
    rule: str = ""
    reason: str = ""
    data: Any = None

    def wire(self) -> dict[str, Any]:
        """The JSON object that the SQL function reads; ids of the new rows are made here."""
        row = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        row["id"] = ids.new()
        if self.do is Do.GRANT:
            row["lot_id"] = ids.new()
        return row


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting did: `amount` moved, `shortfall` that could not be taken back, `balance` spendable after
    it."""

    transfer: UUID
    replayed: bool
    amount: int
    shortfall: int
    balance: int


_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode  # a raw cursor gives jsonb as text


def posted_as(answer: dict[str, Any]) -> Posted:
    """What the SQL functions answered to a posting; raises what `post` raises."""
    if answer["status"] == "refused":
        params = {name: answer[name] for name in ("needed", "available", "shortfall") if name in answer}
        raise {
            "not_enough_points": NotEnoughPoints,
            "nothing_left": NothingLeft,
            "key_reused": KeyReused,
        }[answer["code"]](**params)
    return Posted(
        transfer=UUID(answer["id"]),
        replayed=answer["status"] == "replayed",
        amount=answer["amount"],
        shortfall=answer["shortfall"],
        balance=answer["balance"],
    )


def post(posting: Posting) -> Posted:
    """Move value once. Raises `NotEnoughPoints`, `NothingLeft` or `KeyReused`; a refusal has written
    nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_post(%s::jsonb)", [_to_json(posting.wire()).decode()])
        return posted_as(_from_json(cursor.fetchone()[0]))


def post_many(postings: Sequence[Posting]) -> list[Posted | DomainError]:
    """Move value many times in one round trip; the answers in the same order. A refused one does not stop the
    rest."""
    if not postings:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_post_many(%s::jsonb)",
            [_to_json([posting.wire() for posting in postings]).decode()],
        )
        answers = [_from_json(row[0]) for row in cursor.fetchall()]
    results: list[Posted | DomainError] = []
    for answer in answers:
        try:
            results.append(posted_as(answer))
        except DomainError as refusal:
            results.append(refusal)
    return results


def open_books(*, unit: str = POINTS) -> None:
    """Make the shop's own accounts of a unit, where they are missing.

    A posting would make them, too; but then all first customers of a shop wait for the one who makes them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open(%s, %s::text[])", [unit, [kind.value for kind in MerchantAccount]])


def open_accounts(owners: Sequence[UUID], *, unit: str = POINTS) -> None:
    """Open the accounts of members who have just joined; who has one keeps it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open_for(%s::uuid[], %s)", [list(owners), unit])


def hold(owners: Sequence[UUID]) -> None:
    """Lock the accounts of several members before posting to them one by one, in the order every batch locks.

    What is read of their lots and balances afterwards stays true until the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_hold(%s::uuid[])", [list(owners)])
