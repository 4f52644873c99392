"""Seal the books: the one operation that writes a seal."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from loyalty.core.ledger.carried import forward, last_seal
from loyalty.core.ledger.models import Seal
from loyalty.core.ledger.seals import digest


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` is over in `zone`."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def still_writing(until: datetime) -> bool:
    """Whether a transaction that began before `until` is still open: it could add to what is about to be sealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND xact_start < %s"
            " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL)",
            [until],
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def seal_books(*, day: date, zone: ZoneInfo, at: datetime) -> Seal | None:
    """Seal everything written until the end of `day` in the merchant's `zone`. Sealing a day twice is once.

    None while the day is not over, or while a transaction from before its end is still open; ask again later. A
    change of zone moves later cuts, never one that was made.
    """
    until = end_of_day(day, zone)
    last = last_seal()
    if last is not None and last.day >= day:
        return Seal.objects.filter(day=day).first()
    if at <= until or (last is not None and until <= last.until) or still_writing(until):
        return None
    previous = bytes(last.digest) if last else None
    made = digest(since=last.until if last else None, until=until, previous=previous)
    return Seal.objects.create(
        day=day, until=until, entries=made.entries, sums=forward(last, until=until), digest=made.digest,
        previous=previous, sealed_at=at,
    )  # fmt: skip
