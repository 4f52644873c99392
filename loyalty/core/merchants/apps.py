from django.apps import AppConfig


class MerchantsConfig(AppConfig):
    name = "loyalty.core.merchants"
    default_auto_field = "django.db.models.BigAutoField"
