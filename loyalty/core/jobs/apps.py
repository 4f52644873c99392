from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "loyalty.core.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.jobs import consumers  # noqa: F401 - registers what it consumes
        from loyalty.core.jobs.forgetting import holder

        privacy.register(holder)
