from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "loyalty.core.events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.events.forgetting import holder

        privacy.register(holder)
