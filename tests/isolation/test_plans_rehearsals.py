"""What rehearsals and draws ask of the database uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.models import DrawWinner, Rehearsal, RehearsedMember
from campaigns.operations.rehearsing import start_rehearsal
from campaigns.queries import rehearsals
from loyalty.core.programme.queries import in_force
from members.models import Member
from members.queries.pasts import pasts
from members.rules.rehearsing import Rules
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.crowding import committed
from tests.isolation.test_plans import slow_steps


def _rehearsed() -> Rehearsal:
    """A rehearsal with everybody in the shop."""
    current = in_force()
    assert current is not None
    row = start_rehearsal(since=AT - days(1), until=AT + days(1), at=AT + days(1), version=current.number)
    RehearsedMember.objects.bulk_create(
        RehearsedMember(rehearsal=row, member_id=member, orders=1, spend_minor=1, before=0, after=n, change=n)
        for n, member in enumerate(Member.objects.values_list("pk", flat=True))
    )
    return row


def test_rehearsals_and_draws_use_an_index(crowded: Crowded) -> None:
    row, current = committed(_rehearsed), in_force()
    assert current is not None
    rules = Rules.of(current.programme, ZoneInfo("Europe/Stockholm"), AT)
    hot: dict[str, Callable[[], Any]] = {
        "a member's past": lambda: pasts([crowded.member], rules=rules, until=AT + days(1)),
        "what a member was rehearsed in": lambda: list(RehearsedMember.objects.filter(member=crowded.member)),
        "what a member has won": lambda: list(DrawWinner.objects.filter(member=crowded.member)),
    }
    pages: dict[str, Callable[[], Any]] = {
        "who gains most": lambda: list(rehearsals.most_changed(row, way="more")[:40]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
