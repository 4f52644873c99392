"""Automations as people write them: what begins one, for whom, how often, what ends it early, and its steps. Pure.

A new start or step is a class in its file and a name in its union here below; how it is done stands in
`campaigns.operations.automations.acting`, its words in `campaigns.queries.automations.wording` and on the form's sheet.
"""

from enum import StrEnum

from msgspec import Struct

from campaigns.rules.automations.starts import (
    AnyStart,
    Enters,
    Every,
    Fact,
    Happens,
    Leaves,
    OnDate,
    OnSchedule,
    Problems,
    Side,
    Test,
    Which,
    start_problems,
)
from campaigns.rules.automations.steps import (
    ACTS,
    About,
    AddTo,
    AnyStep,
    CallWebhook,
    Check,
    GiveOffer,
    GivePoints,
    GiveReward,
    Message,
    Split,
    Stop,
    TakeOff,
    Unit,
    Wait,
    WaitUntil,
    Words,
    every,
    step_problems,
)
from campaigns.rules.segments import Conditions
from campaigns.rules.segments import problems as condition_problems
from loyalty.core.money import MAX_POINTS


class Again(StrEnum):
    """How often a member may go through. Nobody is ever in the same automation twice at a time."""

    ONCE = "once"
    DAYS = "days"
    OUTSIDE = "outside"


class Budget(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The most that it may give to all members together: points in all and on one day of the shop's, rewards in all;
    None is no end."""

    points: int | None = None
    points_a_day: int | None = None
    rewards: int | None = None

    def problems(self) -> Problems:
        return [
            (name, "Give a whole number from 1.")
            for name in ("points", "points_a_day", "rewards")
            if (most := getattr(self, name)) is not None and not 1 <= most <= MAX_POINTS
        ]


class Flow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One automation. `only` is who may come in (everybody, where empty); `again` how often, with `again_days` between
    two times; who does one of `exit_on` (kinds of events), or fits `exit_when` before a step, leaves early."""

    starts: tuple[AnyStart, ...] = ()
    only: Conditions = Conditions()
    again: Again = Again.ONCE
    again_days: int = 30
    exit_on: tuple[str, ...] = ()
    exit_when: Conditions = Conditions()
    budget: Budget = Budget()
    steps: tuple[AnyStep, ...] = ()

    @property
    def listens(self) -> list[str]:
        """The kinds of events that begin it or end it for somebody."""
        return sorted({*self.exit_on, *(kind for start in self.starts for kind in start.kinds)})

    @property
    def clocked(self) -> tuple[tuple[int, OnDate | OnSchedule], ...]:
        """The starts that the calendar makes, with where each stands among all."""
        return tuple(
            (index, one) for index, one in enumerate(self.starts) if isinstance(one, OnDate | OnSchedule)
        )


MOST_EXITS = 20


def problems(flow: Flow) -> Problems:
    """What is wrong with an automation as written: (path, sentence)."""
    found = [*start_problems(flow.starts), *step_problems(flow.steps)]
    for name, conditions in (("only", flow.only), ("exit_when", flow.exit_when)):
        if conditions.of:
            found += [(f"{name}.{path}", text) for path, text in condition_problems(conditions)]
    if not 1 <= flow.again_days <= 3_660:
        found.append(("again_days", "Give a number of days from 1 to 3,660."))
    if len(flow.exit_on) > MOST_EXITS:
        found.append(("exit_on", f"At most {MOST_EXITS} of them."))
    found += [(f"budget.{path}", text) for path, text in flow.budget.problems()]
    gives = any(isinstance(step, GivePoints) for _path, step, _depth in every(flow.steps))
    if gives and flow.budget.points is None:
        found.append(("budget.points", "Say how many points it may give in all."))
    if any(isinstance(one, OnSchedule) for one in flow.starts) and not flow.only.of:
        found.append(("only", "Say who it is for: the calendar begins it for all of them."))
    return found


__all__ = [
    "ACTS",
    "About",
    "AddTo",
    "Again",
    "AnyStart",
    "AnyStep",
    "Budget",
    "CallWebhook",
    "Check",
    "Enters",
    "Every",
    "Fact",
    "Flow",
    "GiveOffer",
    "GivePoints",
    "GiveReward",
    "Happens",
    "Leaves",
    "Message",
    "OnDate",
    "OnSchedule",
    "Side",
    "Split",
    "Stop",
    "TakeOff",
    "Test",
    "Unit",
    "Wait",
    "WaitUntil",
    "Which",
    "Words",
    "every",
    "problems",
]
