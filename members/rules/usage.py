"""What a programme keeps count of, and the facts of a batch as its decisions add to them. Pure.

A gift counts while a cap, a cool-down or a budget looks at its rule. What was given before a limit named the rule is
not counted afterwards.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from members.rules.conditions import CoolDown, Following, OrderNumber, Repeat
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.decision import Decision
from members.rules.facts import Given, Happened, MemberFacts, Period, Spent
from members.rules.limits import period_end, period_start
from members.rules.needs import Need, of
from members.rules.owning import owner_of

if TYPE_CHECKING:
    from uuid import UUID

    from members.rules.earning import Earning


@dataclass(frozen=True, slots=True)
class Asked:
    """What a programme's rules look at besides the purchase itself. `periods` has the periods in which each capped rule
    is counted per member, `cooled` the rules of which a cool-down asks when they gave, `budgets` those that are drawn
    on, `reach` how far back the programme looks for each kind of event, `order_periods` in which purchases are counted,
    `repeats` over how many days those of a product are."""

    needs: frozenset[Need]
    periods: Mapping[str, tuple[Period, ...]]
    cooled: frozenset[str]
    budgets: tuple[str, ...]
    reach: Mapping[str, timedelta]
    order_periods: tuple[Period, ...] = ()
    repeats: tuple[int, ...] = ()
    added: frozenset[str] = frozenset()  # rules that are no part of the programme

    @property
    def nothing(self) -> bool:
        """True when the look-up of the member has everything."""
        return self.needs <= {Need.JOINED} and not self.added

    @property
    def guarded(self) -> bool:
        """True when two decisions at once could both be wrong."""
        return any(need.locked for need in self.needs)

    @property
    def by_member(self) -> bool:
        """True when what is compared under a lock is the member's own."""
        return not self.needs.isdisjoint({Need.ORDERS, Need.GIVEN})


# By identity, as the engine keeps its steps: each programme is held, so that no other gets its id meanwhile.
_kept: dict[int, tuple["Earning", Asked]] = {}


def asked_by(earning: "Earning") -> Asked:
    """What a programme's rules look at, found out once for each programme."""
    found = _kept.get(id(earning))
    if found is None:
        if len(_kept) > 2000:
            _kept.clear()
        found = _kept[id(earning)] = earning, _asked(earning)
    return found[1]


def asking_segments(asked: Asked) -> Asked:
    """The same, and which segments members are in: for experiments that are for one of them."""
    return asked if Need.SEGMENTS in asked.needs else replace(asked, needs=asked.needs | {Need.SEGMENTS})


def _asked(earning: "Earning") -> Asked:
    waits, reach = set(), dict[str, timedelta]()
    periods, repeats = set[Period](), set[int]()
    for rule in earning.rules:
        for condition in rule.when:
            if isinstance(condition, CoolDown):
                waits.add(condition.rule or rule.id)
            elif isinstance(condition, Following):
                days = timedelta(days=condition.within_days)
                reach[condition.after] = max(days, reach.get(condition.after, days))
            elif isinstance(condition, OrderNumber) and condition.per is not Period.LIFETIME:
                periods.add(condition.per)
            elif isinstance(condition, Repeat):
                repeats.add(condition.within_days)
    return Asked(
        of(earning),
        {rule.id: tuple(limit.period for limit in rule.limits.per) for rule in earning.rules if rule.limits.per},
        frozenset(waits),
        tuple(sorted({rule.limits.budget for rule in earning.rules if rule.limits.budget})),
        reach,
        tuple(sorted(periods)),
        tuple(sorted(repeats)),
        frozenset(rule.id for rule in earning.rules if owner_of(rule.id)),
    )  # fmt: skip


def counts(earning: "Earning") -> frozenset[str]:
    """The rules whose gifts are kept count of; of those that were added all are, so that each campaign's gifts can be
    told from the programme's."""
    asked = asked_by(earning)
    drawing = {rule.id for rule in earning.rules if rule.limits.budget}
    return asked.cooled | asked.periods.keys() | drawing | asked.added


