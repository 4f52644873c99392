"""Reading the books: balances now and at any instant, lots, statements."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, Min, Q, QuerySet, Sum

from loyalty.core import ids
from loyalty.core.ledger import carried
from loyalty.core.ledger.chart import POINTS, Do, MemberAccount, MerchantAccount
from loyalty.core.ledger.models import BESIDE, Account, Entry, Lot, Transfer
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed, planned_for_its_values


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's points of one unit. `available` already has what is owed taken off and may be negative."""

    available: int = 0
    pending: int = 0
    reserved: int = 0
    debt: int = 0
    version: int = 0


def balances(owners: Iterable[UUID], *, unit: str = POINTS) -> dict[UUID, Balance]:
    """Balance of each of `owners`; those without an account are missing from the answer."""
    found: dict[UUID, dict[str, int]] = {}
    rows: Iterable[tuple[Any, str, int, int]] = Account.objects.filter(
        owner__in=list(owners), unit=unit
    ).values_list("owner", "kind", "balance", "version")
    for owner, kind, amount, version in rows:
        kinds = found.setdefault(owner, {})
        kinds[kind] = amount
        if kind == MemberAccount.AVAILABLE:
            kinds["version"] = version
    return {
        owner: Balance(
            available=kinds.get("available", 0) + kinds.get("debt", 0),
            pending=kinds.get("pending", 0),
            reserved=kinds.get("reserved", 0),
            debt=-kinds.get("debt", 0),
            version=kinds.get("version", 0),
        )
        for owner, kinds in found.items()
    }


def balance(owner: UUID, *, unit: str = POINTS) -> Balance:
    """What one member has now."""
    return balances([owner], unit=unit).get(owner, Balance())


def balance_as_of(owner: UUID, *, at: datetime, unit: str = POINTS, recorded: bool = False) -> Balance:
    """What the member had at `at`: by when things happened, or with `recorded` by when the books knew."""
    column = "transfer__recorded_at__lte" if recorded else "transfer__happened_at__lte"
    sums = dict(
        Entry.objects.filter(account__owner=owner, unit=unit, **{column: at})
        .values_list("account__kind")
        .annotate(total=Sum("amount"))
    )
    debt = sums.get("debt", 0)
    return Balance(
        available=sums.get("available", 0) + debt,
        pending=sums.get("pending", 0),
        reserved=sums.get("reserved", 0),
        debt=-debt,
    )


def lots(owner: UUID, *, unit: str = POINTS, open_only: bool = True) -> QuerySet[Lot]:
    """A member's lots, soonest expiry first."""
    found = Lot.objects.filter(account__owner=owner, account__unit=unit).order_by("expires_at", "id")
    return found.filter(remaining__gt=Fixed(0)) if open_only else found


def open_lots(owner: UUID) -> list[Lot]:
    """Everything unused of a member's, in every unit, soonest expiry first; read to be moved."""
    rows = Lot.objects.filter(account__owner=owner, remaining__gt=Fixed(0)).select_related(
        "account", "transfer"
    )
    return list(rows.order_by("expires_at", "id"))


def expiring(owner: UUID, *, until: datetime, unit: str = POINTS) -> list[tuple[datetime, int]]:
    """`(instant, points)` for everything of the member's that expires until `until`, soonest first."""
    rows = (
        lots(owner, unit=unit)
        .filter(pending=False, expires_at__lte=until)
        .order_by("expires_at")
        .values_list("expires_at")
        .annotate(points=Sum("remaining"))
    )
    return [(instant, points) for instant, points in rows if instant is not None]


def transfers(owner: UUID, *, unit: str | None = None) -> QuerySet[Transfer]:
    """A member's movements, newest first."""
    # By way of the member's accounts and their entries, which have indexes; transfers need none of their own.
    moved = Entry.objects.filter(account__owner=owner).values("transfer")
    found = Transfer.objects.filter(pk__in=moved)
    if unit:
        found = found.filter(unit=unit)
    return found.order_by("-happened_at", "-id")


