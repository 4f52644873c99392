"""Chances in a draw."""

from members.rules import units
from members.rules.conditions import Case
from members.rules.decision import AnyEffect, EnterDraw
from members.rules.earning.base import (
    Offer,
    Problems,
    RuleBase,
    Tally,
    count_problems,
    named_problems,
    occasion,
    once,
)
from members.rules.phrases import Phrase, Telling, ngettext_lazy
from members.rules.phrases import gettext_lazy as _


class GiveEntries(RuleBase, frozen=True, tag="draw_entry"):
    """Gives `entries` chances in a draw."""

    draw: str
    name: str = ""
    entries: int = 1

    @property
    def gives(self) -> str:
        return units.ENTRIES

    def offer(self, case: Case, tally: Tally) -> Offer:
        return once(case) or Offer(self.entries, "draw_entered", {"draw": self.draw})

    def effect(self, amount: int) -> AnyEffect:
        return EnterDraw(self.draw, amount, self.id)

    def problems(self) -> Problems:
        return named_problems("draw", self.draw) + count_problems("entries", self.entries)

    def says(self) -> Phrase:
        chances = ngettext_lazy("{n} chance", "{n} chances", self.entries)
        return _(
            "{chances} in the draw “{draw}” {occasion}",
            chances=chances, draw=self.name or self.draw, occasion=occasion(self),
        )  # fmt: skip

    tells = {
        "draw_entered": Telling(
            lambda v: ngettext_lazy("{n} chance in a draw", "{n} chances in a draw", v["given"])
        )
    }
