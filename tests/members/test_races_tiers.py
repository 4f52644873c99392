"""Orders, reviews and claims of the same member at the same moment, on connections of their own."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import PerkClaim, Stats, TierChange, TierStanding
from members.operations import perks, tiers
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.refunds import cancel_order
from members.queries import tiers as asking
from tests.cast import AT, ENGRAVING, MARA, days, order, person, publish
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
LADDER = {
    "on_refund": "review",
    "ladder": [{"id": "silver", "at_least": 1000_00}, {"id": "gold", "at_least": 2000_00}],
}


def members(merchant: Any, count: int, ladder: dict[str, Any] = LADDER) -> list[Any]:
    with acting_for(merchant, by=MARA):
        publish(tiers=ladder)
        return [person(f"m{number}") for number in range(count)]


def bought(member: Any, kronor: int, name: str) -> Callable[[], str]:
    return lambda: str(record_order(order=order(member, kronor, external_id=name), at=AT).replayed)


def test_two_orders_cross_the_threshold_at_once_and_it_is_one_change(luna_open):
    people = members(luna_open, 8)
    attempts = [bought(one, 600, f"{n}-{turn}") for n, one in enumerate(people) for turn in range(2)]
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        assert TierChange.objects.count() == TierStanding.objects.filter(tier="silver").count() == 8
        assert verify() == []


def two_reviews_at_once(merchant: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Eight reviews of one member whose time is over, with a wait between looking and writing; how many changes."""
    [ana] = members(merchant, 1)
    with acting_for(merchant, by=MARA):
        record_order(order=order(ana, 1500), at=AT)
    look = asking.verdicts

    def slowly(*args: Any, **more: Any) -> Any:
        found = list(look(*args, **more))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return iter(found)

    monkeypatch.setattr(tiers.asking, "verdicts", slowly)
    at_once(merchant, [lambda: tiers.review_due(at=AT + days(700))] * 8)
    with acting_for(merchant, by=MARA):
        return TierChange.objects.filter(reason="not_kept").count()


def test_eight_reviews_at_once_are_one(luna_open, monkeypatch):
    assert two_reviews_at_once(luna_open, monkeypatch) == 1
    with acting_for(luna_open, by=MARA):
        assert verify() == []


def test_twin_without_the_members_counts_held_they_are_several(luna_open, monkeypatch):
    monkeypatch.setattr(tiers, "hold", lambda members: None)
    assert two_reviews_at_once(luna_open, monkeypatch) > 1
    with acting_for(luna_open, by=MARA):
        assert "tier_changes_chained" in {breach.check for breach in verify()}


def test_orders_cancellations_merges_and_reviews_of_the_same_people_at_once(luna_open):
    people = members(luna_open, 12)
    attempts: list[Callable[[], Any]] = []
    for number in range(0, 12, 2):
        first, second = people[number], people[number + 1]
        name = f"o{number}"
        attempts += [
            bought(first, 700, f"{name}-a"), bought(second, 700, f"{name}-b"), bought(first, 900, f"{name}-c"),
            lambda name=name: cancel_order(
                source="api", order_external_id=f"{name}-c", cancelled_at=AT, at=AT
            ).refund.status,
            lambda a=first, b=second: merge(keep=a.pk, remove=b.pk, at=AT).status,
            lambda: str(tiers.review_due(at=AT + days(1))),
        ]  # fmt: skip
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        zone = ZoneInfo("Europe/Stockholm")
        ladder = asking.ladder_in_force()
        for pk in Stats.objects.values_list("member_id", flat=True):
            [one] = asking.known([pk], tiers=ladder, at=AT, zone=zone)
            assert sum(one.days.values()) == 1400_00
            assert one.now is not None
            assert one.now.tier == "silver"
        assert verify() == []


def claims_at_once(merchant: Any) -> Any:
    [ana] = members(merchant, 1, ENGRAVING)
    name = perks.OrderName("one-order")

    def claim(number: int) -> Callable[[], str]:
        return lambda: (
            perks.claim_perk(
                member=ana.pk, perk="engraving", order=name, key=f"k{number}", at=AT
            ).claim.status
        )

    return at_once(merchant, [claim(number) for number in range(10)])


def test_what_can_be_claimed_once_is_claimed_once(luna_open):
    assert claims_at_once(luna_open) == {"open": 1, "perk_used_up": 9}
    with acting_for(luna_open, by=MARA):
        assert PerkClaim.objects.count() == 1


def test_twin_without_the_members_counts_held_it_is_claimed_more_often(luna_open, monkeypatch):
    used = perks.asking.used

    def slowly(*args: Any, **more: Any) -> int:
        found = used(*args, **more)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return found

    monkeypatch.setattr(perks.asking, "used", slowly)
    monkeypatch.setattr(tiers, "hold", lambda members: None)
    assert claims_at_once(luna_open)["open"] > 1
