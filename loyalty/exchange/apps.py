from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "loyalty.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core.events import kinds
        from loyalty.exchange import steps
        from loyalty.exchange.event_kinds import KINDS

        kinds.register(KINDS)
        steps.register()
