"""Seals: once a night all transfers written since the last seal are put under a digest, chained to the one before.

Hash chains find a changed line; a seal also finds a changed transfer, a line on the merchant's side, and anything
added or removed later. Kept outside (mailed, printed), the last digest proves the whole book unedited, even by someone
who can switch the guards off. Nothing personal is digested: no key, reason or data.

A slice of the book is cut by identifier, which is made when a transfer is written and sorts by that instant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from loyalty.core.ledger.carried import first_id, forward
from loyalty.core.ledger.checks import Breach
from loyalty.core.ledger.models import Seal
from loyalty.core.tenancy import scope

_BEGINNING = datetime.fromtimestamp(0, UTC)
_SLICE = """
SELECT coalesce(sum(lines), 0)::bigint, sha256(coalesce(string_agg(print, ''::bytea ORDER BY id), ''::bytea))
  FROM (SELECT t.id, count(e.line) AS lines,
               sha256(convert_to(concat_ws('|', t.merchant_id, t.id, t.fingerprint, t.kind, t.move, t.unit, t.owner,
                   t.amount, t.shortfall, coalesce(t.settles::text, ''), coalesce(t.source::text, ''),
                   coalesce(t.programme_version::text, ''), (extract(epoch FROM t.happened_at) * 1000000)::bigint,
                   (extract(epoch FROM t.recorded_at) * 1000000)::bigint,
                   string_agg(concat_ws(',', e.line, e.account_id, e.unit, coalesce(e.lot_id::text, ''), e.amount,
                                        coalesce(e.version::text, ''), coalesce(e.balance_after::text, ''),
                                        coalesce(encode(e.hash, 'hex'), '')), ';' ORDER BY e.line)),
                   'UTF8')) AS print
          FROM ledger_transfer t
          LEFT JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
         WHERE t.merchant_id = %(merchant)s AND t.id >= %(first)s AND t.id < %(end)s
         GROUP BY t.merchant_id, t.id) AS slice
"""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a seal says of its slice: how many lines, and the chained digest."""

    entries: int
    digest: bytes


def digest(*, since: datetime | None, until: datetime, previous: bytes | None) -> Digest:
    """The digest of everything written from `since` (None: from the beginning) until just before `until`."""
    with connection.cursor() as cursor:
        return digest_with(cursor, merchant=scope.merchant_id(), since=since, until=until, previous=previous)


def digest_with(
    cursor: Any, *, merchant: int, since: datetime | None, until: datetime, previous: bytes | None
) -> Digest:
    """The same over any database cursor: for a restored copy of the books."""
    first = first_id(since or _BEGINNING)
    cursor.execute(_SLICE, {"merchant": merchant, "first": first, "end": first_id(until)})
    entries, content = cursor.fetchone()
    said = f"{merchant}|{until.astimezone(UTC).isoformat()}|{entries}|".encode()
    return Digest(entries, sha256((previous or b"") + said + bytes(content)).digest())


def verify_seals(*, since: datetime | None = None) -> list[Breach]:
    """Every seal of the merchant in scope whose slice or chain is no longer what was sealed.

    With `since` only seals whose slice ends after it are worked out again; the chain between them is checked always.
    """
    breaches: list[Breach] = []
    before: Seal | None = None
    for seal in Seal.objects.order_by("day"):
        previous = bytes(before.digest) if before else None
        if (bytes(seal.previous) if seal.previous else None) != previous:
            breaches.append(_breach(seal, "does not follow the seal before it"))
        if since is None or seal.until > since:
            now = digest(since=before.until if before else None, until=seal.until, previous=previous)
            if now.entries != seal.entries:
                breaches.append(_breach(seal, f"{seal.entries} lines were sealed, {now.entries} are there"))
            elif now.digest != bytes(seal.digest):
                breaches.append(_breach(seal, "the book before it has been changed"))
            if seal.sums and forward(before, until=seal.until) != seal.sums:
                breaches.append(_breach(seal, "the sums it carries forward are not those of the lines"))
        before = seal
    return breaches


def _breach(seal: Seal, detail: str) -> Breach:
    return Breach("seals_hold", scope.merchant_id(), f"seal of {seal.day}", detail)
