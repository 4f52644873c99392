"""What experiments ask of the database uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

from campaigns.models import Experiment, Exposure
from campaigns.operations.experiments.running import start_experiment
from campaigns.operations.experiments.shaping import Plan, write_experiment
from campaigns.queries.experiments import reading
from campaigns.queries.experiments.assigned import assigned, inside
from members.models import Member
from members.queries import comparisons
from members.rules.comparisons import Arm
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.test_plans import slow_steps


def _begun() -> Experiment:
    """An experiment that everybody in the shop has met."""
    plan = Plan("Try", "other", "", (Arm("a"), Arm("b")), "spend")
    row = start_experiment(experiment=write_experiment(experiment=None, plan=plan, at=AT).pk, at=AT)
    Exposure.objects.bulk_create(
        Exposure(experiment=row, member_id=member, variant="ab"[n % 2], at=AT + days(1), source_kind="told")
        for n, member in enumerate(Member.objects.values_list("pk", flat=True))
    )
    return row


def test_experiments_use_an_index(crowded: Crowded) -> None:
    row = committed(_begun)
    hot: dict[str, Callable[[], Any]] = {
        "a member's variant": lambda: assigned(crowded.member, row.pk, AT + days(1)),
        "what runs": comparisons.current,
        "what a member has met": lambda: list(Exposure.objects.filter(member=crowded.member)),
        "who is in a segment": lambda: inside("guests", [crowded.member], AT),
        "experiments that run": lambda: reading.running(AT),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
