"""`manage.py demo`: the whole product on this machine. `make demo` installs what it needs and calls this."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty.core import clock
from loyalty.demo import facts
from loyalty.demo.load import SIZES
from loyalty.demo.run import Demo, DemoError, ServerError
from loyalty.demo.shops import open_shops

FIRST_PORT = 8000


class Command(BaseCommand):
    help = (
        "Starts its own database and queue, opens two demo shops, loads a year of published educational "
        "grocery data, serves everything on this machine, and says how to get in. Ctrl-C stops all of it."
    )
    requires_system_checks: list[str] = []  # they may need a database, and there is none yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--history", choices=SIZES, default=os.environ.get("HISTORY") or "sample",
            help="how many households to load (default: HISTORY, else sample)",
        )  # fmt: skip
        parser.add_argument(
            "--port", type=int, default=None,
            help=f"where the web listens, or the next free one (default: PORT, else {FIRST_PORT})",
        )  # fmt: skip
        parser.add_argument(
            "--links", action="store_true", help="print fresh sign-in links for the demo that runs, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["links"]:
            self._links()
            return
        if options["history"] not in SIZES:  # a default is not held to `choices`
            raise CommandError(f"HISTORY is one of {', '.join(SIZES)}.")
        demo = Demo(
            data=settings.DATA_DIR.resolve(), root=settings.BASE_DIR, size=options["history"],
            port=options["port"] or _port(), out=sys.stdout,
        )  # fmt: skip
        try:
            demo.run()
        except (DemoError, ServerError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:  # so early that nothing needed to be said about stopping
            raise SystemExit(130) from None

    def _links(self) -> None:
        kept = facts.read(settings.DATA_DIR / "demo.json")
        if not kept or not (settings.DATA_DIR / "environment").exists():
            raise CommandError("The demo does not run here. Start it: make demo")
        links = facts.make_links(open_shops(at=clock.now()), base_url=kept["base_url"])
        for name, link in (("Dashboard", links.owner), ("Member", links.member), ("Café", links.cafe_owner)):
            self.stdout.write(f"{name:10} {link}")


def _port() -> int:
    given = os.environ.get("PORT") or str(FIRST_PORT)
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise CommandError("PORT is a number from 1 to 65535.")
    return int(given)
