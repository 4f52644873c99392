from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    name = "loyalty.core.programme"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core.programme import identity  # noqa: F401 - registers its section
