from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from members.queries import story
        from rewards.operations.privacy import holder
        from rewards.queries import invariants
        from rewards.queries.telling import tell

        privacy.register(holder)
        story.register("redemption", tell)
        invariants.register()
