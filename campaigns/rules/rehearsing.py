"""What rehearsed pasts come to: figures that add up over members, whoever counts which of them. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from members.rules.decision import IssueReward
from members.rules.earning import Earning
from members.rules.owning import owner_of
from members.rules.rehearsing import Life, Lived
from members.rules.side_units import SideUnits
from members.rules.units import POINTS

LARGEST = 40
"""So many purchases with the largest differences are remembered."""


class Sums(Struct):
    """Purchases, what was paid for them net of refunds (minor units), and points really given and rehearsed, net."""

    orders: int = 0
    spend_minor: int = 0
    before: int = 0
    after: int = 0

    def add(self, other: "Sums") -> None:
        """Add another's figures."""
        self.orders += other.orders
        self.spend_minor += other.spend_minor
        self.before += other.before
        self.after += other.after


class RuleSums(Struct):
    """How often a rule gave, and how much of a unit; before refunds."""

    times: int = 0
    units: int = 0
    unit: str = POINTS


class Apart(Struct, frozen=True):
    """A purchase that would have brought something else."""

    order: UUID
    member: UUID
    at: datetime
    spend_minor: int
    before: int
    after: int
    external_id: str = ""

    @property
    def change(self) -> int:
        """Points more, or less below 0."""
        return self.after - self.before


