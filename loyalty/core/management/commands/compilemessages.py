"""Make the files that Django reads from the catalogues in loyalty/locale."""

from typing import Any

from django.core.management.base import BaseCommand

from loyalty.core import catalogues


class Command(BaseCommand):
    """Django's command of this name needs the gettext tools; this one only Babel."""

    help = "Make loyalty/locale/*/LC_MESSAGES/django.mo from each django.po that is newer."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile what is stale."""
        for language in catalogues.compile_stale():
            if options["verbosity"]:
                self.stdout.write(f"{language}: compiled")
