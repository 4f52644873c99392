"""`manage.py load_history`: open the demo's shops and load the grocery's history, or what is missing."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from loyalty.core import clock
from loyalty.demo import facts
from loyalty.demo.load import SIZES, load_history
from loyalty.demo.parts import NotLoaded
from loyalty.demo.shops import NotTheDemos, open_shops


class Command(BaseCommand):
    help = (
        "Opens the demo's two shops and loads a year of published educational grocery data through the same "
        "operations as the API. May be stopped and started again at any time."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=SIZES, default="sample", help="how much (default: %(default)s)")
        parser.add_argument("--facts", type=Path, help="write what a newcomer needs to this file")
        parser.add_argument("--base-url", default=settings.SITE_URL, help="the site's address, for the facts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shops = open_shops(at=clock.now())
            loaded = load_history(
                merchant=shops.grocery.pk, size=options["size"], last_day=shops.last_day, out=sys.stdout
            )
        except (NotTheDemos, NotLoaded) as error:
            raise CommandError(str(error)) from None
        if loaded.orders and "owner" in connections.settings:
            # Fresh tables have no statistics yet, and the planner guesses badly without.
            with connections["owner"].cursor() as cursor:
                cursor.execute("ANALYZE")
            connections["owner"].close()
        if options["facts"]:
            path = options["facts"]
            found = facts.collect(shops, base_url=options["base_url"], kept=facts.read(path), at=clock.now())
            found |= {"mail_folder": str(settings.DATA_DIR / "mail"), "facts_file": str(path)}
            facts.write(path, found)
