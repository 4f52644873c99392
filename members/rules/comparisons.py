"""Experiments as the engine knows them: an earning rule in several variants, one for each member. Pure.

A comparison varies a rule *as it was written when the comparison began*: where a programme says something else by that
name, it has nothing to say. So a programme that took over the winner is not varied any more when its past is lived
again, and the one that was in force gives again exactly what it gave. Which variant is whose follows from the member's
id and from when something happened, from nothing else; no table is asked.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from members.rules.adding import without_added
from members.rules.assigning import Variant, assign, is_held_out
from members.rules.decision import Compared, Decision
from members.rules.earning import Earning, Rule, shared_problems
from members.rules.engine import decide
from members.rules.facts import Facts

EARNING, REWARD, MESSAGE, OTHER = "earning", "reward", "message", "other"
KINDS = (EARNING, REWARD, MESSAGE, OTHER)
CONTROL = 0
"""The first variant is what everybody had before: the others are held against it."""


class Arm(Struct, frozen=True):
    """One variant. `values` is what differs in it, by name (for a rule: by path, like `steps[0].amount`)."""

    key: str
    name: str = ""
    weight: int = 1
    values: dict[str, Any] = {}


class Comparison(Struct, frozen=True):
    """An experiment from `since` to before `until`. `target` is the rule's or reward's id or the kind of message;
    `audience` a segment it is for ("" is everybody); `base` what the target said when it began."""

    id: UUID
    kind: str
    target: str
    name: str
    since: datetime
    arms: tuple[Arm, ...]
    until: datetime | None = None
    audience: str = ""
    base: Any = None

    def runs(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.since <= at and (self.until is None or at < self.until)

    def arm_of(self, member: UUID) -> Arm:
        """The member's variant: always the same one."""
        variants = [Variant(arm.key, arm.weight) for arm in self.arms]
        key = assign(member, salt=self.id.hex, variants=variants)
        return next(arm for arm in self.arms if arm.key == key)


class Holdout(Struct, frozen=True):
    """From `since` on so many hundredths of a percent of all members get nothing of campaigns and experiments."""

    since: datetime
    share: int


class Comparisons(Struct, frozen=True):
    """All of a shop's that ever ran, and its holdout as it was over time, the oldest first."""

    salt: str = ""
    of: tuple[Comparison, ...] = ()
    holdouts: tuple[Holdout, ...] = ()

    def share_held_out(self, at: datetime) -> int:
        """The holdout at an instant, in hundredths of a percent."""
        return next((one.share for one in reversed(self.holdouts) if one.since <= at), 0)

    def is_held_out(self, member: UUID, at: datetime) -> bool:
        """Whether a member gets nothing of campaigns and experiments at an instant."""
        share = self.share_held_out(at)
        return share > 0 and is_held_out(member, salt=self.salt, holdout=share)

    def running(self, kind: str, at: datetime, target: str | None = None) -> Iterator[Comparison]:
        """Those of a kind that count at an instant, of one target when it is named."""
        for one in self.of:
            if one.kind == kind and one.runs(at) and target in (None, one.target):
                yield one

    def arm(self, one: Comparison, member: UUID, at: datetime) -> Arm | None:
        """The member's variant; None for who is held out, or when it does not run."""
        if not one.runs(at) or self.is_held_out(member, at):
            return None
        return one.arm_of(member)

    def named(self, comparison: UUID) -> Comparison | None:
        """One by its id."""
        return next((one for one in self.of if one.id == comparison), None)

    @property
    def looks_at_segments(self) -> bool:
        """Whether an earning rule is varied only for those in a segment: then it must be known who is in it."""
        return any(one.kind == EARNING and one.audience for one in self.of)


NONE = Comparisons()


# --- rules in variants ----------------------------------------------------------------------------------------------

_KNOBS = ("points", "per_minor", "at_least_minor", "amount", "factor", "quantity", "entries")


def written(rule: Rule) -> Any:
    """A rule as JSON has it, to be kept and compared."""
    return msgspec.json.decode(msgspec.json.encode(rule))


def knobs(rule: Rule) -> dict[str, int | str]:
    """The figures of a rule that can be varied, by path, with what they are now."""
    said = written(rule)
    found = {name: said[name] for name in _KNOBS if name in said}
    for number, step in enumerate(said.get("steps", ())):
        found |= {f"steps[{number}].{name}": step[name] for name in ("at_least_minor", "amount")}
    return found