class Figures(Struct):
    """What a rehearsal came to. `days` by local day, `tiers` by the tier a member had when they bought, `moves` by
    where a member's tier is today and where it would be ("" is none), `rewards` and `units` what else was given;
    `touched` how many members the rules of each campaign gave something."""

    members: int = 0
    buyers: int = 0
    reached: int = 0
    more: int = 0
    fewer: int = 0
    up: int = 0
    down: int = 0
    whole: Sums = msgspec.field(default_factory=Sums)
    doing: Sums = msgspec.field(default_factory=Sums)
    days: dict[str, Sums] = msgspec.field(default_factory=dict)
    tiers: dict[str, Sums] = msgspec.field(default_factory=dict)
    rules: dict[str, RuleSums] = msgspec.field(default_factory=dict)
    moves: dict[str, int] = msgspec.field(default_factory=dict)
    rewards: dict[str, int] = msgspec.field(default_factory=dict)
    units: dict[str, int] = msgspec.field(default_factory=dict)
    largest: list[Apart] = msgspec.field(default_factory=list)
    budgets: dict[str, datetime] = msgspec.field(default_factory=dict)
    touched: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: "Figures") -> None:
        """Add another part's figures."""
        for name in ("members", "buyers", "reached", "more", "fewer", "up", "down"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.whole.add(other.whole)
        self.doing.add(other.doing)
        for mine, theirs in ((self.days, other.days), (self.tiers, other.tiers)):
            for key, sums in theirs.items():
                mine.setdefault(key, Sums()).add(sums)
        for rule, gave in other.rules.items():
            here = self.rules.setdefault(rule, RuleSums(unit=gave.unit))
            here.times += gave.times
            here.units += gave.units
        for numbers, more in (
            (self.moves, other.moves),
            (self.rewards, other.rewards),
            (self.units, other.units),
            (self.touched, other.touched),
        ):
            for key, number in more.items():
                numbers[key] = numbers.get(key, 0) + number
        self.largest = _largest([*self.largest, *other.largest])
        self.budgets |= other.budgets

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Figures":
        """Back from JSON."""
        return msgspec.convert(dict(wire), cls)


def _largest(found: list[Apart]) -> list[Apart]:
    apart = [one for one in found if one.change]
    return sorted(apart, key=lambda one: (-abs(one.change), one.at, one.order))[:LARGEST]


class Outcome(Struct):
    """What it came to for one member."""

    sums: Sums
    doing: Sums
    tier: str


def count(
    figures: Figures,
    life: Life,
    *,
    real: Mapping[UUID, tuple[int, str]],
    tier_now: str,
    since: datetime,
    zone: ZoneInfo,
    side: SideUnits,
) -> Outcome:
    """Add a lived past to the figures, and what it came to for its member. `real` has the points each order and
    activity really brought, with an order's own number; what was before `since` is lived and not counted."""
    mine, doing, apart, stamps = Sums(), Sums(), list[Apart](), dict[str, int]()
    owners = set[str]()
    for source, lived in life.lived.items():
        _stamp(stamps, lived)
        if lived.at < since:
            continue
        before, number = real.get(source, (0, ""))
        one = _sums(lived, before)
        day = lived.at.astimezone(zone).date().isoformat()
        figures.days.setdefault(day, Sums()).add(one)
        figures.tiers.setdefault(lived.tier, Sums()).add(one)
        (mine if lived.order else doing).add(one)
        owners |= _gave(figures, lived)
        if lived.order and one.after != before:
            apart.append(Apart(source, life.member.id, lived.at, one.spend_minor, before, one.after, number))
    for owner in owners:
        figures.touched[owner] = figures.touched.get(owner, 0) + 1
    _cards(figures, stamps, side)
    _member(figures, life, mine, doing, tier_now, since)
    figures.largest = _largest([*figures.largest, *apart])
    return Outcome(mine, doing, life.tier)


def _sums(lived: Lived, before: int) -> Sums:
    if lived.order is None:
        return Sums(0, 0, before, lived.points)
    return Sums(1, lived.order.total_minor - lived.back_minor, before, lived.points)


def _gave(figures: Figures, lived: Lived) -> set[str]:
    """Count what it gave; the campaigns whose rules did."""
    owners = set[str]()
    for reason in lived.decision.reasons:
        if reason.matched:
            owners.add(owner_of(reason.rule))
            sums = figures.rules.setdefault(reason.rule, RuleSums(unit=reason.unit))
            sums.times += 1
            sums.units += reason.amount
    for unit in lived.decision.units():
        if unit != POINTS:
            figures.units[unit] = figures.units.get(unit, 0) + lived.kept(unit)
    if lived.order is None or not lived.order.total_minor or lived.back_minor < lived.order.total_minor:
        for effect in lived.decision.effects:
            if isinstance(effect, IssueReward):
                figures.rewards[effect.reward] = figures.rewards.get(effect.reward, 0) + effect.quantity
    return owners - {""}


def _stamp(stamps: dict[str, int], lived: Lived) -> None:
    for unit in lived.decision.units():
        if unit != POINTS:
            stamps[unit] = stamps.get(unit, 0) + lived.kept(unit)


def _cards(figures: Figures, stamps: Mapping[str, int], side: SideUnits) -> None:
    """Full cards hand out their reward; the stamps of all of the member's past fill them."""
    for card in side.cards:
        full = stamps.get(card.unit, 0) // card.needed
        if full:
            figures.rewards[card.reward] = figures.rewards.get(card.reward, 0) + full * card.quantity


def _member(figures: Figures, life: Life, mine: Sums, doing: Sums, tier_now: str, since: datetime) -> None:
    before, after = mine.before + doing.before, mine.after + doing.after
    figures.members += 1
    figures.buyers += mine.orders > 0
    figures.reached += after > 0
    figures.more += after > before
    figures.fewer += after < before
    figures.whole.add(mine)
    figures.doing.add(doing)
    rank = life.rules.tiers.rank
    for move in life.moves:
        if move.at >= since and move.at != life.member.joined_at:
            figures.up += rank(move.after) > rank(move.before)
            figures.down += rank(move.after) < rank(move.before)
    if life.tier != tier_now:
        key = f"{tier_now}>{life.tier}"
        figures.moves[key] = figures.moves.get(key, 0) + 1


def cost_minor(figures: Figures, costs: Mapping[str, Any], *, after: bool) -> int | None:
    """What the points (and, rehearsed, the rewards that rules hand out) cost in minor units, if every point is used;
    None where no reward says what it costs."""
    sums = (figures.whole, figures.doing)
    points = sum(one.after if after else one.before for one in sums)
    if not costs.get("point"):
        return None
    total = Decimal(costs["point"]) * points
    if after:
        each = costs.get("rewards", {})
        total += sum(each.get(handle, 0) * number for handle, number in figures.rewards.items())
    return int(total.to_integral_value())


def reached_on(figures: Figures, costs: Mapping[str, Any], limit_minor: int) -> str | None:
    """The local day on which the points given had come to cost so much; None when they never did."""
    if not costs.get("point"):
        return None
    each, so_far = Decimal(costs["point"]), 0
    for day in sorted(figures.days):
        so_far += figures.days[day].after
        if each * so_far >= limit_minor:
            return day
    return None


WEEKS = timedelta(weeks=52)


def moved_into(earning: Earning, *, until: datetime) -> Earning:
    """The same rules, those with times of their own moved back by whole years of 52 weeks (so that weekdays stay) until
    they begin before the end of the period: what is planned for next December is tried on the last one."""
    rules = []
    for rule in earning.rules:
        window, begins = rule.window, rule.window.from_
        while begins is not None and begins >= until:
            ends = window.until - WEEKS if window.until else None
            begins = begins - WEEKS
            window = msgspec.structs.replace(window, from_=begins, until=ends)
        rules.append(msgspec.structs.replace(rule, window=window) if window != rule.window else rule)
    return msgspec.structs.replace(earning, rules=tuple(rules))
