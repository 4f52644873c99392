from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analytics import consumers  # noqa: F401 - registers what it consumes
        from analytics.operations.privacy import holder
        from analytics.queries import event_kinds, foretold
        from loyalty.core import privacy

        privacy.register(holder)
        event_kinds.register()
        foretold.register()
