"""What segments ask about one member uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

import msgspec

from campaigns.queries.segments import compiling, reading
from campaigns.rules.segments import Conditions
from tests.cast import AT
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import slow_steps

ONE_OF_EACH = [
    {"type": "orders", "at_least": 1},
    {"type": "orders", "at_least": 1, "within_days": 90},
    {"type": "since_order", "at_most_days": 30},
    {"type": "did", "kind": "review"},
    {"type": "redeemed", "at_most": 1},
    {"type": "tier", "any_of": ["gold"]},
    {"type": "points", "at_least": 1},
    {"type": "points_ending", "within_days": 30},
    {"type": "segment", "any_of": ["crowd"]},
    {"type": "answer", "any_of": ["roast:dark"]},
    {"type": "consent", "to": "email"},
    {"type": "birthday", "within_days": 7},
    {"type": "bought", "skus": ["x"], "within_days": 90},
]


def test_one_member_is_looked_at_by_indexes(crowded: Crowded) -> None:
    member = crowded.member

    def asks(one: dict[str, Any]) -> Callable[[], Any]:
        conditions = msgspec.convert({"of": [one]}, Conditions)
        return lambda: compiling.checked(conditions, member=member, at=AT)

    slow = {str(one): slow_steps(asks(one)) for one in ONE_OF_EACH}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_the_members_of_a_segment_are_read_by_its_index(crowded: Crowded) -> None:
    run = lambda: list(reading.places("crowd", at=AT).order_by("member_id")[:50])  # noqa: E731
    assert slow_steps(run, paged=True) == []
