"""Members' tiers as orders, refunds and activities are written: up at once, down when the time is over."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from members.models import TierChange, TierStanding
from members.operations import tiers
from members.operations.activities import record_activity
from members.operations.claiming import claim_order
from members.operations.merging import merge
from members.operations.orders import quote_order, record_orders
from members.operations.points import adjust_points
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order, refund_order
from members.queries import tiers as asking
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund
from members.tasks import review_tiers
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, order, person, publish

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LADDER = [
    {"id": "silver", "at_least": 1000_00, "name": {"en": "Silver", "sv": "Silver"}},
    {"id": "gold", "at_least": 2000_00, "name": {"en": "Gold", "sv": "Guld"}},
]
NEXT_YEAR = datetime(2028, 1, 1, tzinfo=STOCKHOLM)


def with_tiers(*rules: dict[str, Any], at: datetime = AT, **terms: Any) -> None:
    """Publish one point per krona (or other rules) and two tiers, by spend in a year unless said otherwise."""
    publish(*rules, at=at, tiers={"ladder": LADDER, **terms})


def tier(member: Any) -> str:
    row = TierStanding.objects.filter(member=member).first()
    return row.tier if row else ""


def way(member: Any) -> list[tuple[str, str, str]]:
    """A member's changes, first one first."""
    rows = TierChange.objects.filter(member=member).order_by("id")
    return [(row.from_tier, row.to_tier, row.reason) for row in rows]


def back(name: str, minor: int, at: datetime = AT, external_id: str = "r") -> None:
    refund = NewRefund(external_id, at, (), minor)
    refund_order(source="api", order_external_id=name, refund=refund, at=at)


def reviewed(member: Any, name: str = "did", kind: str = "review", at: datetime = AT) -> None:
    who = MemberRef(id=ids.encode("mbr", member.pk))
    record_activity(activity=NewActivity(name, kind, at, who), at=at)


# --- up


def test_the_order_that_reaches_it_makes_the_member_silver_at_once(ana, ben):
    with_tiers()
    buy(ana, 999)
    assert (tier(ana), way(ana)) == ("", [])
    buy(ana, 1)
    row = TierStanding.objects.get(member=ana)
    assert (row.tier, row.since, row.valid_until, row.review_at) == ("silver", AT, NEXT_YEAR, NEXT_YEAR)
    change = TierChange.objects.get()
    assert (change.direction, change.reason, change.actor) == ("up", "reached", "staff:mara")
    assert (change.values["amount"], change.values["needs"], change.version is not None) == (
        1000_00,
        1000_00,
        True,
    )
    event = Event.objects.get(kind="tier.changed")
    assert (event.subject, event.data["from"], event.data["to"]) == (ana.pk, "", "silver")
    assert (event.data["direction"], event.data["change"]) == ("up", str(change.pk))
    assert (tier(ben), way(ben), verify()) == ("", [], [])


def test_the_tier_of_an_order_is_the_one_the_member_had_when_they_bought(ana):
    double = {
        "type": "multiplier",
        "id": "gold",
        "factor": "2",
        "when": [{"type": "tier", "any_of": ["gold"]}],
    }
    with_tiers(ONE_POINT_PER_KRONA, double)
    assert buy(ana, 2000).points == 2000  # it makes them gold, and was not bought as gold
    assert (tier(ana), buy(ana, 100).points) == ("gold", 200)


def test_an_order_costs_nothing_more_where_there_are_no_tiers_and_one_statement_where_there_are(ana):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            record_orders(orders=[order(ana, 1), order(ana, 1)], at=AT)
        return len(seen)

    statements()
    without = statements()
    with_tiers()
    buy(ana, 1)
    assert statements() == without + 1
    assert without == 2


def test_a_batch_ends_as_one_by_one(cafe):
    with_tiers()
    amounts = [300, 800, 50, 1200, 10, 990, 10, 700]
    batch, single = ([person(f"{kind}{n}") for n in range(3)] for kind in "bs")
    record_orders(orders=[order(batch[n % 3], kr) for n, kr in enumerate(amounts)], at=AT)
    for n, kr in enumerate(amounts):
        buy(single[n % 3], kr)
    assert [tier(one) for one in batch] == [tier(one) for one in single] == ["silver", "silver", "silver"]
    assert [way(one)[-1][1] for one in batch] == [way(one)[-1][1] for one in single]
    assert verify() == []


