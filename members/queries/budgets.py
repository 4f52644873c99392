"""What has gone out of the programme's budgets."""

from members.models import BudgetUse
from members.rules.facts import Spent


def spent() -> dict[str, Spent]:
    """By budget: units that went out to all members together, and what they cost."""
    return {row.budget: Spent(row.units, row.cost_minor) for row in BudgetUse.objects.order_by("budget")}
