from django.apps import AppConfig


class SetupConfig(AppConfig):
    name = "loyalty.setup"
    label = "setup"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core.events import kinds

        kinds.register(
            [
                kinds.Kind(
                    "programme.taken_live",
                    "What was tried in the test shop counts in the shop from now on.",
                    {"number": 4, "made": ["Free coffee"], "changed": []},
                    about="",
                )
            ]
        )
