"""A tier that staff give: it stays until the day they named, whatever happens, and never less than was earned."""

from datetime import date
from typing import Any

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from members.models import TierChange, TierStanding
from members.operations import privacy, tier_publishing, tiers
from members.operations.membership import NotActive, block
from members.operations.tiers_by_hand import (
    NoSuchTier,
    NotGivenByHand,
    TierEarned,
    TierLastsLonger,
    end_given_tier,
    give_tier,
)
from members.queries.tiers_by_hand import notes
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, publish

LADDER = [
    {"id": "silver", "at_least": 1000_00},
    {"id": "gold", "at_least": 2000_00, "keep_at_least": 1500_00},
]
LAST = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _ladder(cafe: Any) -> None:
    published(LADDER)


def published(ladder: list[dict[str, Any]], *, at: Any = AT, move_down: bool = False) -> None:
    from loyalty.core.programme import operations

    content = {"earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": {"ladder": ladder}}
    operations.save_draft(content=content, at=at)
    operations.publish(at=at, choices={"move_down": True} if move_down else {})
    tier_publishing.review_published(at=at)


def give(member: Any, tier: str = "gold", **more: Any) -> TierStanding:
    return give_tier(
        **{"member": member.pk, "tier": tier, "reason": "Sorry", "last_day": LAST, "at": AT, **more}
    )


def mine(member: Any) -> tuple[str, str] | None:
    return TierStanding.objects.filter(member=member).values_list("tier", "basis").first()


def test_it_is_theirs_until_the_day_is_over_and_nothing_takes_it_before(ana):
    standing = give(ana)
    assert standing.valid_until.isoformat() == "2026-06-30T22:00:00+00:00"  # midnight in Stockholm
    buy(ana, 100, at=AT + days(1))
    tiers.review_due(at=AT + days(30))
    published([*LADDER[:1], {"id": "gold", "at_least": 9000_00}], at=AT + days(40), move_down=True)
    assert mine(ana) == ("gold", "by_hand")
    tiers.review_due(at=standing.valid_until)
    assert mine(ana) is None
    assert [row.reason for row in TierChange.objects.filter(member=ana).order_by("id")] == [
        "given",
        "given_over",
    ]
    assert verify() == []


def test_what_they_earn_meanwhile_is_theirs_afterwards(ana):
    until = give(ana).valid_until
    buy(ana, 1200, at=AT + days(1))
    assert mine(ana) == ("gold", "by_hand")
    tiers.review_due(at=until)
    assert mine(ana) == ("silver", "qualified")


def test_keeping_is_no_short_cut_to_what_was_only_given(ana):
    give(ana)
    buy(ana, 1600, at=AT + days(1))  # keeps gold, for who has reached it
    assert mine(ana) == ("gold", "by_hand")
    buy(ana, 400, at=AT + days(2))  # reaches it
    assert mine(ana) == ("gold", "qualified")
    assert TierStanding.objects.get().valid_until.year == 2027


def test_nobody_is_given_less_than_they_have_reached_or_for_a_shorter_time(ana):
    buy(ana, 2500)
    with pytest.raises(TierEarned):
        give(ana, "silver")
    with pytest.raises(TierLastsLonger):
        give(ana, "gold")
    assert mine(ana) == ("gold", "qualified")
    assert give(ana, "gold", last_day=date(2030, 1, 1)).basis == "by_hand"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"tier": "platinum"}, NoSuchTier), ({"reason": " "}, InvalidInput), ({"reason": "x" * 301}, InvalidInput),
     ({"last_day": date(2026, 3, 1)}, InvalidInput), ({"last_day": date(2126, 3, 1)}, InvalidInput)],
)  # fmt: skip
def test_what_cannot_be_given_changes_nothing(ana, wrong, error):
    with pytest.raises(error):
        give(ana, **wrong)
    assert mine(ana) is None and not TierChange.objects.exists()


def test_the_same_again_is_done_once_and_it_can_be_ended(ana):
    give(ana)
    give(ana)
    assert TierChange.objects.count() == 1
    end_given_tier(member=ana.pk, reason="Wrong member", at=AT + days(1))
    assert mine(ana) is None
    with pytest.raises(NotGivenByHand):
        end_given_tier(member=ana.pk, reason="Again", at=AT + days(1))
    assert set(notes(ana.pk).values()) == {"Sorry", "Wrong member"}


def test_a_blocked_member_keeps_it_and_an_erased_ones_reason_is_gone(ana):
    block(member=ana.pk, at=AT, reason="")
    give(ana)
    privacy.erase_member(member=ana.pk, at=AT + days(1))
    assert mine(ana) is None and set(notes(ana.pk).values()) == {""}
    with pytest.raises(NotActive):
        give(ana)
    assert verify() == []


def test_a_merged_members_gift_goes_with_them(ana, ben):
    from members.operations.merging import merge

    give(ben)
    merge(keep=ana.pk, remove=ben.pk, at=AT + days(1))
    assert mine(ana) == ("gold", "by_hand")
    assert verify() == []


def test_a_programme_that_names_what_it_lacks_is_not_published(cafe):
    def refused(**sections: Any) -> dict[str, str]:
        with pytest.raises(InvalidInput) as error:
            publish(*sections.pop("rules", ()), at=AT + days(1), **sections)
        return {one["field"]: one["code"] for one in error.value.errors}

    extra = {"type": "fixed", "id": "extra", "amount": 5}
    when = [{"type": "tier", "any_of": ["platinum"]}, {"type": "segment", "any_of": ["plan-plus", "offer-x", "tea"]},
            {"type": "cool_down", "minutes": 5, "rule": "gone"}]  # fmt: skip
    assert refused(rules=({**extra, "when": when, "unit": "stamps-tea"},)) == {
        "earning.rules[0].unit": "unknown_unit",
        "earning.rules[0].when[0].any_of": "unknown_tier",
        "earning.rules[0].when[1].any_of": "unknown_segment",
        "earning.rules[0].when[2].rule": "unknown_rule",
    }
    offer = {"id": "o", "name": {"en": "O"}, "tiers": ["platinum"]}
    assert refused(offers={"offers": [offer]}) == {"offers.offers[0].tiers": "unknown_tier"}
    publish(
        ONE_POINT_PER_KRONA, {**extra, "when": when, "off": True}, at=AT + days(1)
    )  # off, it names nothing