def ending(owner: UUID, *, unit: str = POINTS) -> list[dict[str, Any]]:
    """Everything unused of a member's by when it ends, in the order it is used: rows of `expires_at` (None: never),
    `pending`, `points` and `counts_from`, when the first of what waits can be used (None: no day is known)."""
    rows = lots(owner, unit=unit).order_by("expires_at", "pending").values("expires_at", "pending")
    found: Iterable[Any] = rows.annotate(points=Sum("remaining"), counts_from=Min("available_from"))
    return list(found)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One movement as its owner sees it: what changed in each account, and what could be spent after it.

    `balance_after` is less what is owed and may be negative; it and `version` are those of `Balance` at that time,
    whether the movement changed them or not.
    """

    transfer: UUID
    kind: str
    move: str
    unit: str
    available: int
    pending: int
    reserved: int
    debt: int
    balance_after: int
    version: int
    happened_at: datetime
    recorded_at: datetime
    source_kind: str
    source: UUID | None
    rule: str
    reason: str
    actor: str
    data: Any
    programme_version: UUID | None
    shortfall: int
    settles: UUID | None


# Lines are summed and cut to the page before anything else of a transfer is read. A row that left an account alone
# has the balance the account had by then: that of its latest version so far.
_STATEMENT = """
WITH account AS (
    SELECT a.merchant_id, a.id, a.kind FROM ledger_account a
     WHERE a.merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint
       AND a.owner = %(owner)s AND a.unit = %(unit)s),
moved AS (
    SELECT e.transfer_id AS id,
           sum(e.amount) FILTER (WHERE a.kind = 'available') AS available,
           sum(e.amount) FILTER (WHERE a.kind = 'pending') AS pending,
           sum(e.amount) FILTER (WHERE a.kind = 'reserved') AS reserved,
           sum(e.amount) FILTER (WHERE a.kind = 'debt') AS debt,
           max(e.version) FILTER (WHERE a.kind = 'available') AS version,
           max(e.version) FILTER (WHERE a.kind = 'debt') AS debt_version
      FROM account a JOIN ledger_entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id
     WHERE %(before)s::uuid IS NULL OR e.transfer_id < %(before)s
     GROUP BY e.transfer_id),
page AS (
    SELECT id, available, pending, reserved, debt,
           coalesce(version, max(version) OVER so_far) AS version,
           coalesce(debt_version, max(debt_version) OVER so_far) AS debt_version
      FROM moved WINDOW so_far AS (ORDER BY id)
     ORDER BY id DESC LIMIT %(limit)s)
SELECT t.id, t.kind, t.move, t.unit, p.available, p.pending, p.reserved, p.debt,
       (SELECT sum(e.balance_after) FROM account a JOIN ledger_entry e
            ON e.merchant_id = a.merchant_id AND e.account_id = a.id
           AND e.version = CASE a.kind WHEN 'available' THEN p.version WHEN 'debt' THEN p.debt_version END),
       p.version,
       t.happened_at, t.recorded_at, t.source_kind, t.source, t.rule, t.reason, t.actor, t.data,
       t.programme_version, t.shortfall, t.settles
  FROM page p
  JOIN ledger_transfer t
    ON t.merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint AND t.id = p.id
 ORDER BY t.id DESC
"""


def statement(
    owner: UUID, *, unit: str = POINTS, before: UUID | None = None, limit: int = 50
) -> list[StatementRow]:
    """The member's story, last recorded first; page on with the last row's `transfer` as `before`."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"owner": owner, "unit": unit, "before": before, "limit": limit})
        rows = cursor.fetchall()
    return [
        StatementRow(
            transfer=row[0],
            kind=row[1],
            move=row[2],
            unit=row[3],
            available=int(row[4] or 0),
            pending=int(row[5] or 0),
            reserved=int(row[6] or 0),
            debt=int(row[7] or 0),
            balance_after=int(row[8] or 0),
            version=row[9] or 0,
            happened_at=row[10],
            recorded_at=row[11],
            source_kind=row[12],
            source=row[13],
            rule=row[14],
            reason=row[15],
            actor=row[16],
            data=_json(row[17]),
            programme_version=row[18],
            shortfall=row[19],
            settles=row[20],
        )
        for row in rows
    ]


