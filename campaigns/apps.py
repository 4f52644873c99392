from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns import (
            consumers,  # noqa: F401 - registers what it consumes and plans
            tasks,
        )
        from campaigns.operations.experiments import exposing, reviewing
        from campaigns.operations.games.moving import holder as games
        from campaigns.operations.privacy import automated, draws, holder, rehearsed
        from campaigns.operations.surveys import privacy as surveys
        from campaigns.queries import event_kinds
        from campaigns.queries.campaigning.adding import Running
        from campaigns.queries.games import saying
        from campaigns.queries.segments.reading import Kept
        from loyalty.core import privacy
        from loyalty.core.programme import document
        from members.operations import comparisons
        from members.queries import adding
        from members.queries.belonging import register_directory

        privacy.register(holder)
        register_directory(Kept())
        adding.register(Running())
        privacy.register(rehearsed)
        privacy.register(draws)
        privacy.register(exposing.holder)
        comparisons.register(exposing.Log())
        document.register_review(reviewing.review)
        privacy.register(surveys.holder)
        privacy.register(automated)
        privacy.register(games)
        saying.register_words()
        event_kinds.register()
        tasks.register()
