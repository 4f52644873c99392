"""Every figure by segment and by campaign: counted when asked, from rows that add up, and equal to what facts say where
both can be asked."""

from datetime import date

import pytest

from analytics.queries import freshness, telling
from analytics.queries.figures import COUNTED_WHEN_ASKED, FIGURES
from analytics.queries.rows import rows
from analytics.queries.sums import reader
from analytics.queries.telling import Told, figures
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from campaigns.models import Campaign
from campaigns.queries.campaigning.figures import from_books
from campaigns.queries.campaigning.reading import public_id
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, SegmentPlace
from members.operations.bulk import put_into_segment, take_out_of_segment
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from tests.analytics.spring import MARCH, NOW, ZONE, added_up, fill, lived, told
from tests.campaigns.campaigning.started import FIFTY, running
from tests.cast import AT, MARA, buy, days

BY_SEGMENT = [key for key, made in FIGURES.items() if "segment" in made.cuts]
BY_CAMPAIGN = [key for key, made in FIGURES.items() if "campaign" in made.cuts]


def apart(key: str, cut: str, when: Stretch = MARCH) -> dict[str, Told]:
    """A figure by the names of its parts."""
    table = figures(reader(zone=ZONE, at=NOW), [when], [key], cut=cut)
    return {name: found for (_key, _when, name), found in table.items()}


def sums(key: str, cut: str, when: Stretch = MARCH) -> dict[str, int]:
    return {name: found.part for name, found in apart(key, cut, when).items() if found.part}


@pytest.fixture
def spring(ana: Member, ben: Member) -> None:
    lived(ana, ben)


@pytest.fixture
def grouped(spring: None, ana: Member, ben: Member) -> None:
    """Ana is in two segments, Ben in one of them and in another that is over."""
    put_into_segment(members=[ana.pk, ben.pk], segment="regulars", at=NOW)
    put_into_segment(members=[ana.pk], segment="friends", at=NOW)
    put_into_segment(members=[ben.pk], segment="summer", at=AT)
    SegmentPlace.objects.filter(segment="summer").update(until=NOW - days(1))


@pytest.fixture
def weekend(ana: Member, ben: Member) -> tuple[Campaign, Campaign]:
    """Two campaigns: what is bought on the first three days has double points, and at first fifty besides. Ana has part
    of a purchase paid back; Ben buys when both are over."""
    double, fifty = running(), running(name="Fifty", rules=[FIFTY], ends_at=AT + days(1))
    buy(ana, 100, external_id="both")
    buy(ana, 60, at=AT + days(2))
    buy(ben, 40, at=AT + days(5))
    buy(None, 25)
    late = AT + days(40)
    refund_order(source="api", order_external_id="both", refund=NewRefund("r", late, (), 3000), at=late)
    return double, fifty


def test_what_can_be_told_apart_by_segment_is_everything_but_what_guests_are_in() -> None:
    assert set(FIGURES) - set(BY_SEGMENT) == {"aov_others", "orders", "revenue"}
    assert BY_CAMPAIGN == ["visits", "aov_members", "revenue_members", "refunds", "points_issued"]


@pytest.mark.parametrize("key", BY_SEGMENT)
def test_a_segment_of_everybody_is_what_the_facts_say_of_members(
    spring: None, ana: Member, ben: Member, key: str
) -> None:
    fill()
    everybody = list(Member.objects.values_list("pk", flat=True))
    put_into_segment(members=everybody, segment="all", at=NOW)
    for grain in Grain:
        for when in stretches(grain, upto=date(2026, 4, 11), count=3):
            found, kept = apart(key, "segment", when), told(key, when)
            assert set(found) <= {"all"}
            if found:
                assert found["all"] == kept
            else:
                assert (kept.part, kept.whole or 0) == (0, 0)


@pytest.mark.parametrize("key", BY_SEGMENT)
def test_segments_open_to_rows_that_add_up(grouped: None, key: str) -> None:
    for when in (MARCH, stretch(Grain.WEEK, AT.date()), stretch(Grain.YEAR, AT.date())):
        for name, found in apart(key, "segment", when).items():
            added_up(key, when, found, "segment", name)


