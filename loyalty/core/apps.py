from django.apps import AppConfig
from django.core import checks


class CoreConfig(AppConfig):
    name = "loyalty.core"
    label = "core"

    def ready(self) -> None:
        from loyalty.core.tenancy.checks import check_role

        checks.register(check_role, checks.Tags.database)
