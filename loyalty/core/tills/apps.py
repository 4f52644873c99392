from django.apps import AppConfig


class TillsConfig(AppConfig):
    name = "loyalty.core.tills"
    default_auto_field = "django.db.models.BigAutoField"