def test_who_joins_has_the_tier_that_takes_nothing(cafe):
    publish(tiers={"ladder": [{"id": "classic", "at_least": 0}, *LADDER]})
    cleo = person("cleo")
    assert (tier(cleo), way(cleo)) == ("classic", [("", "classic", "joined")])
    assert TierStanding.objects.get(member=cleo).review_at is None
    buy(cleo, 1500)
    assert way(cleo)[1:] == [("classic", "silver", "reached")]


def test_a_guests_order_that_is_claimed_counts(ana):
    with_tiers()
    guest = buy(None, 1500)
    claim_order(order=guest.order, member=ana.pk, at=AT)
    assert tier(ana) == "silver"


# --- what qualifies


def test_points_that_were_earned_count_and_stay_counted_when_they_are_spent(ana):
    points = [{"id": "silver", "at_least": 100}, {"id": "gold", "at_least": 300}]
    publish(tiers={"by": "points", "ladder": points})
    buy(ana, 90)
    adjust_points(member=ana.pk, amount=500, reason="a present is not earned", at=AT)
    assert tier(ana) == ""
    adjust_points(member=ana.pk, amount=-580, reason="spent", at=AT)
    buy(ana, 10)
    assert (balance(ana.pk).available, tier(ana)) == (20, "silver")
    assert TierChange.objects.get().values["amount"] == 100


def test_points_taken_back_count_no_longer_though_they_were_spent(ana):
    """The books could take nothing: the points are gone. What was earned is less all the same."""
    publish(tiers={"by": "points", "on_refund": "review", "ladder": [{"id": "silver", "at_least": 100}]})
    buy(ana, 150, external_id="o")
    assert tier(ana) == "silver"
    adjust_points(member=ana.pk, amount=-150, reason="spent", at=AT)
    back("o", 60_00)
    assert (tier(ana), way(ana)[-1]) == ("", ("silver", "", "refunded"))
    assert TierChange.objects.order_by("-id").first().values["amount"] == 90


def test_status_credits_count_and_those_given_by_hand_too(ana):
    publish(tiers={"by": "credits", "ladder": [{"id": "silver", "at_least": 50}]})
    adjust_points(member=ana.pk, amount=49, unit="credits", reason="moved from the old programme", at=AT)
    assert tier(ana) == ""
    adjust_points(member=ana.pk, amount=1, unit="credits", reason="and one", at=AT)
    assert (tier(ana), balance(ana.pk).available) == ("silver", 0)


def test_orders_count_unless_they_are_undone(ana):
    publish(tiers={"by": "orders", "ladder": [{"id": "regular", "at_least": 3}]})
    for name in ("a", "b", "c"):
        buy(ana, 10, external_id=name)
        if name == "a":
            back("a", 10_00)
    assert tier(ana) == ""
    buy(ana, 10, external_id="d")
    assert tier(ana) == "regular"


def test_activities_of_the_named_kinds_count(ana):
    terms = {"by": "activities", "kinds": ["review", "photo"], "ladder": [{"id": "voice", "at_least": 2}]}
    publish(tiers=terms)
    reviewed(ana, "1")
    reviewed(ana, "2", kind="survey")
    assert tier(ana) == ""
    reviewed(ana, "3", kind="photo")
    assert tier(ana) == "voice"


