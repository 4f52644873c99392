"""`manage.py verify_books`: prove that the books are right, or say what is wrong."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty.core import clock
from loyalty.core.ledger import checks, seals
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
SHOWN = 20


def instant(text: str) -> datetime:
    """`2026-03-01T08:00+01:00`, or `90m`, `2h`, `3d` ago."""
    ago = re.fullmatch(r"(\d+)([mhd])", text)
    if ago:
        return clock.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("give an instant like 2026-03-01T08:00Z, or 90m, 2h, 3d ago") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Check every invariant of the books and every seal. Ends with 1 when anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", help="address (slug) of one shop; all shops without it")
        parser.add_argument(
            "--since", type=instant, help="only what was written since: an instant, or 90m, 2h, 3d"
        )

    def handle(self, *, merchant: str | None, since: datetime | None, **_options: Any) -> None:
        shops = list(Merchant.objects.filter(slug=merchant) if merchant else Merchant.objects.order_by("pk"))
        if merchant and not shops:
            raise CommandError(f"There is no shop with the address {merchant}.")
        with acting_for(shops[0], by=SYSTEM) if merchant else across_merchants("the books of all shops"):
            results = checks.run(since=since)
        for result in results:
            self._line(
                result.check.name, result.rows, result.check.over, result.seconds, len(result.breaches)
            )
        breaches = [breach for result in results for breach in result.breaches]
        breaches += self._seals(shops, since)
        for breach in breaches[:SHOWN]:
            self.stderr.write(str(breach))
        if len(breaches) > SHOWN:
            self.stderr.write(f"and {len(breaches) - SHOWN} more")
        if breaches:
            raise CommandError(f"The books are wrong: {len(breaches)} breaches.", returncode=1)
        self.stdout.write(self.style.SUCCESS("The books are right."))

    def _seals(self, shops: list[Merchant], since: datetime | None) -> list[checks.Breach]:
        started, found, count = clock.now(), [], 0
        for shop in shops:
            with acting_for(shop, by=SYSTEM):
                found += seals.verify_seals(since=since)
                count += seals.Seal.objects.count()
        self._line("seals_hold", count, "seals", (clock.now() - started).total_seconds(), len(found))
        return found

    def _line(self, name: str, rows: int, over: str, seconds: float, wrong: int) -> None:
        verdict = self.style.ERROR(f"{wrong} wrong") if wrong else "ok"
        self.stdout.write(f"{name:<28}{rows:>12,} {over:<22}{seconds:>9.2f} s   {verdict}")
