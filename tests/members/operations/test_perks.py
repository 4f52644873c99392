"""Services of a tier: claimed within their limits, served and logged, forgotten with the member."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.models import Event
from members.models import PerkClaim
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.perks import (
    ClaimSettled,
    OrderName,
    OrderOfAnother,
    PerkNeedsNoClaim,
    PerkNotIncluded,
    PerkUsedUp,
    cancel_claim,
    claim_perk,
    serve_claim,
)
from members.operations.privacy import erase_member, export_member
from members.queries import perks as asking
from tests.cast import AT, buy, days, person, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LADDER = [
    {"id": "member", "at_least": 0, "perks": [{"id": "ship", "kind": "free_shipping"}]},
    {"id": "gold", "at_least": 1000_00, "name": {"en": "Gold"}, "perks": [
        {"id": "engraving", "kind": "personalisation", "name": {"en": "Engraving"}, "limit": {"times": 1}},
        {"id": "stylist", "kind": "custom", "name": {"en": "A stylist"}, "service": True,
         "limit": {"times": 2, "per": "month"}},
        {"id": "returns", "kind": "returns_without_receipt"},
    ]},
]  # fmt: skip


@pytest.fixture
def gold(cafe: Any) -> Any:
    """Greta, who is gold."""
    publish(tiers={"ladder": LADDER})
    greta = person("greta")
    buy(greta, 1500, external_id="o1")
    return greta


def claim(member: Any, perk: str, key: str = "", at: datetime = AT, **more: Any) -> PerkClaim:
    return claim_perk(
        member=member.pk, perk=perk, key=key or f"k{PerkClaim.objects.count()}", at=at, **more
    ).claim


def test_once_for_each_order(gold):
    first = claim(gold, "engraving", order=OrderName("o1"), note="G. G.")
    assert (first.status, first.tier, first.claimed_by) == ("open", "gold", "staff:mara")
    with pytest.raises(PerkUsedUp) as refused:
        claim(gold, "engraving", order=OrderName("o1"))
    assert "1 of 1" in str(refused.value)
    claim(gold, "engraving", order=OrderName("basket-7"))  # an order that is still a basket
    claim(gold, "engraving", order=OrderName("o1", "till"))  # another shop system's o1
    with pytest.raises(InvalidInput) as missing:
        claim(gold, "engraving")
    assert missing.value.errors[0]["field"] == "order"
    cancel_claim(claim=first.pk, at=AT)
    claim(gold, "engraving", order=OrderName("o1"))


def test_so_often_in_a_month_of_the_shops_own(gold):
    """Half past eleven in the evening of the 31st is still March in Stockholm, though April in Helsinki."""
    late = datetime(2026, 3, 31, 23, 30, tzinfo=STOCKHOLM)
    claim(gold, "stylist")
    claim(gold, "stylist", at=late)
    with pytest.raises(PerkUsedUp):
        claim(gold, "stylist", at=late)
    claim(gold, "stylist", at=datetime(2026, 4, 1, 0, 0, tzinfo=STOCKHOLM))
    assert [has.left for has in asking.perks_of(gold.pk, tier="gold", at=late)] == [None, None, 0, None]


def test_without_a_limit_as_often_as_they_like(gold):
    for _time in range(5):
        claim(gold, "returns")
    assert asking.waiting() == {"returns": 5}


def test_what_comes_by_itself_or_with_another_tier_cannot_be_claimed(gold):
    with pytest.raises(PerkNeedsNoClaim):
        claim(gold, "ship")
    new = person("new")
    with pytest.raises(PerkNotIncluded) as refused:
        claim(new, "stylist")
    assert "Gold" in str(refused.value)
    with pytest.raises(InvalidInput):
        claim(gold, "helicopter")
    assert not PerkClaim.objects.exists()


def test_a_tier_whose_time_is_over_brings_nothing_though_nobody_has_looked_yet(gold):
    with pytest.raises(PerkNotIncluded):
        claim(gold, "returns", at=datetime(2028, 1, 1, tzinfo=STOCKHOLM))


def test_for_nobody_elses_order_and_not_while_blocked(gold):
    ben = person("ben")
    buy(ben, 10, external_id="bens")
    with pytest.raises(OrderOfAnother):
        claim(gold, "engraving", order=OrderName("bens"))
    block(member=gold.pk, reason="test", at=AT)
    with pytest.raises(NotActive):
        claim(gold, "returns")


def test_the_same_key_again_is_the_same_claim(gold):
    first = claim_perk(member=gold.pk, perk="returns", key="once", at=AT)
    again = claim_perk(member=gold.pk, perk="returns", key="once", at=AT + days(1))
    assert (first.replayed, again.replayed, again.claim.pk) == (False, True, first.claim.pk)
    with pytest.raises(KeyReused):
        claim_perk(member=gold.pk, perk="stylist", key="once", at=AT)


def test_staff_see_whom_to_serve_and_who_served(gold):
    first, second = claim(gold, "stylist"), claim(gold, "returns")
    assert list(asking.to_serve()) == [first, second]
    assert [row.member_id for row in asking.with_perk("stylist")] == [gold.pk]
    served = serve_claim(claim=first.pk, outcome="A blue coat", at=AT + days(1))
    assert (served.status, served.settled_by, served.settled_at) == ("served", "staff:mara", AT + days(1))
    assert list(asking.to_serve()) == [second]
    assert serve_claim(claim=first.pk, at=AT + days(2)).settled_at == AT + days(1)  # again is fine
    with pytest.raises(ClaimSettled):
        cancel_claim(claim=first.pk, at=AT)
    event = Event.objects.get(kind="perk.served")
    assert event.data == {"claim": str(first.pk), "perk": "stylist", "tier": "gold"}


def test_claims_follow_their_member(gold):
    other = person("other")
    claim(gold, "stylist", note="size 38")
    merge(keep=other.pk, remove=gold.pk, at=AT)
    claim(other, "stylist")
    with pytest.raises(PerkUsedUp):
        claim(other, "stylist")


def test_what_was_typed_goes_with_the_member(gold):
    one = claim(gold, "stylist", note="size 38")
    two = claim(gold, "engraving", order=OrderName("o1"), note="For Gunnar")
    serve_claim(claim=one.pk, outcome="likes blue", at=AT)
    told = export_member(member=gold.pk, at=AT)["tiers"]["claims"]
    assert [(row["perk"], row["note"], row["outcome"]) for row in told] == [
        ("stylist", "size 38", "likes blue"), ("engraving", "For Gunnar", ""),
    ]  # fmt: skip
    erase_member(member=gold.pk, at=AT)
    rows = {row.pk: row for row in PerkClaim.objects.all()}
    assert {(row.note, row.outcome, row.order_external_id) for row in rows.values()} == {("", "", "")}
    assert (rows[one.pk].status, rows[two.pk].status) == ("served", "cancelled")