def test_friends_who_bought_count_where_referrals_are_kept(ana, ben, monkeypatch):
    """By the table of referrals as the programme's own keeps it: who has bought, not who only joined."""
    content = {"tiers": {"by": "referrals", "ladder": [{"id": "ambassador", "at_least": 2}]}}
    programmes.save_draft(content=content, at=AT)
    monkeypatch.setattr(asking, "_referrals_are_kept", lambda: False)
    with pytest.raises(InvalidInput) as refused:
        programmes.publish(at=AT)
    assert (refused.value.errors[0]["field"], refused.value.errors[0]["code"]) == ("tiers.by", "not_served")
    monkeypatch.setattr(asking, "_referrals_are_kept", lambda: True)
    programmes.publish(at=AT)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE members_referral (merchant_id bigint, referrer_id uuid, status text,"
            " qualified_at timestamptz) ON COMMIT DROP"
        )
        for status in ("joined", "qualified", "held"):
            cursor.execute(
                "INSERT INTO pg_temp.members_referral VALUES (%s, %s, %s, %s)",
                [ana.merchant_id, ana.pk, status, AT],
            )
        assert (tiers.follow_referral(referrer=ana.pk, at=AT), tier(ana)) == (0, "")
        cursor.execute("UPDATE pg_temp.members_referral SET status = 'rewarded' WHERE status = 'joined'")
    assert (tiers.follow_referral(referrer=ana.pk, at=AT), tier(ana), tier(ben)) == (1, "ambassador", "")


def test_last_years_spending_is_last_years(ana):
    with_tiers(valid="period_end")
    december = datetime(2025, 12, 31, 23, 30, tzinfo=STOCKHOLM)
    buy(ana, 600, at=december)
    buy(ana, 600, at=datetime(2026, 1, 1, 0, 30, tzinfo=STOCKHOLM))
    assert tier(ana) == ""
    buy(ana, 400, at=december + days(100))
    assert tier(ana) == "silver"


# --- refunds


@pytest.mark.parametrize(("policy", "after"), [("keep", "gold"), ("review", "silver")])
def test_a_refund_after_reaching(ana, policy, after):
    with_tiers(on_refund=policy)
    buy(ana, 2100, external_id="o")
    back("o", 200_00)
    assert tier(ana) == after
    if policy == "review":
        assert way(ana) == [("", "gold", "reached"), ("gold", "silver", "refunded")]
        assert Event.objects.filter(kind="tier.changed").order_by("id").last().data["direction"] == "down"
        cancel_order(source="api", order_external_id="o", cancelled_at=AT, at=AT)
        assert tier(ana) == ""
    assert verify() == []


def test_a_refund_that_came_before_its_order_never_made_anybody_gold(ana):
    with_tiers(on_refund="review")
    back("o", 1500_00)
    buy(ana, 2100, external_id="o")
    assert (tier(ana), way(ana)) == ("", [])


# --- down, when the time is over


def over(member: Any) -> datetime:
    return TierStanding.objects.get(member=member).review_at


def test_the_time_is_over_at_midnight_where_the_shop_is(ana):
    with_tiers()
    buy(ana, 1500)
    before = NEXT_YEAR - timedelta(microseconds=1)
    assert (tiers.review_due(at=before), tier(ana)) == (0, "silver")
    assert (tiers.review_due(at=NEXT_YEAR), tier(ana)) == (1, "")
    assert way(ana)[-1] == ("silver", "", "not_kept")
    assert (tiers.review_due(at=NEXT_YEAR), len(way(ana))) == (0, 2)  # twice is once


def test_a_tier_that_is_over_and_was_not_looked_at_yet_does_not_count(ana, ben):
    """Whose review would keep the tier has it; whose would not, has it not: quoted and recorded alike."""
    double = {
        "type": "multiplier",
        "id": "double",
        "factor": "2",
        "when": [{"type": "tier", "any_of": ["silver", "gold"]}],
    }
    with_tiers(ONE_POINT_PER_KRONA, double, valid="months", window="rolling", months=12, valid_months=6)
    buy(ana, 1500)
    buy(ben, 1500)
    later = AT + days(190)
    assert over(ana) <= later
    buy(ben, 1000, at=later - days(10))
    assert quote_order(order=order(ana, 10, at=later), at=later).points == 20  # still within twelve months
    much_later = AT + days(380)
    assert quote_order(order=order(ana, 10, at=much_later), at=much_later).points == 10
    assert quote_order(order=order(ben, 10, at=much_later), at=much_later).points == 20
    assert (tier(ana), way(ana)) == ("silver", [("", "silver", "reached")])  # a quote writes nothing
    assert (buy(ana, 10, at=much_later).points, tier(ana)) == (10, "")
    assert (buy(ben, 10, at=much_later).points, tier(ben)) == (20, "gold")