def varied(rule: Rule, values: Mapping[str, Any]) -> Rule:
    """The rule with other figures. Raises `ValueError` with a sentence for what makes no sense."""
    said, known = written(rule), knobs(rule)
    for path, value in values.items():
        if path not in known:
            raise ValueError("This rule has no such figure.")
        place, name = said, path
        if path.startswith("steps["):
            number, _bracket, name = path.removeprefix("steps[").partition("].")
            place = said["steps"][int(number)]
        place[name] = _figure(value, like=known[path])
    try:
        made: Rule = msgspec.convert(said, type(rule), strict=True)
    except msgspec.ValidationError as error:
        raise ValueError("Give a whole number.") from error
    wrong = made.problems() + shared_problems(made)
    if wrong:
        raise ValueError(wrong[0][1])
    return made


def _figure(value: Any, *, like: int | str) -> int | str:
    """A figure of the same sort as the one it stands for: a factor is decimal text, everything else whole."""
    if isinstance(value, bool):
        raise ValueError("Give a whole number.")
    if isinstance(like, str):
        try:
            return f"{Decimal(str(value)):f}"
        except InvalidOperation:
            raise ValueError("Give a number above 1 and up to 100, like 2 or 1.5.") from None
    if isinstance(value, int):
        return value
    raise ValueError("Give a whole number.")


# By identity, as the engine keeps its steps: the programme is held, so that no other gets its id meanwhile.
_kept: dict[tuple[int, UUID, str], tuple[Earning, Earning | None]] = {}


def with_arm(earning: Earning, one: Comparison, arm: Arm) -> Earning | None:
    """The programme's rules with one of them as a variant has it; None where the rule is not there, or not as it was
    when the comparison began."""
    key = id(earning), one.id, arm.key
    found = _kept.get(key)
    if found is None:
        if len(_kept) > 2000:
            _kept.clear()
        found = _kept[key] = earning, _with_arm(earning, one, arm)
    return found[1]


def _with_arm(earning: Earning, one: Comparison, arm: Arm) -> Earning | None:
    rule = next((rule for rule in earning.rules if rule.id == one.target), None)
    if rule is None or written(rule) != one.base:
        return None
    if not arm.values:
        return earning
    try:
        other = varied(rule, arm.values)
    except ValueError:
        return None
    return structs.replace(
        earning, rules=tuple(other if each.id == one.target else each for each in earning.rules)
    )


def decide_compared(
    earning: Earning,
    facts: Facts,
    at: datetime,
    *,
    member: UUID | None,
    comparisons: Comparisons = NONE,
    split: bool = True,
) -> Decision:
    """What the engine says for a member, by the variants that are theirs; `member` None is a guest. The decision names
    each variant it was made by, and whether another one would have given something else: only then can it have any
    influence, and only then does the experiment count the member as one who was exposed to it. Who is held out gets
    what the programme itself says: no variant, and no rule of a campaign. `split` as for `decide`."""
    if member is not None and comparisons.is_held_out(member, at):
        return decide(without_added(earning), facts, at, split=split)
    if member is None or not comparisons.of:
        return decide(earning, facts, at, split=split)
    chosen: list[tuple[Comparison, Arm]] = []
    for one in comparisons.running(EARNING, at):
        if not one.audience or one.audience in facts.member.segments:
            arm = one.arm_of(member)
            if with_arm(earning, one, arm) is not None:
                chosen.append((one, arm))
    if not chosen:
        return decide(earning, facts, at, split=split)
    decision = decide(_all_arms(earning, chosen), facts, at, split=split)
    found = []
    for place, (one, arm) in enumerate(chosen):
        matters = any(
            decide(
                _all_arms(earning, [*chosen[:place], (one, other), *chosen[place + 1 :]]),
                facts,
                at,
                split=False,
            ).effects
            != decision.effects
            for other in one.arms
            if other.key != arm.key
        )
        if matters or any(reason.rule == one.target and reason.matched for reason in decision.reasons):
            found.append(Compared(str(one.id), one.name, arm.key, arm.name, one.target, matters))
    return structs.replace(decision, compared=tuple(found))


def _all_arms(earning: Earning, chosen: list[tuple[Comparison, Arm]]) -> Earning:
    for one, arm in chosen:
        earning = with_arm(earning, one, arm) or earning
    return earning
