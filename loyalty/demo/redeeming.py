"""Which households of the history redeem what, and when: the part of a year that the published data lacks.

The data knows its shop's coupons, not anyone's points. So redemptions are ours, drawn from dice that are
loaded by household and month: the same each time, whatever was loaded before and in how many pieces. They
happen at the till, right after the household's last receipt of a month, for what it can then afford.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from loyalty.core.ledger.queries import balances
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.shops import DEMO
from rewards.models import Redemption, Reward
from rewards.operations.redemption import redeem_reward, use_voucher
from rewards.queries.catalogue import offered

REDEEMERS = 0.6
"""The part of households that ever redeem. In real programmes a good third of members never does."""
MONTHS = 0.4
"""The part of months in which one that redeems does so, if there is something to be had."""
USED = 0.9
"""The part of codes that are shown at the till; the others wait in someone's pocket."""


class Visit(NamedTuple):
    """A household's last visit of a month."""

    household: str
    member: UUID
    at: datetime


def redeem_month(*, merchant: int, month: str, visits: Sequence[Visit]) -> int:
    """Let those who would, redeem; each in a transaction of its own. How many were made now.

    Safe to repeat until the next month's receipts are recorded: whoever redeemed before is passed over.
    """
    inclined = [visit for visit in visits if _inclined(visit.household, month)]
    with acting_for(merchant, by=DEMO):
        keys = [_key(visit.household, month) for visit in inclined]
        before = set(Redemption.objects.filter(key__in=keys).values_list("key", flat=True))
        points = balances([visit.member for visit in inclined])
        # Rare things are left to people: who of two processes got the last one would be chance.
        catalogue = list(offered().filter(stock=None, limit_per_member=None))
    made = 0
    for visit in inclined:
        key = _key(visit.household, month)
        if key in before or visit.member not in points:
            continue
        affordable = [reward for reward in catalogue if reward.cost_points <= points[visit.member].available]
        if affordable:
            with acting_for(merchant, by=DEMO):
                _redeem(visit, key, affordable)
            made += 1
    return made


def _key(household: str, month: str) -> str:
    return f"demo:{household}:{month}"


def _inclined(household: str, month: str) -> bool:
    """Whether this household is one that redeems, and in the mood this month."""
    return (
        random.Random(f"redeems {household}").random() < REDEEMERS
        and random.Random(f"{household} {month}").random() < MONTHS
    )


def _redeem(visit: Visit, key: str, affordable: list[Reward]) -> None:
    """Take one of the affordable rewards, the dearer the likelier, and mostly use it at once."""
    dice = random.Random(key)
    (reward,) = dice.choices(affordable, weights=[reward.cost_points for reward in affordable])
    at = visit.at + timedelta(seconds=dice.randrange(20, 240))
    taken = redeem_reward(member=visit.member, reward=reward.pk, key=key, at=at, channel="store")
    if dice.random() < USED:
        use_voucher(code=taken.vouchers.get().code, at=at + timedelta(seconds=30))
