"""The way from a test programme to a live one, step by step: what is done shows by itself wherever the facts say so.

Facts are looked for among the newest rows only: a step is done soon after it was begun, and no shop should wait on
its first page for a search through millions of rows.
"""

from dataclasses import dataclass
from datetime import datetime

from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import api_keys, people
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup.models import Launch
from loyalty.setup.queries import launch
from members.queries.directory import members
from members.queries.orders import listed
from rewards.queries.catalogue import rewards

TILL_CHANNELS = ("pos", "till")
IMPORTED = "import"
LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how long it takes, whether it is done, and whether somebody ticked it by hand."""

    name: str
    minutes: int
    done: bool
    ticked: bool

    @property
    def tickable(self) -> bool:
        """True for what can be ticked by hand: nobody ticks that the shop is live."""
        return self.name in TICKABLE


MINUTES = {
    "rules": 3, "reward": 2, "member": 2, "till": 2, "staff": 1, "import": 5, "poster": 1, "connect": 5, "live": 2,
}  # fmt: skip
"""Every step, in its order. The first two are only there for a shop that did not begin with a blueprint."""
TICKABLE = frozenset({"member", "till", "staff", "import", "poster", "connect"})


@dataclass(frozen=True, slots=True)
class Checklist:
    """The steps and what was said of the launch; `hidden`: put away by somebody."""

    steps: tuple[Step, ...]
    launch: Launch | None
    hidden: bool

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def is_over(self) -> bool:
        """True once nothing is left to do."""
        return all(step.done for step in self.steps)

    @property
    def upcoming(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if not step.done), None)


@dataclass(frozen=True, slots=True)
class _Facts:
    has_rules: bool
    has_reward: bool
    people: frozenset[int]
    key_used: bool
    self_joined: bool
    at_till: bool
    imported: bool


def _facts(merchant: Merchant) -> _Facts:
    with acting_for(merchant, by=scope.actor()):
        joined = list(members().values_list("channel", flat=True)[:LOOKED_AT])
        bought = list(listed().values_list("channel", "source")[:LOOKED_AT])
        return _Facts(
            has_rules=programmes.in_force() is not None,
            has_reward=rewards().exists(),
            people=frozenset(row.user_id for row in people() if row.revoked_at is None),
            key_used=any(key.last_used_at for key in api_keys()),
            self_joined="portal" in joined,
            at_till=any(channel in TILL_CHANNELS or source in TILL_CHANNELS for channel, source in bought),
            imported=any(channel.startswith(IMPORTED) for channel in joined),
        )


def checklist(*, live: Merchant | None, sandbox: Merchant | None, at: datetime) -> Checklist:
    """The steps of a pair of shops, of which somebody may work at one only. Needs an open scope."""
    facts = [_facts(shop) for shop in (live, sandbox) if shop is not None]
    real = facts[0] if live is not None else None
    said = None
    if live is not None:
        with acting_for(live, by=scope.actor()):
            said = launch()
    ticked = frozenset(said.ticked) if said else frozenset()
    everybody = frozenset[int]().union(*(one.people for one in facts))
    known = {
        "rules": any(one.has_rules for one in facts),
        "reward": any(one.has_reward for one in facts),
        "member": any(one.self_joined for one in facts),
        "till": any(one.at_till for one in facts),
        "staff": len(everybody) > 1,
        "import": any(one.imported for one in facts),
        "connect": any(one.key_used for one in facts),
        "live": real is not None and real.has_rules,
    }
    steps = tuple(
        Step(name, minutes, known.get(name, False) or name in ticked, name in ticked)
        for name, minutes in MINUTES.items()
        # What a blueprint brought along was never a step.
        if not (name in ("rules", "reward") and known[name])
    )
    return Checklist(steps, said, hidden=bool(said and said.hidden_at))


def pending(*, live: Merchant | None, sandbox: Merchant | None, at: datetime) -> Checklist | None:
    """The checklist while it belongs on the first page: until it is done or put away. A shop that did not begin with
    the guided set-up sees it until it is live. Asks little where there is nothing to show."""
    if live is not None:
        with acting_for(live, by=scope.actor()):
            said = launch()
            is_live = programmes.in_force() is not None
        if (said is None and is_live) or (said is not None and said.hidden_at):
            return None
    found = checklist(live=live, sandbox=sandbox, at=at)
    return None if found.is_over else found