def test_segments_are_who_is_in_them_now_and_who_is_in_two_counts_in_both(
    grouped: None, ana: Member, ben: Member
) -> None:
    assert sums("members_total", "segment") == {"regulars": 2, "friends": 1}
    assert sums("revenue_members", "segment") == {"regulars": 13000, "friends": 13000}
    assert sums("points_outstanding", "segment") == {"regulars": 413, "friends": 330}
    assert apart("retention", "segment")["regulars"] == Told("retention", 1, 2)
    take_out_of_segment(members=[ana.pk], segment="regulars", at=NOW)
    take_out_of_segment(members=[ben.pk], segment="regulars", at=NOW)
    assert sums("members_total", "segment") == {"friends": 1, "": 1}
    assert sums("revenue_members", "segment") == {"friends": 13000}


def test_merged_members_count_once_and_erased_ones_are_in_no_segment(
    grouped: None, ana: Member, ben: Member
) -> None:
    year = stretch(Grain.YEAR, AT.date())
    merge(keep=ana.pk, remove=ben.pk, at=NOW)
    assert apart("value_per_buyer", "segment", year)["friends"] == told("value_per_buyer", year)
    assert sums("points_by_hand", "segment") == {"regulars": 3, "friends": 3}
    erase_member(member=ana.pk, at=NOW)
    found = apart("revenue_members", "segment", year)
    assert set(found) == {""}
    added_up("revenue_members", year, found[""], "segment", "")


@pytest.mark.parametrize("key", BY_CAMPAIGN)
def test_campaigns_open_to_rows_that_add_up(weekend: tuple[Campaign, Campaign], key: str) -> None:
    for grain in Grain:
        for when in stretches(grain, upto=date(2026, 4, 11), count=2):
            for name, found in apart(key, "campaign", when).items():
                added_up(key, when, found, "campaign", name)


def test_a_campaign_is_what_its_rules_gave_something_for_and_the_points_they_gave(
    weekend: tuple[Campaign, Campaign],
) -> None:
    double, fifty = map(public_id, weekend)
    assert sums("visits", "campaign") == {double: 2, fifty: 1, "": 1}
    assert sums("revenue_members", "campaign") == {double: 13000, fifty: 7000, "": 4000}
    assert apart("aov_members", "campaign")[double].value == 6500
    april = apart("refunds", "campaign", stretch(Grain.MONTH, date(2026, 4, 18)))
    assert {name: found.part for name, found in april.items()} == {double: 3000, fifty: 3000}
    gave = sums("points_issued", "campaign")
    assert {double: from_books(weekend[0]), fifty: from_books(weekend[1])} == {
        name: part for name, part in gave.items() if name
    }
    assert sum(gave.values()) == told("points_issued").value  # a posting belongs to one campaign at most


def test_points_that_a_refund_takes_back_leave_the_campaign_whose_they_were(
    weekend: tuple[Campaign, Campaign],
) -> None:
    april = stretch(Grain.MONTH, date(2026, 4, 18))
    double, fifty = map(public_id, weekend)
    assert sums("points_issued", "campaign", april) == {
        "": -75
    }  # the books took them from the base's lot first
    late = AT + days(41)
    refund_order(source="api", order_external_id="both", refund=NewRefund("rest", late, (), 7000), at=late)
    assert sums("points_issued", "campaign", april) == {double: -100, fifty: -50, "": -100}
    assert told("points_issued", april).value == -250
    for name, found in apart("points_issued", "campaign", april).items():
        added_up("points_issued", april, found, "campaign", name)


def test_another_shop_has_no_part_in_it(grouped: None, other_shop: Merchant) -> None:
    with acting_for(other_shop, by=MARA):
        assert all(
            not apart(key, cut)
            for key, made in FIGURES.items()
            for cut in made.cuts
            if cut in COUNTED_WHEN_ASKED
        )


def test_only_figures_that_can_be_are_told_apart(cafe: Merchant) -> None:
    for key, cut in (("revenue", "segment"), ("orders", "campaign"), ("members_total", "campaign")):
        with pytest.raises(NotFound):
            apart(key, cut)
        with pytest.raises(NotFound):
            rows(key, MARCH, zone=ZONE, at=NOW, cut=cut)


def test_a_large_shop_is_counted_for_a_month_at_most(grouped: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setattr(freshness, "LIVE_BELOW", 0)
    read = reader(zone=ZONE, at=NOW)
    assert not read.fresh.is_live
    assert sums("revenue_members", "segment") == {"regulars": 13000, "friends": 13000}
    for key, when in (("revenue_members", stretch(Grain.QUARTER, AT.date())), ("points_outstanding", MARCH)):
        assert not telling.can_count(read, FIGURES[key], when, "segment")
        assert telling.can_count(read, FIGURES[key], when, "tier")
        with pytest.raises(InvalidInput):
            apart(key, "segment", when)
