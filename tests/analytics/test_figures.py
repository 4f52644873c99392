"""Key figures of shops with little or nothing in them, at the edges of days, in other zones and currencies."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from analytics.queries.figures import FIGURES
from analytics.queries.freshness import freshness
from analytics.queries.rows import rows
from analytics.queries.sums import reader
from analytics.queries.telling import figures
from analytics.rules.calendar import Grain, stretch
from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.privacy import erase_member
from members.operations.tiers_by_hand import give_tier
from tests.analytics.spring import MARCH, NOW, ZONE, added_up, fill, told
from tests.cast import AT, MARA, buy, days, order, person, publish, shop


@pytest.mark.parametrize("key", FIGURES)
def test_an_empty_shop_has_no_shares_and_no_errors(cafe: Merchant, key: str) -> None:
    for filled in (False, True):
        assert told(key).value == (None if FIGURES[key].whole else 0)
        assert rows(key, MARCH, zone=ZONE, at=NOW).rows == []
        if not filled:
            fill()


def test_a_shop_with_one_order(ana: Member) -> None:
    buy(ana, 50)
    assert [told(key).value for key in ("aov_members", "retention", "repeat_rate")] == [5000, None, 0]
    fill()
    assert [told(key).value for key in ("aov_members", "retention", "repeat_rate")] == [5000, None, 0]


def test_there_is_no_figure_and_no_part_of_another_name(cafe: Merchant) -> None:
    for key, cut in (("nonsense", ""), ("revenue", "total_minor"), ("points_issued", "tier")):
        with pytest.raises(NotFound):
            told(key, cut=cut)
        with pytest.raises(NotFound):
            rows(key, MARCH, zone=ZONE, at=NOW, cut=cut)


def test_merged_members_are_one_and_erased_ones_leave_their_orders(ana: Member, ben: Member) -> None:
    buy(ana, 100)
    buy(ben, 50)
    fill()
    merge(keep=ana.pk, remove=ben.pk, at=AT + days(1))
    assert (told("members_active").value, told("repeat_rate").value, told("members_new").value) == (1, 1, 1)
    erase_member(member=ana.pk, at=AT + days(2))
    assert (told("revenue").value, told("members_new").value, told("members_active").value) == (15000, 0, 0)


def test_a_member_lapses_after_half_a_year_and_may_come_back(ana: Member, ben: Member) -> None:
    buy(ana, 100)
    buy(ben, 100)
    buy(ben, 100, at=AT + days(179))
    fill(AT + days(179))
    august = stretch(Grain.MONTH, (AT + days(180)).date())
    assert told("members_lapsed", august, at=AT + days(179)).value == 0
    assert told("members_lapsed", august, at=AT + days(181)).value == 1  # nothing happened but time
    fill(AT + days(181))
    assert told("members_lapsed", august, at=AT + days(181)).value == 1
    assert [row.about for row in rows("members_lapsed", august, zone=ZONE, at=AT + days(181)).rows] == [
        ana.pk
    ]
    buy(ana, 10, at=AT + days(170))  # it turns out that Ana was there after all
    assert told("members_lapsed", august, at=AT + days(181)).value == 0
    fill(AT + days(181))
    assert told("members_lapsed", august, at=AT + days(181)).value == 0


def test_a_tier_counts_for_what_was_bought_in_it(cafe: Merchant) -> None:
    publish(
        tiers={"ladder": [{"id": "silver", "at_least": 0}, {"id": "gold", "at_least": 100_000_000}]},
        at=AT + days(1),
    )
    ana = person("ana", at=AT + days(1))
    buy(ana, 100, at=AT + days(2))
    give_tier(member=ana.pk, tier="gold", reason="Friend", last_day=date(2027, 1, 1), at=AT + days(3))
    buy(ana, 50, at=AT + days(4))
    fill()
    table = figures(reader(zone=ZONE, at=NOW), [MARCH], ["revenue_members"], cut="tier")
    assert {name: one.part for (_key, _when, name), one in table.items()} == {"silver": 10000, "gold": 5000}
    for (key, when, name), one in table.items():
        added_up(key, when, one, "tier", name)


# --- calendars and currencies -----------------------------------------------------------------------------------


def test_an_order_at_the_edge_of_a_short_day_is_in_one_day_only(ana: Member) -> None:
    buy(
        ana, 10, at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    )  # midnight in Stockholm, as the short day begins
    buy(ana, 20, at=datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC))  # and as it ends
    for filled in (False, True):
        found = [told("orders", stretch(Grain.DAY, date(2026, 3, day))).value for day in (28, 29, 30)]
        assert found == [0, 2, 0]
        buyers = [told("frequency", stretch(Grain.DAY, date(2026, 3, day))).value for day in (28, 29, 30)]
        assert buyers == [None, 2, None]
        if not filled:
            fill()


def test_a_shop_that_moves_to_another_zone_is_summed_anew(cafe: Merchant, ana: Member) -> None:
    buy(ana, 10, at=datetime(2026, 3, 31, 23, 0, tzinfo=UTC))  # April in Stockholm, March in Lisbon
    fill()
    assert told("orders").value == 0
    assert told("orders", zone="Atlantic/Azores").value == 1
    assert freshness(zone="Atlantic/Azores", at=NOW).is_stale(MARCH)


def test_yen_have_no_minor_unit(db: None) -> None:
    with acting_for(shop("tokyo", currency="JPY", timezone="Asia/Tokyo", country="JP"), by=MARA):
        publish()
        assert told("aov_members", zone="Asia/Tokyo").value is None
        asked = order(person("aiko"), 5)
        yen = replace(asked, currency="JPY")
        record_order(order=yen, at=AT)
        assert told("aov_members", zone="Asia/Tokyo").value == 500  # as they are: 500 yen, not 5.00
