"""The engine: `decide(rules, facts, at)`. Pure. The live order, the preview and the back-test all ask it.

Rules that give for money spent are asked first, then those that add to it; among each, by falling priority and then by
id, so the order in which rules are written never matters. A rule that may count makes an offer; its caps cut it; its
group may prefer another's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.core.money import share
from members.rules.conditions import Case, Condition
from members.rules.decision import AnyEffect, Checked, Decision, Drawn, Effect, Reason
from members.rules.earning import Earning, Rule
from members.rules.earning.base import BASE, Offer, Tally
from members.rules.facts import Facts, LineFacts, OrderFacts
from members.rules.filters import Window
from members.rules.groups import Mode
from members.rules.limits import Budget, Limits
from members.rules.units import FAMILIES, POINTS, family
from members.rules.usage import counts


def eligible_by_line(earning: Earning, order: OrderFacts) -> dict[int, int]:
    """Minor units of each line that may earn: the right kind of line, less its part of the order's discount
    and (unless the programme says otherwise) of what was paid with points. Parts add up to the whole
    exactly."""
    payable = [line for line in order.lines if line.amount_minor > 0]
    off = order.discount_minor + (0 if earning.on_points else order.points_minor)
    parts = _spread(off, payable)
    return {
        line.number: max(0, line.amount_minor - parts[line.number])
        for line in payable
        if line.kind in earning.earns
    }


def paid_by_line(order: OrderFacts) -> dict[int, int]:
    """What was paid for each line: its amount less its part of the order's discount, in minor units."""
    parts = _spread(order.discount_minor, [line for line in order.lines if line.amount_minor > 0])
    return {line.number: line.amount_minor - parts.get(line.number, 0) for line in order.lines}


def whole_by_line(weights: Mapping[int, int | Decimal], total: int) -> dict[int, int]:
    """`total` whole units split by weight, largest remainders first (of equals the earlier line), summing exactly."""
    whole = sum(weights.values())
    both: dict[
        int, tuple[Any, Any]
    ]  # the whole part of each line's share, and what is left over: exact for integers
    if isinstance(whole, int):
        both = {number: divmod(total * weight, whole) for number, weight in weights.items()}
    else:
        exact = {number: total * weight / whole for number, weight in weights.items()}
        both = {number: (int(value), value - int(value)) for number, value in exact.items()}
    parts = {number: int(part) for number, (part, _rest) in both.items()}
    missing = total - sum(parts.values())
    if missing:
        for number in sorted(both, key=lambda number: (-both[number][1], number))[:missing]:
            parts[number] += 1
    return parts


