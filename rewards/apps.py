from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.programme import document
        from members.operations import gifts
        from members.queries import given, story
        from rewards import consumers  # noqa: F401 - registers what it consumes
        from rewards.operations import issuing
        from rewards.operations.privacy import holder, places
        from rewards.queries import event_kinds, invariants, naming
        from rewards.queries.telling import gifts as told_gifts
        from rewards.queries.telling import tell

        privacy.register(holder)
        privacy.register(places)
        gifts.register(issuing.RewardShelf())
        document.register_review(issuing.review)
        document.register_review(naming.review)
        story.register("redemption", tell)
        given.register(told_gifts)
        invariants.register()
        event_kinds.register()