class Use(NamedTuple):
    """What one rule gave at one occasion, as it is counted. `unit_cost` is in minor units, 0 without a budget."""

    rule: str
    unit: str
    units: int
    budget: str
    unit_cost: Decimal

    def wire(self) -> dict[str, Any]:
        """As JSON; the cost as decimal text."""
        return {**self._asdict(), "unit_cost": str(self.unit_cost)}


def uses(earning: "Earning", decision: Decision) -> list[Use]:
    """What a decision counts for."""
    if not decision.counted:
        return []
    costs = {budget.id: budget.unit_cost for budget in earning.budgets}
    drawn = {one.rule: one.budget for one in decision.drawn}
    for one in decision.drawn:  # of a campaign that was stopped since it was decided
        costs.setdefault(one.budget, Decimal(one.cost_minor) / one.units)
    found = []
    for reason in decision.reasons:
        if reason.rule in decision.counted:
            budget = drawn.get(reason.rule, "")
            found.append(Use(reason.rule, reason.unit, reason.amount, budget, costs.get(budget, Decimal(0))))
    return found


@dataclass(slots=True)
class Standing:
    """A member's figures as they were read; `seen` tells them from later ones."""

    seen: str = ""
    orders: int = 0
    spend_minor: int = 0
    last_order_at: datetime | None = None
    birthday: Any = None
    tier: str = ""
    places: list[tuple[str, datetime | None]] = field(default_factory=list)  # segments, and until when

    def segments(self, at: datetime) -> frozenset[str]:
        """The segments the member is in at an instant."""
        return frozenset(segment for segment, until in self.places if until is None or at < until)


