"""A badge: “Early bird”."""

from members.rules import units
from members.rules.conditions import Case
from members.rules.decision import AnyEffect, AwardBadge
from members.rules.earning.base import Offer, Problems, RuleBase, Tally, named_problems, occasion, once
from members.rules.phrases import Phrase, Telling
from members.rules.phrases import gettext_lazy as _


class GiveBadge(RuleBase, frozen=True, tag="badge"):
    """Marks the member with a badge."""

    badge: str
    name: str = ""

    @property
    def gives(self) -> str:
        return units.BADGES

    def offer(self, case: Case, tally: Tally) -> Offer:
        return once(case) or Offer(1, "badge_awarded", {"badge": self.badge})

    def effect(self, amount: int) -> AnyEffect:
        return AwardBadge(self.badge, self.id)

    def problems(self) -> Problems:
        return named_problems("badge", self.badge)

    def says(self) -> Phrase:
        return _("the badge “{badge}” {occasion}", badge=self.name or self.badge, occasion=occasion(self))

    tells = {"badge_awarded": Telling(lambda v: _("a badge: “{badge}”", badge=v["badge"]))}
