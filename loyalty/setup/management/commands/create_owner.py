"""`manage.py create_owner`: the way into an empty server, for whoever has its shell."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty.core import clock
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.people.operations import make_operator
from loyalty.setup.announcing import address_of
from loyalty.setup.operations import make_first_link


class Command(BaseCommand):
    help = (
        "Prints a one-time link that creates the owner of this server, good for a day. With --email (or OWNER_EMAIL) "
        "the owner is created at once, and signs in by the code that is sent to that address."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--email", default=settings.OWNER_EMAIL, help="create the owner with this address now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["email"]:
                user = make_operator(email=options["email"])
                self.stdout.write(f"{user.email} is an owner of this server. Sign in at {settings.SITE_URL}")
            else:
                self.stdout.write(address_of(make_first_link(at=clock.now())))
        except InvalidInput as error:
            raise CommandError(error.errors[0]["message"]) from None
        except DomainError as error:
            raise CommandError(f"{error} Name one more with --email.") from None
