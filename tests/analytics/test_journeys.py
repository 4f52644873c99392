"""The way of those who joined: what they did at an account that was merged into theirs is theirs, too."""

from datetime import date

from analytics.queries.journeys import Around, Funnel, around_joining, funnel
from analytics.rules.calendar import Grain, stretch
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from members.operations.merging import merge
from members.operations.tiers_by_hand import give_tier
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, buy, days, person, publish

ZONE = "Europe/Stockholm"
MAY = stretch(Grain.MONTH, date(2026, 5, 15))
JOINED = AT + days(70)  # the eleventh of May


def way() -> Funnel:
    return funnel(MAY, zone=ZONE)


def around(*, until: int = 200) -> Around:
    return around_joining(MAY, zone=ZONE, at=AT + days(until))


def test_what_was_done_at_a_second_account_counts_for_who_they_became(cafe: Merchant) -> None:
    publish(tiers={"ladder": [{"id": "silver", "at_least": 0}, {"id": "gold", "at_least": 100_000_000}]})
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 40})
    second = person("ana-2", at=AT)
    ana = person("ana", at=JOINED)
    bea = person("bea", at=JOINED)
    buy(ana, 100, at=JOINED + days(1))
    buy(bea, 70, at=JOINED - days(1))
    buy(second, 60, at=JOINED - days(3))
    buy(second, 30, at=JOINED + days(2))
    buy(second, 500, at=JOINED - days(65))
    buy(second, 900, at=JOINED + days(91))
    redeem_reward(member=second.pk, reward=cup.pk, key="cup", at=JOINED + days(3))
    give_tier(member=second.pk, tier="gold", reason="Friend", last_day=date(2027, 1, 1), at=JOINED + days(4))

    assert way() == Funnel(2, 2, 0, 0)
    assert around() == Around(2, 1, 1, 7_000, 10_000)
    merge(keep=ana.pk, remove=second.pk, at=AT + days(180))
    assert way() == Funnel(2, 2, 1, 1)
    assert around() == Around(2, 3, 2, 63_000, 13_000)
    assert around(until=150) == Around(0, 0, 0, 0, 0), "the days after joining are not over"
    assert verify() == []
