from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "loyalty.core.people"
    default_auto_field = "django.db.models.BigAutoField"
