from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.programme.document import Section, register
        from members import consumers  # noqa: F401 - registers what it consumes
        from members.operations import perks
        from members.operations.privacy import holder
        from members.queries import invariants
        from members.queries import tiers as standings
        from members.rules import earning, needs, points_life, tiers

        register(Section("earning", earning.Earning, earning.check, needs.unserved))
        register(Section("points_life", points_life.PointsLife, points_life.check))
        register(Section("tiers", tiers.Tiers, tiers.check, standings.unserved))
        privacy.register(holder)
        privacy.register(perks.holder)
        invariants.register()