def test_twin_the_stored_tier_alone_would_count(ana, monkeypatch):
    from members.queries import usage

    double = {
        "type": "multiplier",
        "id": "double",
        "factor": "2",
        "when": [{"type": "tier", "any_of": ["silver"]}],
    }
    with_tiers(ONE_POINT_PER_KRONA, double)
    buy(ana, 1500)
    monkeypatch.setattr(usage, "tiers_by_now", lambda members, at: {})
    assert quote_order(order=order(ana, 10, at=AT + days(700)), at=AT + days(700)).points == 20


def test_a_review_that_was_stopped_goes_on_and_a_second_one_finds_nothing(cafe):
    with_tiers()
    people = [person(f"m{n}") for n in range(7)]
    record_orders(orders=[order(one, 1500) for one in people], at=AT)
    assert tiers.review_due(at=NEXT_YEAR, most=3) == 3
    assert sum(tier(one) == "silver" for one in people) == 4
    assert [tiers.review_due(at=NEXT_YEAR, most=3) for _turn in range(3)] == [3, 1, 0]
    assert TierChange.objects.count() == 14
    assert verify() == []


def test_everybody_is_looked_at_in_a_fixed_number_of_statements(cafe):
    """No statement for each member."""
    with_tiers()
    people = [person(f"m{n}") for n in range(40)]
    record_orders(orders=[order(one, 1500) for one in people], at=AT)
    tiers.review_due(at=NEXT_YEAR, most=1)
    with CaptureQueriesContext(connection) as seen:
        assert tiers.review_due(at=NEXT_YEAR) == 39
    assert len(seen) <= 8  # savepoints, who, the version, locks, read, write


@pytest.mark.django_db(transaction=True)
def test_the_clock_reviews_every_shop(luna, other_shop, monkeypatch):
    from members import tasks

    for shop in (luna, other_shop):
        with acting_for(shop, by=MARA):
            with_tiers()
            buy(person("ana"), 1500)
    monkeypatch.setattr(tasks.clock, "now", lambda: NEXT_YEAR)
    assert review_tiers() >= 2
    for shop in (luna, other_shop):
        with acting_for(shop, by=MARA):
            assert not TierStanding.objects.exists()
            assert TierChange.objects.order_by("-id").first().actor == "system"


# --- merged and erased


def test_a_merge_keeps_the_better_standing_and_counts_both(ana, ben):
    with_tiers()
    buy(ana, 600)
    buy(ben, 1100)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert (tier(ana), tier(ben)) == ("silver", "")
    assert way(ben)[-1] == ("silver", "", "merged")
    assert way(ana) == [("", "silver", "merged")]
    buy(ana, 300)
    assert tier(ana) == "gold"  # 600, 1,100 and 300
    assert verify() == []


def test_two_halves_make_a_whole_when_they_are_merged(ana, ben):
    with_tiers()
    buy(ana, 600)
    buy(ben, 600)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert way(ana) == [("", "silver", "reached")]


def test_an_erased_member_has_no_tier_and_is_not_looked_at(ana):
    with_tiers()
    buy(ana, 1500)
    erase_member(member=ana.pk, at=AT)
    assert (tier(ana), way(ana)[-1]) == ("", ("silver", "", "erased"))
    assert tiers.review_due(at=NEXT_YEAR) == 0
    assert not Event.objects.filter(kind="tier.changed", data__reason="erased").exists()
    assert verify() == []


def test_the_export_tells_the_tier_and_how_they_came_to_it(ana):
    with_tiers()
    buy(ana, 1500)
    told = export_member(member=ana.pk, at=AT)["tiers"]
    assert [row["tier"] for row in told["tier"]] == ["silver"]
    assert [(row["from"], row["to"], row["values"]["amount"]) for row in told["history"]] == [
        ("", "silver", 1500_00)
    ]
