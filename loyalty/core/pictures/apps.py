from django.apps import AppConfig


class PicturesConfig(AppConfig):
    name = "loyalty.core.pictures"
    default_auto_field = "django.db.models.BigAutoField"
