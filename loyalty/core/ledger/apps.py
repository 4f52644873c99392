from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "loyalty.core.ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.ledger import consumers  # noqa: F401 - registers what it consumes
        from loyalty.core.ledger.forgetting import holder

        privacy.register(holder)
