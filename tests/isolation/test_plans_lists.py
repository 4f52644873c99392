"""What a list of a large shop is read from: a page's length of an index, whatever was asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from loyalty.core.events import queries as events
from members.queries import choosing, directory
from members.queries import wallet as wallets
from members.queries.choosing import Choice
from tests.cast import AT
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import nodes, plans, slow_steps


def test_a_common_name_is_looked_for_along_the_list(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who fits is read from the indexes of names alone, and the list from its own until a page is full."""

    def find(sort: str = "newest") -> Callable[[], Any]:
        return lambda: choosing.members(Choice(text="a", sort=sort), at=AT, most=41)

    rare = slow_steps(find(), paged=True)
    monkeypatch.setattr(directory, "FEW", 10)
    assert slow_steps(find(), paged=True) == slow_steps(find(sort="oldest"), paged=True) == []
    read = {(node["Node Type"], node.get("Index Name")) for plan in plans(find()) for node in nodes(plan)}
    for index in ("members_member_newest", "members_profile_given", "members_profile_sorted"):
        assert ("Index Only Scan", index) in read
    assert "sorts by" in "".join(rare), "the twin: a rare name's few are gathered and sorted"


def test_a_wallet_is_found_by_its_member_and_rare_events_by_their_own_index(crowded: Crowded) -> None:
    def members_read() -> list[bool]:
        """Of each look at members, whether it is by their id."""
        asked = [node for plan in plans(lambda: wallets.wallet(crowded.member)) for node in nodes(plan)]
        read = [node for node in asked if node.get("Relation Name") == "members_member"]
        return ["(id = " in node.get("Index Cond", "") for node in read]

    assert members_read() == [True, True]
    rare = [node.get("Index Name") for plan in plans(lambda: list(events.feed(kinds=["member.joined"])[:9]))
            for node in nodes(plan)]  # fmt: skip
    assert "events_event_rare" in rare
    common = plans(lambda: list(events.feed(kinds=["order.recorded"])[:9]))
    assert "events_event_rare" not in [node.get("Index Name") for plan in common for node in nodes(plan)]
    case = "CASE WHEN f.merged_into_id IS NULL THEN f.id ELSE f.merged_into_id END"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wallets, "_WALLET", wallets._WALLET.replace(case, "coalesce(f.merged_into_id, f.id)"))
        assert False in members_read(), (
            "the twin: COALESCE may not look into an index under row-level security"
        )
