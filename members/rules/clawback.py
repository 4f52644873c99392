"""How many points a refund takes back. Pure, and a function of what came back in all, so the order in which
refunds arrive cannot matter."""

from dataclasses import dataclass

from loyalty.core.money import share


@dataclass(frozen=True, slots=True)
class LineState:
    """One line: what was paid for it, what came back of that, and the points it earned."""

    paid_minor: int
    refunded_minor: int
    points: int


def points_to_take(lines: list[LineState], *, unassigned_minor: int, cancelled: bool) -> int:
    """Points of an order that its refunds undo in all, never more than it earned.

    A line gives back its own points in proportion; money refunded on the whole order takes its part of the
    rest.
    """
    earned = sum(line.points for line in lines)
    if cancelled:
        return earned
    by_line = sum(share(line.points, line.refunded_minor, line.paid_minor) for line in lines)
    left_minor = sum(line.paid_minor - line.refunded_minor for line in lines)
    return by_line + share(earned - by_line, min(unassigned_minor, left_minor), left_minor)


def points_to_release(lines: list[LineState]) -> int:
    """Points that the shipment (or another event) of some lines sets free: what they earned, less what their refunds
    undo."""
    return sum(line.points - share(line.points, line.refunded_minor, line.paid_minor) for line in lines)
