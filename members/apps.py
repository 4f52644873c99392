from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.programme.document import Section, register
        from members import consumers  # noqa: F401 - registers what it consumes
        from members.operations import referral_moves
        from members.operations.privacy import holder
        from members.queries import invariants, referral_invariants, referral_words
        from members.rules import earning, moderation, needs, points_life, referrals

        register(Section("earning", earning.Earning, earning.check, needs.unserved))
        register(Section("points_life", points_life.PointsLife, points_life.check))
        register(Section("activities", moderation.Activities, moderation.check))
        register(Section("referrals", referrals.Referrals, referrals.check, referrals.unserved))
        privacy.register(holder)
        privacy.register(referral_moves.holder)
        invariants.register()
        referral_invariants.register()
        referral_words.register_words()
