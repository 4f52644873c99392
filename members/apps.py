from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty.core import privacy
        from loyalty.core.programme.document import register_review
        from loyalty.core.tenancy.scope import register_agreements
        from members import consumers  # noqa: F401 - registers what it consumes
        from members.operations import approvals, card_links, consents, perks, preferences, referral_moves
        from members.operations.privacy import holder
        from members.queries import (
            event_kinds,
            invariants,
            life_words,
            naming,
            partner_invariants,
            partners,
            referral_invariants,
            referral_words,
        )

        _register_sections()
        register_review(naming.review)
        for one in (
            holder,
            *(room.holder for room in (card_links, consents, preferences, perks, approvals, referral_moves)),
        ):
            privacy.register(one)
        invariants.register()
        partner_invariants.register()
        register_agreements(partners.agreed)
        referral_invariants.register()
        life_words.register()
        referral_words.register_words()
        event_kinds.register()


def _register_sections() -> None:
    """The sections of the programme document that are the members' floor's."""
    from loyalty.core.programme.document import Section, register
    from members.queries import tiers as standings
    from members.rules import (
        conversion,
        earning,
        moderation,
        offers,
        plans,
        points_life,
        questions,
        referrals,
        sharing,
        side_units,
        tiers,
    )

    register(Section("earning", earning.Earning, earning.check))
    register(Section("side_units", side_units.SideUnits, side_units.check))
    register(Section("offers", offers.Offers, offers.check))
    register(Section("points_life", points_life.PointsLife, points_life.check))
    register(Section("tiers", tiers.Tiers, tiers.check, standings.unserved))
    register(Section("conversion", conversion.Conversion, conversion.check))
    register(Section("membership_plans", plans.MembershipPlans, plans.check))
    register(Section("sharing", sharing.Sharing, sharing.check))
    register(Section("activities", moderation.Activities, moderation.check))
    register(Section("questions", questions.Questions, questions.check))
    register(Section("referrals", referrals.Referrals, referrals.check))
