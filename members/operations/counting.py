"""Keep count of what limited rules gave: taken with the order, given back with its refunds, moved with its member.

A budget's row is locked after the members' counts and before the books, budgets sorted by name.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from loyalty.core.money import share
from members.models import BudgetUse, RuleUse
from members.rules.earning import Earning
from members.rules.facts import Spent
from members.rules.usage import Sheet, Use


def expected(sheet: Sheet, *, earning: Earning, members: Iterable[UUID]) -> dict[str, Any] | None:
    """What must still be true when the decisions are written, as `members_record_orders` checks it under its locks:
    the members' counts are those that were read, and the budgets have what is drawn. None: nothing was compared."""
    if not sheet.asked.guarded:
        return None
    own = sheet.asked.by_member
    return {
        "members": {str(member): sheet.standings[member].seen for member in members} if own else {},
        "budgets": [
            {
                "budget": budget.id,
                "units": drawn.units,
                "cost": str(drawn.cost_minor),
                "most_units": budget.units,
                "most_cost": budget.money_minor,
            }
            for budget in earning.budgets
            if (drawn := sheet.drawn.get(budget.id)) is not None
        ],
    }


def lock_budgets(names: Sequence[str]) -> None:
    """Lock budgets before a decision that is written in the same transaction; after the members' counts."""
    BudgetUse.objects.bulk_create([BudgetUse(budget=name) for name in sorted(names)], ignore_conflicts=True)
    list(
        BudgetUse.objects.select_for_update(no_key=True)
        .filter(budget__in=names)
        .order_by("budget")
        .values_list("budget")
    )


def count(
    *, found: Sequence[Use], source_kind: RuleUse.Kind, source: UUID, member: UUID, at: datetime
) -> None:
    """Write what a decision counts for. The caller holds the member's counts and the budgets."""
    RuleUse.objects.bulk_create(
        RuleUse(source_kind=source_kind, source=source, rule=use.rule, member_id=member, unit=use.unit,
                amount=use.units, units=use.units, budget=use.budget, unit_cost=use.unit_cost, at=at)
        for use in found
    )  # fmt: skip
    drawn: dict[str, Spent] = {}
    for use in found:
        if use.budget:
            drawn[use.budget] = drawn.get(use.budget, Spent()).plus(use.units, use.unit_cost)
    _draw(drawn)


def _draw(drawn: dict[str, Spent]) -> None:
    for name in sorted(drawn):
        BudgetUse.objects.filter(budget=name).update(
            units=F("units") + drawn[name].units, cost_minor=F("cost_minor") + drawn[name].cost_minor
        )


def give_back(*, source: UUID, undone: dict[str, tuple[int, int]]) -> None:
    """Count no longer what refunds undo in all: `undone` has, by unit, how much of how much. A function of what came
    back so far, so any order of arrival and any repetition ends in the same counts. The caller holds the source."""
    spent: dict[str, Spent] = {}
    for row in RuleUse.objects.filter(source=source).order_by("rule"):
        part, whole = undone.get(row.unit, (0, 0))
        left = row.amount - share(row.amount, part, whole) if whole else row.amount
        back = row.units - left
        if not back:
            continue
        RuleUse.objects.filter(source=source, rule=row.rule).update(units=left)
        if row.budget:
            spent[row.budget] = spent.get(row.budget, Spent()).plus(-back, row.unit_cost)
    _draw(spent)


def move(*, to: UUID, of: UUID) -> None:
    """What limits count for one member counts for another from now on. The caller holds both members' counts."""
    RuleUse.objects.filter(member=of).update(member=to)


def forget(member: UUID) -> None:
    """Delete what was counted for a member; what a budget counts stays, of nobody."""
    mine = RuleUse.objects.filter(member=member)
    mine.filter(budget="").delete()
    mine.update(member=None)
