from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "loyalty.core.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.api.forgetting import holder

        privacy.register(holder)
