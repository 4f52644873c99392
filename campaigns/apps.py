from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns import (
            consumers,  # noqa: F401 - registers what it consumes and plans
            tasks,
        )
        from campaigns.operations.privacy import draws, holder, rehearsed
        from campaigns.queries import event_kinds
        from campaigns.queries.campaigning.adding import Running
        from campaigns.queries.segments.reading import Kept
        from loyalty.core import privacy
        from members.queries import adding
        from members.queries.belonging import register_directory

        privacy.register(holder)
        register_directory(Kept())
        adding.register(Running())
        privacy.register(rehearsed)
        privacy.register(draws)
        event_kinds.register()
        tasks.register()
