from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "loyalty.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.exchange import steps

        steps.register()
