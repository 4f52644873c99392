"""What messages follow from what happens. The few come by consumers, each event on its own; what happens with nearly
every order is planned where events leave the outbox, in one statement for a whole batch."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.operations import privacy
from campaigns.operations.planning import New, plan
from campaigns.rules.timing import STALE, digest_day, digest_due
from loyalty.core import clock
from loyalty.core.events import consumers
from loyalty.core.events.consumers import consumes, consumes_now
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from rewards.models import Reward

_DIGESTS = {"points.earned": "points_earned", "points.activated": "points_available"}


def _plan_one(event: Event, kind: str, occasion: str = "", **data: object) -> None:
    now = clock.now()
    if event.subject is None or event.happened_at < now - STALE:
        return
    plan(
        messages=[
            New(member=event.subject, kind=kind, occasion=occasion or f"event:{event.pk}", due_at=now, data=data,
                event=event.pk)
        ],
        at=now,
    )  # fmt: skip


@consumes("member.joined")
def welcome(event: Event) -> None:
    """Once for each member."""
    _plan_one(event, "welcome", "joined")


@consumes("reward.redeemed")
def send_code(event: Event) -> None:
    """The code of a reward that was taken, once for each redemption. One that was used at the till by the time the
    mail is made is not told."""
    redemption = event.data.get("redemption")
    if redemption:
        _plan_one(event, "code", f"redemption:{redemption}", redemption=redemption)


@consumes("tier.changed")
def tell_of_tier(event: Event) -> None:
    """Up and down; the first tier of all comes with the welcome."""
    kind = {"up": "tier_up", "down": "tier_down"}.get(str(event.data.get("direction")))
    if kind and event.data.get("from"):
        _plan_one(event, kind, to=event.data.get("to"))


@consumes("referral.joined", "referral.rewarded")
def tell_of_friend(event: Event) -> None:
    """To the member who brought somebody, each step once."""
    step = event.kind.partition(".")[2]
    referral = event.data.get("referral")
    if referral:
        _plan_one(event, f"referral_{step}", f"referral:{referral}")


@consumes("activity.recorded")
def congratulate(event: Event) -> None:
    """A birthday that the programme noticed."""
    if event.data.get("kind") == "birthday":
        _plan_one(event, "birthday")


@consumes("membership.payment_due", "membership.payment_failed")
def tell_of_payment(event: Event) -> None:
    """Of a paid membership."""
    kind = "membership_due" if event.kind.endswith("due") else "membership_failed"
    known = {name: event.data[name] for name in ("membership", "price_minor") if name in event.data}
    _plan_one(event, kind, **known)


@consumes_now("member.merged")
def move_choices(event: Event) -> None:
    """In the transaction of the merge: a no must not be lost in between."""
    if event.subject is not None:
        privacy.move(to=event.subject, of=UUID(event.data["merged"]))


@consumers.plans
def plan_digests(events: list[Event]) -> None:
    """What was collected or became ready is told once a day; what it is enough for now, when it is the first time."""
    now = clock.now()
    moved = [one for one in events if one.kind in _DIGESTS and _is_news(one)]
    moved = [one for one in moved if one.happened_at >= now - STALE]
    if not moved:
        return
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
        found += _ready(one, prices[one.merchant_id], now)
    plan(messages=found, at=now)


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


def _ready(event: Event, prices: list[tuple[int, UUID]], now: datetime) -> list[New]:
    """The dearest reward that the balance has just become enough for."""
    after = _number(event.data.get("balance"))
    before = after - _number(event.data.get("amount"))
    crossed = [(price, key) for price, key in prices if before < price <= after]
    if not crossed or event.subject is None:
        return []
    _price, reward = max(crossed)
    return [New(merchant=event.merchant_id, member=event.subject, kind="reward_ready", occasion=f"reward:{reward}",
                due_at=now, data={"reward": str(reward)}, event=event.pk)]  # fmt: skip
