from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.programme.document import Section, register
        from members.operations.privacy import holder
        from members.queries import invariants, life_words
        from members.rules import conversion, earning, needs, plans, points_life, sharing

        register(Section("earning", earning.Earning, earning.check, needs.unserved))
        register(Section("points_life", points_life.PointsLife, points_life.check))
        register(Section("conversion", conversion.Conversion, conversion.check))
        register(Section("membership_plans", plans.MembershipPlans, plans.check))
        register(Section("sharing", sharing.Sharing, sharing.check))
        privacy.register(holder)
        invariants.register()
        life_words.register()
