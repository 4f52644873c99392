"""A place in a segment, so that other rules and campaigns can speak to the member."""

from members.rules import units
from members.rules.conditions import Case
from members.rules.decision import AnyEffect, EnterSegment
from members.rules.earning.base import Offer, Problems, RuleBase, Tally, named_problems, occasion, once
from members.rules.phrases import Phrase, Telling
from members.rules.phrases import gettext_lazy as _


class PlaceInSegment(RuleBase, frozen=True, tag="enter_segment"):
    """Puts the member into a segment. Members are not told."""

    segment: str
    name: str = ""

    @property
    def gives(self) -> str:
        return units.SEGMENTS

    def offer(self, case: Case, tally: Tally) -> Offer:
        return once(case) or Offer(1, "segment_entered", {"segment": self.segment})

    def effect(self, amount: int) -> AnyEffect:
        return EnterSegment(self.segment, self.id)

    def problems(self) -> Problems:
        return named_problems("segment", self.segment)

    def says(self) -> Phrase:
        return _(
            "a place in the segment “{segment}” {occasion}", segment=self.segment, occasion=occasion(self)
        )

    tells = {
        "segment_entered": Telling(
            lambda v: _("now in the segment “{segment}”", segment=v["segment"]), hidden=True
        )
    }