def _spread(amount: int, lines: list[LineFacts]) -> dict[int, int]:
    """`amount` split over the lines by their amounts, in whole minor units that sum to it (at most all they
    cost)."""
    if not amount:
        return {line.number: 0 for line in lines}
    total = sum(line.amount_minor for line in lines)
    left_amount, left_total = min(amount, total), total
    parts = {}
    for line in lines:
        part = share(left_amount, line.amount_minor, left_total)
        parts[line.number] = part
        left_amount -= part
        left_total -= line.amount_minor
    return parts


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule with what need not be found out for every order."""

    rule: Rule
    takes_all: bool
    on_activity: bool
    always: bool
    capped: bool
    counts: bool
    gives: str
    is_unit: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """Rules that are settled together: one alone (`Mode.ALL`), or a group of which one may give."""

    rules: tuple[_Ready, ...]
    mode: Mode


# By identity: two programmes may be equal and yet not the same, for True equals 1. Each is held, so that no other gets
# its id meanwhile.
_kept: dict[int, tuple[Earning, tuple[_Step, ...]]] = {}


def _steps(earning: Earning) -> tuple[_Step, ...]:
    """The order in which rules are settled, found out once for each programme."""
    found = _kept.get(id(earning))
    if found is None:
        if len(_kept) > 2000:
            _kept.clear()
        found = _kept[id(earning)] = earning, _ordered(earning)
    return found[1]


def _ordered(earning: Earning) -> tuple[_Step, ...]:
    """Rules by phase, priority and id; a group stands where its first rule would."""
    modes = {group.id: group.mode for group in earning.groups}
    counting = counts(earning)
    steps: dict[str, tuple[Mode, list[_Ready]]] = {}
    for rule in sorted(earning.rules, key=lambda rule: (rule.phase, -rule.priority, rule.id)):
        mode = modes.get(rule.group, Mode.ALL)
        name = f"rule {rule.id}" if mode is Mode.ALL else f"group {rule.group}"
        ready = _Ready(
            rule, rule.only.takes_all, rule.activity is not None, rule.window == Window(),
            rule.limits != Limits(), rule.id in counting, rule.gives, family(rule.gives) in FAMILIES,
        )  # fmt: skip
        steps.setdefault(name, (mode, []))[1].append(ready)
    return tuple(_Step(tuple(rules), mode) for mode, rules in steps.values())


@dataclass(slots=True)
class _Bid:
    """A rule whose conditions hold, with what its caps leave of its offer."""

    ready: _Ready
    offer: Offer
    amount: int
    values: dict[str, Any]
    conditions: tuple[Checked, ...]

    @property
    def rule(self) -> Rule:
        """The rule that bids."""
        return self.ready.rule

    @property
    def rank(self) -> tuple[int, int, str]:
        """Sorts the best first."""
        return -self.amount, -self.rule.priority, self.rule.id


class _Deciding:
    """One decision in the making."""

    def __init__(self, earning: Earning, facts: Facts, at: datetime, eligible: dict[int, int]):
        self.earning, self.facts, self.at, self.eligible = earning, facts, at, eligible
        self.local = at.astimezone(ZoneInfo(facts.zone))
        self.amounts = {number: amount for number, amount in eligible.items() if amount > 0}
        self.payable = [line for line in facts.order.lines if line.number in self.amounts]
        self.budgets: dict[str, Budget] = {budget.id: budget for budget in earning.budgets}
        self.left = {name: budget.left(facts.budgets.get(name)) for name, budget in self.budgets.items()}
        self.tally = Tally()
        self.reasons: dict[str, Reason] = {}
        self.effects: list[AnyEffect] = []
        self.drawn: list[Drawn] = []
        self.counted: list[str] = []

    def settle(self, step: _Step) -> None:
        """Ask the rules of a step, and let those give that may."""
        if step.mode is Mode.ALL:
            bid = self._bid(step.rules[0])
            if bid is not None:
                self._give(bid)
            return
        bids = [bid for ready in step.rules if (bid := self._bid(ready)) is not None]
        if not bids:
            return
        winner = bids[0] if step.mode is Mode.EXCLUSIVE else min(bids, key=lambda bid: bid.rank)
        self._give(winner)
        for bid in bids:
            if bid is not winner:
                self._lose(bid, winner, step.mode)

    def _bid(self, ready: _Ready) -> _Bid | None:
        """What a rule may give; None when it gives nothing, with its reason kept."""
        rule = ready.rule
        barred = self._barred(ready)
        if barred is not None:
            self._refuse(rule, *barred)
            return None
        lines, amounts = self.payable, self.amounts
        if not ready.takes_all:
            lines = [line for line in lines if rule.only.takes(line)]
            amounts = {line.number: amounts[line.number] for line in lines}
        case = Case(self.facts, self.at, self.local, self.eligible, rule.id, lines, amounts)
        checked = _check(rule.when, case) if rule.when else ()
        for one in checked:
            if not one.matched:
                self._refuse(rule, one.code, one.values, checked)
                return None
        return self._offer(ready, case, checked)

    def _barred(self, ready: _Ready) -> tuple[str, dict[str, Any]] | None:
        """What keeps a rule from even looking, as (code, values): its time, the occasion, its filter."""
        rule, activity = ready.rule, self.facts.activity
        if rule.off:
            return "switched_off", {}
        if not ready.always and not rule.window.holds(self.at):
            ends = {"from": _iso(rule.window.from_), "until": _iso(rule.window.until)}
            return "outside_window", {"at": self.at.isoformat(), **ends}
        if ready.on_activity != (activity is not None):
            return "not_an_activity" if ready.on_activity else "not_a_purchase", {}
        refused = rule.only.refuses(self.facts)
        if refused is not None or activity is None or ready.takes_all:
            return refused
        product = activity.product
        if product is None or not rule.only.takes(product):
            return "other_product", {"found": product.sku if product else ""}
        return None

    def _offer(self, ready: _Ready, case: Case, checked: tuple[Checked, ...]) -> _Bid | None:
        """The rule's offer after its caps; None when nothing is left of it."""
        rule = ready.rule
        offer = rule.offer(case, self.tally)
        if not offer.amount:
            self._refuse(rule, offer.code, offer.values, checked)
            return None
        if not ready.capped:
            return _Bid(ready, offer, offer.amount, offer.values, checked)
        limits = rule.limits
        left = self.left.get(limits.budget) if limits.budget else None
        amount, bound = limits.leave(offer.amount, self.facts.member.given.get(rule.id), left)
        if bound is None:
            return _Bid(ready, offer, amount, offer.values, checked)
        values = {**offer.values, **bound, "by": offer.code}
        if not amount:
            self._refuse(rule, "used_up", values, checked)
            return None
        return _Bid(ready, offer, amount, values, checked)

    def _give(self, bid: _Bid) -> None:
        rule, unit = bid.ready.rule, bid.ready.gives
        if bid.ready.is_unit:
            self.tally.add(unit, rule.id, bid.amount, bid.offer.weights, base=rule.phase == BASE)
        elif (effect := rule.effect(bid.amount)) is not None:
            self.effects.append(effect)
        code = bid.offer.code if bid.amount == bid.offer.amount else "capped"
        self.reasons[rule.id] = Reason(
            rule.id, rule.name, True, code, bid.values, bid.amount, unit, bid.conditions
        )
        if bid.ready.counts:
            self.counted.append(rule.id)
        if rule.limits.budget:
            self.left[rule.limits.budget] -= bid.amount
            cost = self.budgets[rule.limits.budget].cost(bid.amount)
            self.drawn.append(Drawn(rule.limits.budget, rule.id, bid.amount, cost))

    def _lose(self, bid: _Bid, winner: _Bid, mode: Mode) -> None:
        values = {"group": bid.rule.group, "winner": winner.rule.name or winner.rule.id, "would": bid.amount,
                  "gave": winner.amount}  # fmt: skip
        code = "outranked" if mode is Mode.EXCLUSIVE else "beaten"
        self._refuse(bid.rule, code, values, bid.conditions)

    def _refuse(
        self, rule: Rule, code: str, values: dict[str, Any], checked: tuple[Checked, ...] = ()
    ) -> None:
        self.reasons[rule.id] = Reason(rule.id, rule.name, False, code, values, 0, rule.gives, checked)

    def decision(self, total: int, split: bool) -> Decision:
        """Everything given, with the whole units of each line where they are asked for."""
        given = self.tally.given
        units = sorted(given, key=lambda unit: (unit != POINTS, unit))
        effects = [Effect(unit, sum(given[unit].values()), tuple(given[unit])) for unit in units]
        asked = effects if split else ()
        weighed = {effect.unit: (self.tally.lines(effect.unit), effect.amount) for effect in asked}
        lines = {unit: whole_by_line(weights, total) for unit, (weights, total) in weighed.items() if weights}
        return Decision(
            (*effects, *self.effects),
            tuple(self.reasons[rule.id] for rule in self.earning.rules),
            total,
            lines.pop(POINTS, {}),
            lines,
            tuple(self.drawn),
            tuple(self.counted),
        )


def _check(conditions: Iterable[Condition], case: Case) -> tuple[Checked, ...]:
    """Every condition's verdict, also after one that does not hold: staff see them all."""
    found = []
    for condition in conditions:
        holds, code, values = condition.holds(case)
        found.append(Checked(condition.__struct_config__.tag, holds, code, values))  # type: ignore[arg-type]
    return tuple(found)


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def decide(earning: Earning, facts: Facts, at: datetime, *, split: bool = True) -> Decision:
    """What a purchase or an activity earns and why. `at` is when it happened. Without `split` the decision does not say
    how its units fall on the lines, which is much of the work and only asked for where something comes back."""
    eligible = eligible_by_line(earning, facts.order)
    total = sum(eligible.values())
    if facts.member.blocked:
        return Decision((), (Reason("", "", False, "member_blocked"),), total)
    deciding = _Deciding(earning, facts, at, eligible)
    for step in _steps(earning):
        deciding.settle(step)
    return deciding.decision(total, split)