def _json(value: Any) -> Any:
    """A raw cursor gives jsonb as text; the ORM parses it."""
    return json.loads(value) if isinstance(value, str) else value


def due_to_expire(*, at: datetime, limit: int) -> list[tuple[UUID, UUID, str, int]]:
    """`(lot, owner, unit, remaining)` of lots whose time is up, for the expiry job."""
    due = Lot.objects.filter(expires_at__lte=at, remaining__gt=Fixed(0), pending=False).order_by("expires_at")
    return _moves(due[:limit])


def due_to_activate(*, at: datetime, limit: int) -> list[tuple[UUID, UUID, str, int]]:
    """`(lot, owner, unit, remaining)` of pending lots whose date has come."""
    due = Lot.objects.filter(available_from__lte=at, remaining__gt=Fixed(0), pending=True).order_by(
        "available_from"
    )
    return _moves(due[:limit])


def _moves(due: QuerySet[Lot]) -> list[tuple[UUID, UUID, str, int]]:
    """What a posting on each lot needs. A lot lies in a member's account, so there is always an owner."""
    rows: Iterable[tuple[UUID, Any, str, int]] = due.values_list(
        "id", "account__owner", "account__unit", "remaining"
    )
    return list(rows)


@dataclass(frozen=True, slots=True)
class SourceLot:
    """A lot as an order (or another source) made it, and what is left of it. Points are whole; `owner` has it."""

    id: UUID
    transfer: UUID
    owner: UUID
    unit: str
    granted: int
    remaining: int
    pending: bool
    available_from: datetime | None
    expires_at: datetime | None
    slides_days: int | None
    programme_version: UUID | None


# By way of the entries of its transfers: a lot is written far more often than it is looked for like this. Every
# order that comes again and every refund asks, so it is not built anew from a queryset each time.
_OF_SOURCE = """
SELECT DISTINCT l.id, t.id, t.owner, t.unit, l.granted, l.remaining, l.pending, l.available_from, l.expires_at,
       l.slides_days, t.programme_version
  FROM ledger_transfer t
  JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
  JOIN ledger_lot l ON l.merchant_id = e.merchant_id AND l.id = e.lot_id AND l.transfer_id = t.id
 WHERE t.merchant_id = %(merchant)s AND t.source = %(source)s AND t.move = 'grant' AND t.unit = %(unit)s
 ORDER BY l.id
"""


def lots_of_source(source: UUID, *, unit: str = POINTS) -> list[SourceLot]:
    """The lots an order (or another source) made, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_SOURCE, {"merchant": scope.merchant_id(), "source": source, "unit": unit})
        return [SourceLot(*row) for row in cursor.fetchall()]


def movement(transfer_id: UUID) -> Transfer | None:
    """One movement by its id; None when there is none."""
    return Transfer.objects.filter(pk=transfer_id).first()


def lot_of(transfer_id: UUID) -> UUID | None:
    """The lot that a grant made, wherever what was left of it went."""
    entries = Entry.objects.filter(transfer=transfer_id, lot__transfer=transfer_id)
    return entries.values_list("lot_id", flat=True).first()


def known_keys(keys: Iterable[str]) -> set[str]:
    """Those of some keys under which something was posted."""
    return set(Transfer.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def of_kind(transfers: Iterable[UUID], kind: str) -> set[UUID]:
    """Those of some movements that are of a kind."""
    return set(Transfer.objects.filter(pk__in=list(transfers), kind=kind).values_list("pk", flat=True))


def settled(grants: Iterable[UUID]) -> int:
    """How much of what some transfers granted was later expired, forfeited, moved on or taken back."""
    rows = Transfer.objects.filter(settles__in=list(grants)).aggregate(total=Sum("amount"))
    return int(rows["total"] or 0)


def totals(*, unit: str = POINTS) -> dict[str, int]:
    """Points by merchant account (issued, redeemed, expired, adjusted), signed as the member sees them."""
    sums = carried.sums(unit=unit)
    return {kind.value: -sums[kind] for kind in MerchantAccount if kind in sums}


def totals_within(
    stretches: Sequence[tuple[datetime, datetime]], *, unit: str = POINTS
) -> list[dict[str, int]]:
    """`totals` of what happened within each stretch (from an instant, until before another), in one pass."""
    # The accounts first: that nearly every movement has a line on one of these few can only be planned for when
    # they are named.
    kinds = dict(Account.objects.filter(owner=None, unit=unit).values_list("pk", "kind"))
    within = [
        Q(transfer__happened_at__gte=since, transfer__happened_at__lt=until) for since, until in stretches
    ]
    rows = Entry.objects.filter(
        account__in=list(kinds),
        transfer__happened_at__gte=min(since for since, _until in stretches),
        transfer__happened_at__lt=max(until for _since, until in stretches),
    ).values_list("account")
    with planned_for_its_values():
        sums = list(
            rows.annotate(**{f"sum_{n}": Sum("amount", filter=when) for n, when in enumerate(within)})
        )
    return [
        {kinds[account]: -int(found[n]) for account, *found in sums if found[n] is not None}
        for n in range(len(within))
    ]


def outstanding(*, unit: str = POINTS) -> int:
    """All points members can still use or will be able to: the shop's open promise, in points."""
    seal = carried.last_seal()
    if seal is not None and seal.sums:
        return carried.forward(seal).get(unit, {}).get(carried.HELD, 0)
    # Until something is carried forward members' balances are fewer rows than their lines, and say the same.
    rows = Account.objects.filter(~Q(owner=None), unit=unit).aggregate(total=Sum("balance"))
    return int(rows["total"] or 0)


