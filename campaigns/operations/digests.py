"""What happens with nearly every order, planned where events leave the outbox: in one statement for a whole batch, so
that a busy day makes neither a reaction for each event nor a mail for each purchase."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.operations.planning import New, plan
from campaigns.rules.timing import STALE, digest_day, digest_due
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from rewards.models import Reward

_DIGESTS = {"points.earned": "points_earned", "points.activated": "points_available"}


def plan_digests(*, events: Sequence[Event], at: datetime) -> int:
    """Plan the messages of a batch of committed events, in the scope of all merchants; how many are new. What was
    collected or became ready is told once a day; what it is enough for now, when it is the first time."""
    moved = [one for one in events if one.kind in _DIGESTS and _is_news(one)]
    moved = [one for one in moved if one.happened_at >= at - STALE]
    if not moved:
        return 0
    merchants = {one.merchant_id for one in moved if one.merchant_id is not None}
    zones = dict(Merchant.objects.filter(pk__in=merchants).values_list("pk", "timezone"))
    prices = _prices(merchants)
    found: list[New] = []
    for one in moved:
        if one.subject is None or one.merchant_id is None:
            continue
        zone = ZoneInfo(zones[one.merchant_id])
        day = digest_day(one.recorded_at, zone)
        found.append(New(merchant=one.merchant_id, member=one.subject, kind=_DIGESTS[one.kind],
                         occasion=day.isoformat(), due_at=digest_due(day, zone)))  # fmt: skip
        found += _ready(one, prices[one.merchant_id], at)
    return plan(messages=found, at=at)


def _is_news(event: Event) -> bool:
    said = event.data
    return event.subject is not None and said.get("unit") == "points" and _number(said.get("amount")) > 0


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _prices(merchants: set[int]) -> defaultdict[int, list[tuple[int, UUID]]]:
    found: defaultdict[int, list[tuple[int, UUID]]] = defaultdict(list)
    rows = Reward.objects.filter(
        merchant_id__in=merchants, retired_at=None, gift_only=False, cost_points__gt=0
    )
    for merchant, price, key in rows.values_list("merchant_id", "cost_points", "id"):
        found[merchant].append((price, key))
    return found


def _ready(event: Event, prices: list[tuple[int, UUID]], at: datetime) -> list[New]:
    """The dearest reward that the balance has just become enough for."""
    after = _number(event.data.get("balance"))
    before = after - _number(event.data.get("amount"))
    crossed = [(price, key) for price, key in prices if before < price <= after]
    if not crossed or event.subject is None:
        return []
    _price, reward = max(crossed)
    return [New(merchant=event.merchant_id, member=event.subject, kind="reward_ready", occasion=f"reward:{reward}",
                due_at=at, data={"reward": str(reward)}, event=event.pk)]  # fmt: skip
