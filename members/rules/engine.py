"""The engine: `decide(rules, facts, at)`. Pure. The live order, the preview and the back-test all ask it."""

from datetime import datetime
from decimal import Decimal

from loyalty.core.money import share
from members.rules.decision import Decision, Effect, Reason
from members.rules.earning import Earning
from members.rules.earning.base import Tally
from members.rules.facts import Facts, LineFacts, OrderFacts


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


def _whole_by_line(weights: dict[int, Decimal], total: int) -> dict[int, int]:
    """`total` whole points split by weight, largest remainders first, summing exactly."""
    weight = sum(weights.values(), start=Decimal(0))
    exact = {number: total * part / weight for number, part in weights.items()}
    parts = {number: int(value) for number, value in exact.items()}
    missing = total - sum(parts.values())
    for number in sorted(exact, key=lambda number: (parts[number] - exact[number], number))[:missing]:
        parts[number] += 1
    return parts


def _spread(amount: int, lines: list[LineFacts]) -> dict[int, int]:
    """`amount` split over the lines by their amounts, in whole minor units that sum to it (at most all they
    cost)."""
    total = sum(line.amount_minor for line in lines)
    left_amount, left_total = min(amount, total), total
    parts = {}
    for line in lines:
        part = share(left_amount, line.amount_minor, left_total)
        parts[line.number] = part
        left_amount -= part
        left_total -= line.amount_minor
    return parts


def decide(earning: Earning, facts: Facts, at: datetime) -> Decision:
    """What an order earns and why. `at` is when the order was made."""
    eligible = eligible_by_line(earning, facts.order)
    total = sum(eligible.values())
    if facts.member.blocked:
        return Decision((), (Reason("", "", False, "member_blocked"),), total)
    tally = Tally(eligible)
    reasons = {
        rule.id: rule.decide(facts, tally, at) for rule in sorted(earning.rules, key=lambda rule: rule.phase)
    }
    given = {**tally.base, **tally.extra}
    points = sum(given.values())
    if not points:
        return Decision((), tuple(reasons[rule.id] for rule in earning.rules), total)
    weights = {
        number: tally.per_line.get(number, Decimal(0)) + tally.extra_per_line.get(number, Decimal(0))
        for number in tally.per_line
    }
    return Decision(
        (Effect("points", points, tuple(given)),),
        tuple(reasons[rule.id] for rule in earning.rules),
        total,
        _whole_by_line(weights, points),
    )