@dataclass(slots=True)
class Sheet:
    """What was read for a batch, by the number of the asking occasion, and what its decisions have added since: of
    occasions that stand in one batch the later ones see the earlier."""

    asked: Asked
    zone: ZoneInfo
    standings: dict["UUID", Standing] = field(default_factory=dict)
    given: dict[tuple[int, str, Period], tuple[int, int]] = field(default_factory=dict)  # times, units
    nearest: dict[tuple[int, str], datetime] = field(default_factory=dict)
    past: dict[int, list[Happened]] = field(default_factory=dict)
    budgets: dict[str, Spent] = field(default_factory=dict)
    ordered: dict[tuple[int, Period], int] = field(default_factory=dict)  # purchases in each period
    bought: dict[tuple[int, int, str], int] = field(default_factory=dict)  # with a product: by days back, SKU
    recorded: set[int] = field(default_factory=set)  # whose name is taken already
    drawn: dict[str, Spent] = field(default_factory=dict)  # by this batch
    added: dict[tuple["UUID", str], list[tuple[datetime, int]]] = field(
        default_factory=dict
    )  # in order of time
    happened: dict["UUID", list[Happened]] = field(default_factory=dict)
    orders: dict["UUID", list[datetime]] = field(default_factory=dict)  # in order of time

    def member(
        self, number: int, member: "UUID", at: datetime, *, joined_at: datetime, blocked: bool
    ) -> MemberFacts:
        """What is known of a member at an occasion."""
        stands = self.standings.get(member) or Standing()
        return MemberFacts(
            joined_at, stands.orders, stands.spend_minor, stands.last_order_at, blocked, stands.birthday,
            stands.tier, stands.segments(at),
            past=(*self.past.get(number, ()), *self.happened.get(member, ())),
            orders_in=self._orders_in(number, member, at), bought=self._bought(number, member, at),
            given={rule: self._given(number, member, rule, at) for rule in self._rules()},
        )  # fmt: skip

    def spent(self) -> dict[str, Spent]:
        """What has gone out of each budget by now."""
        return {name: _sum(self.budgets.get(name), self.drawn.get(name)) for name in self.asked.budgets}

    def add(self, member: "UUID", at: datetime, found: Iterable[Use], happened: Iterable[Happened]) -> None:
        """Count what a decision gave, and what had happened."""
        for use in found:
            insort(self.added.setdefault((member, use.rule), []), (at, use.units))
            if use.budget:
                self.drawn[use.budget] = self.drawn.get(use.budget, Spent()).plus(use.units, use.unit_cost)
        self.happened.setdefault(member, []).extend(happened)

    def add_order(self, member: "UUID", at: datetime, total_minor: int) -> None:
        """Count a purchase in the member's figures."""
        stands = self.standings.setdefault(member, Standing())
        stands.orders += 1
        stands.spend_minor += total_minor
        stands.last_order_at = max(at, stands.last_order_at or at)
        insort(self.orders.setdefault(member, []), at)

    def _rules(self) -> set[str]:
        return self.asked.periods.keys() | self.asked.cooled

    def _orders_in(self, number: int, member: "UUID", at: datetime) -> dict[Period, int]:
        found = {}
        for period in self.asked.order_periods:
            since, until = bounds(period, at, self.zone)
            placed = self.orders.get(member, [])
            first, after = _place(placed, since, 0), _place(placed, until, len(placed))
            found[period] = self.ordered.get((number, period), 0) + after - first
        return found

    def _bought(self, number: int, member: "UUID", at: datetime) -> dict[tuple[int, str], int]:
        found = {(back, sku): count for (asker, back, sku), count in self.bought.items() if asker == number}
        for back in self.asked.repeats:
            for event in self.happened.get(member, ()):
                if event.kind == PURCHASE and timedelta(0) <= at - event.at <= timedelta(days=back):
                    found[back, event.sku] = found.get((back, event.sku), 0) + 1
        return found

    def _given(self, number: int, member: "UUID", rule: str, at: datetime) -> Given:
        more = self.added.get((member, rule), [])
        times, units = {}, {}
        for period in self.asked.periods.get(rule, ()):
            since, until = bounds(period, at, self.zone)
            inside = more[_first(more, since, 0) : _first(more, until, len(more))]
            read = self.given.get((number, rule, period), (0, 0))
            times[period], units[period] = (
                read[0] + len(inside),
                read[1] + sum(units for _at, units in inside),
            )
        return Given(self._nearest(number, rule, at, more), times, units)

    def _nearest(
        self, number: int, rule: str, at: datetime, more: list[tuple[datetime, int]]
    ) -> datetime | None:
        """When the rule gave that is nearest to an instant, of two as near the earlier; only a cool-down asks."""
        if rule not in self.asked.cooled:
            return None
        place = _first(more, at, 0)
        instants = [then for then, _units in more[max(0, place - 1) : place + 1]]
        if (number, rule) in self.nearest:
            instants.append(self.nearest[number, rule])
        return min(instants, key=lambda then: (abs(at - then), then), default=None)


def _first(given: list[tuple[datetime, int]], since: datetime | None, unbounded: int) -> int:
    """The place of the first gift not before an instant."""
    return unbounded if since is None else bisect_left(given, (since,))


def _place(instants: list[datetime], since: datetime | None, unbounded: int) -> int:
    return unbounded if since is None else bisect_left(instants, since)


def bounds(period: Period, at: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """From when until before when the period counts that `at` lies in; None is unbounded."""
    return _bounds(period, at.astimezone(zone).date(), zone)


@lru_cache(maxsize=4096)
def _bounds(period: Period, day: date, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    noon = datetime.combine(day, time(12), tzinfo=zone)
    return period_start(period, noon, zone), period_end(period, noon, zone)


def _sum(one: Spent | None, other: Spent | None) -> Spent:
    one, other = one or Spent(), other or Spent()
    return Spent(one.units + other.units, one.cost_minor + other.cost_minor)
