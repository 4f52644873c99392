"""An experiment that nobody of another shop may see."""

from campaigns.operations.experiments.exposing import expose_member
from campaigns.operations.experiments.running import start_experiment
from campaigns.operations.experiments.shaping import Plan, write_experiment
from loyalty.core import ids
from members.models import Member
from members.rules.comparisons import Arm
from tests.cast import AT, days


def compared(ana: Member, secret: str) -> str:
    """One that runs, and that Ana has met a variant of; its public id."""
    arms = Arm("a", f"{secret} now"), Arm("b", f"{secret} other")
    said = Plan(f"{secret} experiment", "other", "", arms, "spend", hypothesis=f"{secret} hope")
    row = write_experiment(experiment=None, plan=said, at=AT)
    start_experiment(experiment=row.pk, at=AT)
    expose_member(member=ana.pk, experiment=row.pk, at=AT + days(1))
    return ids.encode("xpt", row.pk)
