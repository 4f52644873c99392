"""The earning section of the programme. A new kind of rule is a file here and its name in `Rule`."""

from collections.abc import Sequence

from msgspec import Struct

from members.rules.earning.badge import GiveBadge
from members.rules.earning.base import BASE, Filter, Tally, Window, shared_problems
from members.rules.earning.draw import GiveEntries
from members.rules.earning.fixed import Fixed, For
from members.rules.earning.multiplier import Multiplier
from members.rules.earning.points_per_amount import PointsPerAmount
from members.rules.earning.reward import GiveReward
from members.rules.earning.segment import PlaceInSegment
from members.rules.earning.threshold import Step, Threshold
from members.rules.facts import LineKind
from members.rules.groups import Group, Mode
from members.rules.limits import Budget, Limits, PeriodLimit

Rule = (
    PointsPerAmount | Multiplier | Fixed | Threshold | GiveReward | GiveBadge | GiveEntries | PlaceInSegment
)

type Problems = list[tuple[str, str]]


class Earning(Struct, forbid_unknown_fields=True, frozen=True):
    """`earns` lists the kinds of lines that earn; `on_points` whether the part paid with points does. `groups` say how
    the rules that name them combine, `budgets` what the rules that name them may give to all members together."""

    rules: tuple[Rule, ...] = ()
    earns: tuple[LineKind, ...] = (LineKind.PRODUCT,)
    on_points: bool = False
    groups: tuple[Group, ...] = ()
    budgets: tuple[Budget, ...] = ()


def check(earning: Earning) -> Problems:
    """Ids are unique, every rule makes sense, and groups and budgets fit the rules that name them."""
    problems = _named("rules", "rule", earning.rules, 100)
    problems += _named("groups", "group", earning.groups, 50)
    problems += _named("budgets", "budget", earning.budgets, 50)
    for index, rule in enumerate(earning.rules):
        found = rule.problems() + shared_problems(rule) + _belongs(rule, earning)
        problems += [(f"rules[{index}].{path}", message) for path, message in found]
    for index, group in enumerate(earning.groups):
        problems += [(f"groups[{index}].{path}", message) for path, message in _fits(group, earning.rules)]
    for index, budget in enumerate(earning.budgets):
        problems += [(f"budgets[{index}].{path}", message) for path, message in budget.problems()]
    return problems


def _named(field: str, what: str, items: Sequence[Rule | Group | Budget], most: int) -> Problems:
    """Ids are short, plain and each there once; names are not endless."""
    problems: Problems = [(field, f"At most {most} {field}.")] if len(items) > most else []
    seen: set[str] = set()
    for index, item in enumerate(items):
        if not item.id or len(item.id) > 60 or not item.id.replace("-", "").replace("_", "").isalnum():
            problems.append((f"{field}[{index}].id", "Use letters, digits, dashes; at most 60."))
        elif item.id in seen:
            problems.append((f"{field}[{index}].id", f"Another {what} has this id."))
        if len(item.name) > 120:
            problems.append((f"{field}[{index}].name", "At most 120 characters."))
        seen.add(item.id)
    return problems


def _belongs(rule: Rule, earning: Earning) -> Problems:
    """The group and the budget a rule names are there, and the budget is of what it gives."""
    found: Problems = []
    if rule.group and all(group.id != rule.group for group in earning.groups):
        found.append(("group", "There is no such group."))
    budget = next((budget for budget in earning.budgets if budget.id == rule.limits.budget), None)
    if rule.limits.budget and budget is None:
        found.append(("limits.budget", "There is no such budget."))
    elif budget is not None and budget.unit != rule.gives:
        found.append(("limits.budget", f"This budget is of {budget.unit}, the rule gives {rule.gives}."))
    if rule.activity and rule.phase == BASE:
        found.append(("when", "An activity has no amount: use a fixed bonus."))
    return found


def _fits(group: Group, rules: tuple[Rule, ...]) -> Problems:
    """What gives for money spent comes before what adds to it, so one group cannot hold both; and only what is of one
    unit can be compared."""
    members = [rule for rule in rules if rule.group == group.id]
    if group.mode is not Mode.ALL and len({rule.phase for rule in members}) > 1:
        return [("mode", "Rules for money spent and bonuses cannot exclude each other: make two groups.")]
    if group.mode is Mode.BEST and len({rule.gives for rule in members}) > 1:
        return [("mode", "Which is best can only be told of rules that give the same unit.")]
    return []


__all__ = [
    "Budget",
    "Earning",
    "Filter",
    "Fixed",
    "For",
    "GiveBadge",
    "GiveEntries",
    "GiveReward",
    "Group",
    "Limits",
    "Mode",
    "Multiplier",
    "PeriodLimit",
    "PlaceInSegment",
    "PointsPerAmount",
    "Rule",
    "Step",
    "Tally",
    "Threshold",
    "Window",
    "check",
    "shared_problems",
]
