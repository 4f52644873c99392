from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "loyalty.core.webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.events import kinds
        from loyalty.core.webhooks import consumers  # noqa: F401 - registers what it plans
        from loyalty.core.webhooks.forgetting import holder
        from loyalty.core.webhooks.kinds import KINDS

        kinds.register(KINDS)
        privacy.register(holder)
