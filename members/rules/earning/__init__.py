"""The earning section of the programme. A new kind of rule is a file here and its name in `Rule`."""

from msgspec import Struct

from members.rules.earning.base import Filter, Tally, Window
from members.rules.earning.multiplier import Multiplier
from members.rules.earning.points_per_amount import PointsPerAmount
from members.rules.facts import LineKind

Rule = PointsPerAmount | Multiplier


class Earning(Struct, forbid_unknown_fields=True, frozen=True):
    """`earns` lists the kinds of lines that earn; `on_points` whether the part paid with points does."""

    rules: tuple[Rule, ...] = ()
    earns: tuple[LineKind, ...] = (LineKind.PRODUCT,)
    on_points: bool = False


def check(earning: Earning) -> list[tuple[str, str]]:
    """Ids are unique and every rule makes sense."""
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    if len(earning.rules) > 100:
        problems.append(("rules", "At most 100 rules."))
    for index, rule in enumerate(earning.rules):
        if not rule.id or len(rule.id) > 60 or not rule.id.replace("-", "").replace("_", "").isalnum():
            problems.append((f"rules[{index}].id", "Use letters, digits, dashes; at most 60."))
        elif rule.id in seen:
            problems.append((f"rules[{index}].id", "Another rule has this id."))
        if len(rule.name) > 120:
            problems.append((f"rules[{index}].name", "At most 120 characters."))
        seen.add(rule.id)
        problems.extend((f"rules[{index}].{path}", message) for path, message in rule.problems())
    return problems


__all__ = ["Earning", "Filter", "Multiplier", "PointsPerAmount", "Rule", "Tally", "Window", "check"]
