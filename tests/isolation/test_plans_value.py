"""What pages about worth, goals and advice ask of the database uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

from analytics.models import MemberValue
from analytics.queries import goals, proposing, value
from members.models import Member
from tests.cast import AT
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.test_plans import slow_steps


def _foretold() -> None:
    """Everybody in the shop has a value."""
    MemberValue.objects.bulk_create(
        MemberValue(
            member_id=member, day=AT.date(), stage=MemberValue.Stage.values[number % 4], purchases=3, spent_minor=number,
            alive=0.5, expected=1, predicted_minor=1, low_minor=0, high_minor=2,
        )
        for number, member in enumerate(Member.objects.values_list("pk", flat=True))
    )  # fmt: skip


def test_what_is_foretold_is_found_by_an_index(crowded: Crowded) -> None:
    committed(_foretold)
    hot: dict[str, Callable[[], Any]] = {
        "a member's value": lambda: value.of_member(crowded.member),
        "the last fit": value.last_fit,
        "goals": lambda: list(goals.goals()[:20]),
        "advice": lambda: proposing.given("open"),
    }
    pages: dict[str, Callable[[], Any]] = {"a stage": lambda: list(value.of_stage("leaving")[:40])}
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
