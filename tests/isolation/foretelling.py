"""What is foretold, noted and decided in a shop that nobody else may see."""

from datetime import date
from decimal import Decimal

from analytics.models import Advice, MemberValue, ValueFit
from analytics.operations.aiming import set_goal
from analytics.operations.noting import note_cost, note_margin
from loyalty.core import clock, ids
from members.models import Member
from tests.cast import AT


def foretold(ana: Member) -> dict[str, str]:
    """What Ana is foretold, a night's fit, costs, a margin, a goal, and advice; the ids of what has one."""
    now = clock.now()
    MemberValue.objects.create(
        member=ana, day=now.date(), stage="leaving", purchases=3, spent_minor=50_000, alive=0.5, expected=2.0,
        predicted_minor=9_000, low_minor=0, high_minor=20_000,
    )  # fmt: skip
    ValueFit.objects.create(day=now.date(), state="too_little", reason="few_customers", worked_out_at=now)
    note_cost(kind="winning", source="web", month=AT.date(), amount_minor=1_000, at=now)
    note_margin(margin=4_000, at=now)
    goal = set_goal(figure="nps", start=Decimal(1), target=Decimal(50), due_on=date(2099, 1, 1), at=now)
    found, proposed = {"members": 12, "worth_minor": 9_000}, {"conditions": None, "reach": 12}
    advice = Advice.objects.create(rule="leaving", noticed_on=now.date(), found=found, proposed=proposed)
    return {"goal": ids.encode("gol", goal.pk), "advice": ids.encode("adv", advice.pk)}
