from django.apps import AppConfig


class WidgetConfig(AppConfig):
    name = "loyalty.core.widget"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core.events import kinds
        from loyalty.core.widget.kinds import KINDS

        kinds.register(KINDS)
