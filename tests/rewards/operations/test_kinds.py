"""What each kind of reward says of itself, and who may have it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import SegmentPlace, TierStanding
from members.operations.merging import merge
from rewards.models import Reward, Voucher
from rewards.operations.catalogue import create_reward, edit_reward
from rewards.operations.redemption import NotEligible, quote_redemption, redeem_reward, reverse_redemption
from rewards.operations.terms import kind_problems
from rewards.queries.asking import seen
from rewards.queries.catalogue import asker, offers
from rewards.queries.figures import access, donations, economics, pace
from rewards.rules.kinds import KINDS
from tests.cast import AT, buy, days, person
from tests.rewards.operations.test_redemption import coffee

OPENS, PUBLIC = AT + days(1), AT + days(3)
GOOD = {
    "money_off": {"value": 5000, "terms": {"at_least_minor": 20000}},
    "percent_off": {"value": 1000, "terms": {"most_minor": 10000}},
    "free_product": {"product_sku": "coffee", "terms": {"skus": ["tea"]}},
    "free_shipping": {"terms": {"methods": ["parcel"]}},
    "sample": {"terms": {"skus": ["a", "b"]}},
    "gift_card": {"value": 10000},
    "exclusive_product": {"product_sku": "cup-1"},
    "experience": {"terms": {"free_until_hours": 48}},
    "workshop": {"terms": {"bring": "An apron"}},
    "donation": {"value": 2500, "terms": {"charity": "Sea Rescue", "url": "https://example.org/sea"}},
    "early_access": {"terms": {"opens_at": OPENS.isoformat(), "public_at": PUBLIC.isoformat()}},
    "coupon": {"terms": {"low_at": 2}},
    "partner": {"terms": {"partner": "The bookshop"}},
    "pay_with_points": {"cost_points": 0, "terms": {"points": 100, "minor": 1000, "most_percent": 2500}},
    "custom": {},
}


def make(kind, **details):
    return create_reward(
        at=AT, details={"kind": kind, "name": {"en": "A reward"}, "cost_points": 100, **GOOD[kind], **details}
    )


@pytest.fixture
def rich(ana):
    buy(ana, 1000)
    return ana


def missing(member, reward, at=AT):
    return [reason.code for reason in quote_redemption(member=member.pk, reward=reward.pk, at=at)]


def test_every_kind_can_be_made_and_read_again(cafe):
    assert set(GOOD) == set(KINDS) == set(Reward.Kind.values)
    for kind in GOOD:
        row = make(kind)
        assert edit_reward(reward=row.pk, at=AT, details={"position": 3}).terms == row.terms, kind


@pytest.mark.parametrize(
    ("kind", "details", "field"),
    [
        ("money_off", {"value": 0}, "value"), ("gift_card", {"value": 0}, "value"), ("donation", {"value": 0}, "value"),
        ("money_off", {"terms": {"at_least_minor": -1}}, "terms.at_least_minor"),
        ("money_off", {"terms": {"at_least_minor": 10**13}}, "terms.at_least_minor"),
        ("money_off", {"terms": {"at_least_minor": "1"}}, "terms.at_least_minor"),
        ("money_off", {"terms": {"colour": "red"}}, "terms"), ("money_off", {"terms": [1]}, "terms"),
        ("percent_off", {"value": 10_001}, "value"), ("percent_off", {"terms": {"most_minor": 0}}, "terms.most_minor"),
        ("donation", {"terms": {}}, "terms"), ("donation", {"terms": {"charity": " "}}, "terms.charity"),
        ("donation", {"terms": {"charity": "x", "url": "http://x.org"}}, "terms.url"),
        ("partner", {"terms": {"partner": "a\x00b"}}, "terms.partner"),
        ("exclusive_product", {"product_sku": ""}, "product_sku"),
        ("sample", {"terms": {"skus": [" "]}}, "terms.skus"),
        ("free_shipping", {"terms": {"methods": [""]}}, "terms.methods"),
        ("early_access", {"terms": {"opens_at": PUBLIC.isoformat(), "public_at": OPENS.isoformat()}}, "terms.public_at"),
        ("early_access", {"terms": {"opens_at": "2026-03-01T10:00:00", "public_at": PUBLIC.isoformat()}}, "terms.opens_at"),
        ("coupon", {"terms": {"low_at": -1}}, "terms.low_at"),
        ("workshop", {"terms": {"free_until_hours": 9999}}, "terms.free_until_hours"),
        ("pay_with_points", {"cost_points": 5}, "cost_points"),
        ("pay_with_points", {"terms": {"points": 0}}, "terms.points"),
        ("pay_with_points", {"terms": {"most_percent": 10_001}}, "terms.most_percent"),
        ("pay_with_points", {"terms": {"least_points": 50, "most_points": 40}}, "terms.most_points"),
        ("custom", {"limits": [{"period": "day", "times": 0}]}, "limits[0].times"),
        ("custom", {"limits": [{"period": "hour", "times": 1}]}, "limits[0].period"),
        ("custom", {"limits": [{"period": "day", "times": 1}] * 2}, "limits"),
        ("custom", {"audience": {"tiers": [""]}}, "audience.tiers"),
        ("custom", {"audience": {"segments": ["a"], "not_segments": ["a"]}}, "audience.not_segments"),
        ("custom", {"audience": {"member_days": 0}}, "audience.member_days"),
        ("custom", {"audience": {"birthday": {"days_before": 181}}}, "audience.birthday.days_before"),
        ("custom", {"audience": {"age": 18}}, "audience"), ("custom", {"delivery": "drone"}, "delivery"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused_by_their_field(cafe, kind, details, field):
    with pytest.raises(InvalidInput) as refused:
        make(kind, **details)
    assert field in [error["field"] for error in refused.value.errors]
    assert Reward.objects.count() == 0


def test_what_is_right_is_kept_with_its_defaults(cafe):
    row = Reward(kind="workshop", terms={"bring": "An apron"}, limits=[{"period": "day", "times": 1}])
    assert kind_problems(row) == []
    assert row.terms == {"bring": "An apron", "free_until_hours": 24}
    assert row.audience == {
        "tiers": [],
        "segments": [],
        "not_segments": [],
        "member_days": None,
        "birthday": None,
    }


def test_a_limit_for_a_day_begins_anew_at_the_shops_midnight(rich):
    reward = coffee(cost_points=1, limits=[{"period": "day", "times": 2}, {"period": "week", "times": 3}])
    evening = datetime(2026, 3, 3, 22, 0, tzinfo=UTC)  # a Tuesday, eleven at night in Stockholm
    for number in range(2):
        redeem_reward(member=rich.pk, reward=reward.pk, key=f"k{number}", at=evening)
    [reason] = quote_redemption(member=rich.pk, reward=reward.pk, at=evening)
    midnight = datetime(2026, 3, 4, 0, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert (reason.code, reason.period, reason.needed, reason.have, reason.when) == (
        "limit_reached", "day", 2, 2, midnight,
    )  # fmt: skip
    redeem_reward(member=rich.pk, reward=reward.pk, key="next day", at=midnight)
    with pytest.raises(NotEligible) as refused:
        redeem_reward(member=rich.pk, reward=reward.pk, key="fourth", at=midnight + days(1))
    assert [reason.period for reason in refused.value.reasons] == ["week"]
    assert missing(rich, reward, datetime(2026, 3, 9, 8, tzinfo=UTC)) == []


def test_what_came_back_and_what_a_merged_member_had_counts_as_it_should(rich, ben):
    buy(ben, 100)
    reward = coffee(cost_points=1, limits=[{"period": "month", "times": 2}])
    undone = redeem_reward(member=rich.pk, reward=reward.pk, key="a", at=AT)
    redeem_reward(member=ben.pk, reward=reward.pk, key="b", at=AT)
    reverse_redemption(redemption=undone.pk, at=AT, reason="r")
    merge(keep=rich.pk, remove=ben.pk, at=AT)
    assert asker(rich.pk, reward, at=AT).had == 1
    redeem_reward(member=rich.pk, reward=reward.pk, key="c", at=AT)
    assert missing(rich, reward) == ["limit_reached"]
    [offer] = offers(rich.pk, at=AT)
    assert [reason.code for reason in offer.missing] == ["limit_reached"], "shown as it is redeemed"


def test_tiers_and_segments_decide_who_may_have_it(rich):
    reward = coffee(audience={"tiers": ["gold", "silver"], "segments": ["vip"], "not_segments": ["staff"]})
    assert missing(rich, reward) == ["other_tier", "not_in_segment"]
    TierStanding.objects.create(member=rich, tier="gold", since=AT)
    SegmentPlace.objects.create(member=rich, segment="vip", since=AT, until=AT + days(1))
    assert missing(rich, reward) == []
    assert missing(rich, reward, AT + days(1)) == ["not_in_segment"], "a place that is over is none"
    SegmentPlace.objects.create(member=rich, segment="staff", since=AT)
    assert missing(rich, reward) == ["in_excluded_segment"]
    with pytest.raises(NotEligible):
        redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    assert balance(rich.pk).available == 1000


def test_it_can_take_some_time_as_a_member(rich):
    reward = coffee(audience={"member_days": 30})
    [reason] = quote_redemption(member=rich.pk, reward=reward.pk, at=AT + days(29))
    assert (reason.code, reason.needed, reason.have) == ("member_too_short", 30, 29)
    assert missing(rich, reward, reason.when) == []
    assert missing(rich, reward, reason.when - timedelta(seconds=1)) == ["member_too_short"]


def test_a_birthday_gift_is_had_around_the_birthday(cafe):
    born = person("born", birthday=date(1990, 3, 5))
    buy(born, 200)
    other = person("other")
    reward = coffee(cost_points=1, audience={"birthday": {"days_before": 2, "days_after": 7}})
    assert missing(born, reward) == ["not_birthday"]
    [reason] = quote_redemption(member=born.pk, reward=reward.pk, at=AT)
    assert reason.when == datetime(2026, 3, 3, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert missing(born, reward, reason.when) == []
    assert missing(born, reward, datetime(2026, 3, 13, tzinfo=UTC)) == ["not_birthday"]
    assert missing(other, reward) == ["no_birthday", "not_enough_points"]


def test_what_redeeming_asks_and_what_is_shown_is_counted_by_one_function(rich, django_assert_num_queries):
    reward = coffee(cost_points=1)
    redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    with django_assert_num_queries(1):
        found = seen(rich.pk, [reward.pk], at=AT)
    assert found.had == {reward.pk: [1, 1, 1, 1, 1]}
    assert seen(rich.pk, [reward.pk], at=AT + days(400)).had == {reward.pk: [1, 0, 0, 0, 0]}


def test_a_donation_runs_up_a_total_and_gives_no_code(rich, ben):
    buy(ben, 300)
    sea, wood = make("donation"), make("donation", value=1000, terms={"charity": "Forest"})
    for number in range(2):
        redeem_reward(member=rich.pk, reward=sea.pk, key=f"r{number}", at=AT)
    mine = redeem_reward(member=ben.pk, reward=sea.pk, key="b", at=AT)
    edit_reward(reward=sea.pk, at=AT, details={"value": 9900})
    undone = redeem_reward(member=ben.pk, reward=wood.pk, key="undone", at=AT)
    reverse_redemption(redemption=undone.pk, at=AT, reason="r")
    assert [(one.charity, one.times, one.minor, one.by_member_minor) for one in donations(member=ben.pk)] == [
        ("Sea Rescue", 3, 7500, 2500), ("Forest", 0, 0, 0),
    ]  # fmt: skip
    assert (mine.voucher, Voucher.objects.count()) == (None, 0)
    assert verify() == []


def test_early_access_opens_before_everybody_comes(rich, ben):
    reward = make("early_access")
    redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    assert [(one.opens_at, one.open) for one in access(rich.pk, at=AT)] == [(OPENS, False)]
    assert [one.open for one in access(rich.pk, at=OPENS)] == [True]
    assert access(rich.pk, at=PUBLIC) == []
    assert access(ben.pk, at=OPENS) == []


def test_what_a_reward_costs_and_how_long_it_takes_to_earn(cafe):
    for number, kronor in enumerate((90, 300, 900)):
        member = person(f"m{number}", at=AT - days(200))
        buy(member, kronor, at=AT - days(10))
    coupon, off = coffee(unit_cost_minor=700, cost_points=150), make("money_off")
    rate = pace(at=AT)
    # Points in thirty days: what was earned in ninety, by three.
    assert (rate.members, rate.slow, rate.middle, rate.fast) == (3, 30, 100, 300)
    found = economics(coupon, rate)
    assert (found.unit_cost_minor, found.days, found.days_fast, found.days_slow) == (700, 45, 15, 150)
    assert economics(off, rate).unit_cost_minor == 5000
    assert economics(make("free_product"), rate).unit_cost_minor is None


def test_nobody_earns_and_nothing_is_promised(cafe):
    rate = pace(at=AT)
    assert (rate.members, rate.days_to(100), rate.days_to(0)) == (0, None, 0)


def test_a_reward_that_has_given_codes_keeps_its_way_of_making_them(rich):
    row = make("gift_card", stock=5)
    redeem_reward(member=rich.pk, reward=row.pk, key="k", at=AT)
    with pytest.raises(InvalidInput) as refused:
        edit_reward(reward=row.pk, at=AT, details={"terms": {"from_pool": True}})
    assert refused.value.errors[0]["field"] == "kind"
    assert Reward.objects.get(pk=row.pk).stock == 5
