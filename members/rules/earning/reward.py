"""A reward without points: “the tenth coffee is free”."""

from members.rules import units
from members.rules.conditions import Case
from members.rules.decision import AnyEffect, IssueReward
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


class GiveReward(RuleBase, frozen=True, tag="issue_reward"):
    """Hands out `quantity` of a reward (its id) without points."""

    reward: str
    name: str = ""
    quantity: int = 1

    @property
    def gives(self) -> str:
        return units.REWARDS

    def offer(self, case: Case, tally: Tally) -> Offer:
        return once(case) or Offer(self.quantity, "reward_issued", {"reward": self.reward})

    def effect(self, amount: int) -> AnyEffect:
        return IssueReward(self.reward, amount, self.id)

    def problems(self) -> Problems:
        return named_problems("reward", self.reward) + count_problems("quantity", self.quantity)

    def says(self) -> Phrase:
        what = self.name or self.reward
        if self.quantity == 1:
            return _("the reward “{reward}” {occasion}", reward=what, occasion=occasion(self))
        return _(
            "{n} times the reward “{reward}” {occasion}",
            n=self.quantity,
            reward=what,
            occasion=occasion(self),
        )

    tells = {
        "reward_issued": Telling(
            lambda v: ngettext_lazy("{n} reward handed out", "{n} rewards handed out", v["given"])
        )
    }
