"""Publishing other tiers: shown first, done as shown, and nobody moved down by surprise."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries as versions
from members.models import TierChange, TierReview, TierStanding
from members.operations import tier_publishing
from members.operations.orders import record_orders
from members.queries.tier_preview import moving, preview_tiers
from members.rules.tiers import Tiers, check
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, person

SILVER_GOLD = [{"id": "silver", "at_least": 1000_00}, {"id": "gold", "at_least": 2000_00}]
DEARER = [
    {"id": "silver", "at_least": 1000_00},
    {"id": "gold", "at_least": 3000_00},
    {"id": "top", "at_least": 5000_00},
]
LATER = AT + days(10)


def tiers(ladder: list[dict[str, Any]], **terms: Any) -> Tiers:
    found = msgspec.convert({"ladder": ladder, **terms}, Tiers)
    assert check(found) == []
    return found


def draft(ladder: list[dict[str, Any]], at: Any = LATER, **terms: Any) -> None:
    earning = {"rules": [ONE_POINT_PER_KRONA]}
    programmes.save_draft(content={"earning": earning, "tiers": {"ladder": ladder, **terms}}, at=at)


def published(
    ladder: list[dict[str, Any]], *, at: Any = LATER, move_down: bool = False, **terms: Any
) -> None:
    draft(ladder, at, **terms)
    programmes.publish(at=at, choices={"move_down": True} if move_down else {})


def reviewed(at: Any = LATER, most: int = 1000) -> int:
    """Everything the publication started, in batches; how many batches."""
    turns = 0
    while TierReview.objects.filter(finished_at=None).exists():
        tier_publishing.review_published(at=at, most=most)
        turns += 1
    return turns


def standings() -> dict[Any, str]:
    return dict(TierStanding.objects.values_list("member_id", "tier"))


@pytest.fixture
def crowd(cafe: Any) -> list[Any]:
    """Nine members: three without a tier, three silver with 1,500 kr, three gold with 2,500, 3,500 and 5,500."""
    published(SILVER_GOLD, at=AT)
    reviewed(AT)
    people = [person(f"m{n}") for n in range(9)]
    spent = [0, 10, 900, 1500, 1500, 1500, 2500, 3500, 5500]
    record_orders(orders=[order(one, kr) for one, kr in zip(people, spent, strict=True) if kr], at=AT)
    assert Counter(standings().values()) == {"silver": 3, "gold": 3}
    return people


@pytest.mark.parametrize("move_down", [False, True])
def test_the_preview_is_what_publishing_does(crowd, move_down):
    found = preview_tiers(tiers(DEARER), at=LATER)
    assert (found.members, dict(found.up), dict(found.down), dict(found.replaced)) == (
        9, {("gold", "top"): 1}, {("gold", "silver"): 1}, {},
    )  # fmt: skip
    before = standings()
    published(DEARER, move_down=move_down)
    assert standings() == before  # publishing itself moves nobody
    reviewed()
    moved = {pk: (before.get(pk, ""), now) for pk, now in standings().items() if before.get(pk) != now}
    wanted = dict(found.up) | (dict(found.down) if move_down else {})
    assert Counter(moved.values()) == wanted
    assert moving(tiers(DEARER), at=LATER, after=None, most=10)[0] == [] or not move_down
    assert verify() == []


def test_the_preview_changes_nothing_and_its_pages_are_its_counts(crowd):
    before, events = standings(), Event.objects.count()
    found = preview_tiers(
        tiers([{"id": "silver", "at_least": 5_00}, {"id": "gold", "at_least": 900_00}]), at=LATER
    )
    assert dict(found.up) == {("", "silver"): 1, ("", "gold"): 1, ("silver", "gold"): 3}
    pages, after = [], None
    for _page in range(10):
        rows, after = moving(
            tiers([{"id": "silver", "at_least": 5_00}, {"id": "gold", "at_least": 900_00}]),
            at=LATER,
            after=after,
            most=2,
        )
        assert len(rows) <= 2
        pages += rows
        if after is None:
            break
    assert Counter((row.from_tier, row.to_tier) for row in pages) == found.up
    assert len({row.member for row in pages}) == 5
    assert (standings(), Event.objects.count()) == (before, events)


def test_who_is_not_moved_down_keeps_the_tier_until_its_time_is_over(crowd):
    from members.operations import tiers as reviewing

    published(DEARER)
    reviewed()
    held = TierStanding.objects.get(member=crowd[6])
    assert (held.tier, held.basis) == ("gold", "held")
    reviewing.review_due(at=held.review_at)
    change = TierChange.objects.filter(member=crowd[6]).order_by("-id").first()
    assert (change.from_tier, change.to_tier, change.reason) == ("gold", "", "not_kept")


def test_a_tier_that_members_have_is_not_taken_out_from_under_them(crowd):
    only_gold = [{"id": "gold", "at_least": 2000_00}]
    assert dict(preview_tiers(tiers(only_gold), at=LATER).replaced) == {("silver", ""): 3}
    draft(only_gold)
    with pytest.raises(tier_publishing.TierInUse) as refused:
        programmes.publish(at=LATER)
    assert "silver" in str(refused.value)
    assert versions.in_force().programme["tiers"].rank("silver") == 0


def test_with_the_publishers_word_they_go_where_they_qualify_and_it_is_said(crowd):
    published([{"id": "bronze", "at_least": 1200_00}, {"id": "gold", "at_least": 2000_00}], move_down=True)
    reviewed()
    assert Counter(standings().values()) == {"bronze": 3, "gold": 3}
    change = TierChange.objects.filter(member=crowd[3]).order_by("-id").first()
    assert (change.direction, change.reason) == ("replaced", "tier_removed")
    event = Event.objects.filter(kind="tier.changed", subject=crowd[3].pk).order_by("-id").first()
    assert (event.data["from"], event.data["to"], event.data["direction"]) == ("silver", "bronze", "replaced")


def test_taking_all_tiers_away_needs_the_publishers_word_too(crowd):
    draft([])
    with pytest.raises(tier_publishing.TierInUse):
        programmes.publish(at=LATER)
    programmes.publish(at=LATER, choices={"move_down": True})
    reviewed()
    assert standings() == {}
    assert verify() == []


def test_the_first_tiers_are_for_everybody_who_reaches_them(cafe):
    people = [person(f"m{n}") for n in range(3)]
    for one, kronor in zip(people, (10, 1500, 2500), strict=True):
        buy(one, kronor)
    published(SILVER_GOLD)
    reviewed()
    assert standings() == {people[1].pk: "silver", people[2].pk: "gold"}
    assert {row.reason for row in TierChange.objects.all()} == {"ladder_changed"}


def test_stopped_halfway_it_goes_on_and_done_it_is_done(crowd):
    published(DEARER)
    assert tier_publishing.review_published(at=LATER, most=4) == 4
    row = TierReview.objects.get(finished_at=None)
    assert (row.reviewed, row.position) == (4, sorted(one.pk for one in crowd)[3])
    assert reviewed(most=4) == 2
    row = TierReview.objects.get(pk=row.pk)
    assert (row.reviewed, row.changed, row.finished_at) == (9, 1, LATER)
    assert tier_publishing.review_published(at=LATER) == 0
    assert Event.objects.filter(kind="tiers.reviewed").order_by("-id").first().data["reviewed"] == 9


def test_a_later_publication_takes_the_reviews_place(crowd):
    published(DEARER)
    tier_publishing.review_published(at=LATER, most=4)
    published(SILVER_GOLD, at=LATER + days(1))
    assert TierReview.objects.filter(finished_at=None).count() == 1
    reviewed(LATER + days(1))
    assert Counter(standings().values())["gold"] + Counter(standings().values())["top"] == 3
    assert "top" not in standings().values() or TierStanding.objects.filter(tier="top").count() == 0


def test_publishing_something_else_looks_at_nobody(crowd):
    reviews = TierReview.objects.count()
    content = {"earning": {"rules": []}, "tiers": {"ladder": SILVER_GOLD}}
    programmes.save_draft(content=content, at=LATER)
    programmes.publish(at=LATER)
    assert TierReview.objects.count() == reviews


def test_going_back_is_a_publication_too(crowd):
    published(DEARER)
    reviewed()
    number = versions.history().last().number
    programmes.save_draft(content={"earning": {"rules": []}, "tiers": {"ladder": DEARER}}, at=LATER)
    with pytest.raises(tier_publishing.TierInUse):
        programmes.roll_back(number=number, at=LATER)  # before there were tiers
    programmes.roll_back(number=number, at=LATER, choices={"move_down": True})
    reviewed()
    assert standings() == {}
