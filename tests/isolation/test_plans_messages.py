"""What messages ask of the database uses an index, in a shop with thousands of members."""

from collections.abc import Callable
from typing import Any

from campaigns.models import Message
from campaigns.queries import log
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import slow_steps


def test_messages_use_an_index(crowded: Crowded) -> None:
    member = crowded.member
    hot: dict[str, Callable[[], Any]] = {
        "a member's messages": lambda: list(Message.objects.filter(member=member)),
    }
    pages: dict[str, Callable[[], Any]] = {
        "the log": lambda: list(log.messages()[:50]),
        "the log of a kind": lambda: list(log.messages(kind="birthday")[:50]),
        "what failed": lambda: list(log.messages(state="failed")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
