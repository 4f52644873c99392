from django.apps import AppConfig


class StripeConfig(AppConfig):
    name = "loyalty.connectors.stripe"
    label = "stripe"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.connectors.stripe import consumers  # noqa: F401 - registers them
