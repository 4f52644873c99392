from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "loyalty.connectors.wallets"
    label = "wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.connectors.wallets import consumers  # noqa: F401 - registers them
        from loyalty.connectors.wallets.events import KINDS
        from loyalty.connectors.wallets.forgetting import holder
        from loyalty.core import privacy
        from loyalty.core.events import kinds

        privacy.register(holder)
        kinds.register(KINDS)