def merchant_side(
    account: str, *, since: datetime, until: datetime, unit: str = POINTS
) -> QuerySet[Entry, dict[str, Any]]:
    """The movements that add up to one figure of `totals_within`, last recorded first; the caller slices.

    Each row: transfer_id, owner, kind, source_kind, source, reason, happened_at and `points`, signed as in
    `totals`.
    """
    side = Account.objects.filter(owner=None, unit=unit, kind=account).values_list("pk", flat=True)
    rows = Entry.objects.filter(
        account__in=list(side), transfer__happened_at__gte=since, transfer__happened_at__lt=until
    )
    return rows.order_by("-transfer_id", "line").values(
        "transfer_id", points=-F("amount"), owner=F("transfer__owner"), kind=F("transfer__kind"),
        source_kind=F("transfer__source_kind"), source=F("transfer__source"), reason=F("transfer__reason"),
        happened_at=F("transfer__happened_at"),
    )  # fmt: skip


def holding(owner: Any, *, some: bool = True, unit: str = POINTS) -> Exists:
    """For `filter(...)`: whether `owner` (an `OuterRef`) has anything to spend; or not `some` but nothing, by the empty
    account that every member has from the day they join."""
    mine = Account.objects.filter(owner=owner, unit=unit, kind=MemberAccount.AVAILABLE)
    return Exists(mine.filter(balance__gt=0) if some else mine.filter(is_empty=True))


def holders(*, most: int | None = None, unit: str = POINTS) -> QuerySet[Account, dict[str, Any]]:
    """Who holds how much of `outstanding`, most first: rows of `owner` and `points`, the first `most` of them or all.
    Who is among the first has most to spend, or something besides that: everybody else holds what they can spend."""
    accounts = Account.objects.filter(~Q(owner=None), unit=unit)
    some = accounts.exclude(balance=0).values("owner")
    spendable = some.filter(kind=MemberAccount.AVAILABLE).order_by("-balance", "owner")
    among = spendable[:most].union(some.filter(kind__in=BESIDE))
    rows = (accounts if most is None else accounts.filter(owner__in=among)).values("owner")
    return rows.annotate(points=Sum("balance")).exclude(points=0).order_by("-points", "owner")[:most]


def granted_by(rules: str, *, since: datetime, unit: str = POINTS) -> int:
    """Units that postings granted whose rules begin with `rules`, added up from the books, written since an instant."""
    rows = Transfer.objects.filter(
        pk__gte=ids.first_of(since), move=Do.GRANT, kind="earn", unit=unit, rule__startswith=rules
    )
    return int(rows.aggregate(total=Sum("amount"))["total"] or 0)
