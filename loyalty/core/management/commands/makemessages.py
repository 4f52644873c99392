"""Bring the catalogues in loyalty/locale up to date with the words in the code."""

from typing import Any

from django.core.management.base import BaseCommand

from loyalty.core import catalogues


class Command(BaseCommand):
    """Django's command of this name needs the gettext tools; this one only Babel."""

    help = "Bring loyalty/locale/*/LC_MESSAGES/django.po up to date with the words in code and templates."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Update every catalogue and say what is left to translate."""
        for language, lacking in catalogues.update().items():
            folders = ", ".join(f"{folder} {count}" for folder, count in lacking.items())
            self.stdout.write(
                f"{language}: {sum(lacking.values())} without a translation ({folders or 'none'})"
            )
