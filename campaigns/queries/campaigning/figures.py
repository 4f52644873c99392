"""What a campaign came to: every figure with the rows that make it up.

What each of its rules gave stands in `members_ruleuse`, less what refunds undid; the same gifts stand in the books as
postings of their own, which name the campaign's rules. `from_books` adds those up, so that the two can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, Message, Newsletter
from campaigns.queries.campaigning.reading import point_cost, public_id
from campaigns.rules.rehearsing import Figures
from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.queries import granted_by
from loyalty.core.money import share
from members.models import BudgetUse, OfferActivation, Order, RuleUse
from members.rules.owning import owner_of
from members.rules.units import REWARDS
from rewards.models import Redemption, Reward
from rewards.queries.figures import cost_of

LATE = timedelta(days=7)
"""So long after its end orders that were made before it still find a campaign."""


@dataclass(frozen=True, slots=True)
class Came:
    """What a campaign came to. `given` is of points as they were given, `points` what is left of them after refunds;
    `cost_minor` what those and the rewards it handed out cost, None when nobody said what a point costs. `spend_minor`
    is what its orders cost, less what came back; `matched_minor` what the shop adds to donations."""

    given: int
    points: int
    members: int
    orders: int
    activities: int
    rewards: int
    redeemed: int
    activated: int
    cost_minor: int | None
    spend_minor: int
    donated_minor: int
    matched_minor: int
    messages: int
    units: Mapping[str, int]


def uses(row: Campaign) -> QuerySet[RuleUse]:
    """Every gift of a campaign's rules, one row for each rule and occasion."""
    return RuleUse.objects.filter(rule__in=row.rule_ids)


def spent(row: Campaign) -> tuple[int, Decimal]:
    """What went out of its budget: points, and what they cost in minor units; nothing where it has none."""
    found = BudgetUse.objects.filter(budget=public_id(row)).values_list("units", "cost_minor").first()
    return found or (0, Decimal(0))


def given_points(row: Campaign) -> int:
    """Points it has given, less what refunds undid."""
    found = uses(row).filter(unit=POINTS).aggregate(total=Sum("units"))["total"]
    return int(found or 0)


def came_to(row: Campaign) -> Came:
    """Everything a campaign came to by now, in a handful of statements."""
    by_unit = uses(row).order_by("unit").values_list("unit").annotate(gross=Sum("amount"), net=Sum("units"))
    units = {unit: (int(gross), int(net)) for unit, gross, net in by_unit}
    counted = uses(row).aggregate(
        members=Count("member", distinct=True),
        orders=Count("source", distinct=True, filter=Q(source_kind=RuleUse.Kind.ORDER)),
        activities=Count("source", distinct=True, filter=Q(source_kind=RuleUse.Kind.ACTIVITY)),
    )
    spend = orders(row).aggregate(total=Sum(F("total_minor") - F("refunded_minor")))["total"]
    given, net = units.get(POINTS, (0, 0))
    donated = _donated(row)
    return Came(
        given=given, points=net, **counted, rewards=units.get(REWARDS, (0, 0))[1],
        redeemed=redemptions(row).count() if row.rewards else 0,
        activated=activations(row).count() if row.offer else 0,
        cost_minor=_cost(row, net), spend_minor=int(spend or 0), donated_minor=donated,
        matched_minor=_matched(row, donated), messages=_messages(row),
        units={unit: left for unit, (_gross, left) in units.items() if unit not in (POINTS, REWARDS)},
    )  # fmt: skip


def _donated(row: Campaign) -> int:
    if not row.match_percent:
        return 0
    return int(donations(row).aggregate(total=Sum(F("value") * F("quantity")))["total"] or 0)


def _matched(row: Campaign, donated_minor: int) -> int:
    """What the shop adds, while its budget lasts."""
    found = share(donated_minor, row.match_percent, 100)
    return found if row.budget_minor is None else min(found, row.budget_minor)


def _cost(row: Campaign, points: int) -> int | None:
    each = point_cost(row)
    if each is None and points:
        return None
    total = (each or Decimal(0)) * points
    for reward, handed_out in _handed_out(row).items():
        total += (cost_of(reward) or 0) * handed_out
    return int(total.to_integral_value())


def _handed_out(row: Campaign) -> dict[Reward, int]:
    """Rewards its rules handed out, less what refunds took back."""
    own = {f"{public_id(row)}-{rule['id']}": rule["reward"] for rule in row.rules if rule.get("reward")}
    if not own:
        return {}
    rows = uses(row).filter(unit=REWARDS).order_by("rule").values_list("rule").annotate(total=Sum("units"))
    by_handle = {reward.handle: reward for reward in Reward.objects.filter(handle__in=set(own.values()))}
    found: dict[Reward, int] = {}
    for rule, total in rows:
        reward = by_handle.get(own.get(rule, ""))
        if reward is not None and total:
            found[reward] = found.get(reward, 0) + int(total)
    return found


def orders(row: Campaign) -> QuerySet[Order]:
    """Purchases its rules gave something for, newest first."""
    found = uses(row).filter(source_kind=RuleUse.Kind.ORDER).values("source")
    return Order.objects.filter(pk__in=found).order_by("-placed_at", "-id")


def gifts(row: Campaign, *, most: int, after: int = 0) -> list[dict[str, Any]]:
    """What it gave for each purchase and activity, by unit, newest first: `amount` as it was given, `units` what
    refunds left of it."""
    rows = uses(row).values("source", "source_kind", "member", "at", "unit")
    found = rows.annotate(units=Sum("units"), amount=Sum("amount")).order_by("-at", "source", "unit")
    return [dict(row) for row in found[after : after + most]]


@dataclass(frozen=True, slots=True)
class Reached:
    """A member a campaign gave something: points left after refunds, how often, and when last."""

    member: UUID
    points: int
    times: int
    last_at: datetime


def members(row: Campaign, *, most: int, after: int = 0) -> list[Reached]:
    """Who it gave something, most points first."""
    rows = (
        uses(row)
        .filter(member__isnull=False)
        .values_list("member")
        .annotate(
            points=Coalesce(Sum("units", filter=Q(unit=POINTS)), 0),
            times=Count("source", distinct=True),
            last=Max("at"),
        )
        .order_by("-points", "member")
    )
    return [Reached(*one) for one in rows[after : after + most]]


def redemptions(row: Campaign) -> QuerySet[Redemption]:
    """Rewards of a campaign that were taken while it ran."""
    if row.launched_at is None:
        return Redemption.objects.none()
    begins = max(one for one in (row.starts_at, row.launched_at) if one is not None)
    found = Redemption.objects.filter(
        reward__handle__in=row.rewards, reserved_at__gte=begins, status__in=("reserved", "committed")
    )
    ends = min((one for one in (row.ends_at, row.ended_at) if one is not None), default=None)
    return found.filter(reserved_at__lt=ends) if ends else found


def donations(row: Campaign) -> QuerySet[Redemption]:
    """Donations made with its rewards while it ran."""
    stood = Redemption.Status.COMMITTED
    return redemptions(row).filter(reward__kind=Reward.Kind.DONATION, status=stood)


def activations(row: Campaign) -> QuerySet[OfferActivation]:
    """Who activated its offer."""
    return OfferActivation.objects.filter(offer=public_id(row))


def _messages(row: Campaign) -> int:
    if row.newsletter is None or not Newsletter.objects.filter(pk=row.newsletter).exists():
        return 0
    return Message.objects.filter(newsletter=row.newsletter, state=Message.State.SENT).count()


def from_books(row: Campaign) -> int:
    """Points a campaign gave, added up from the ledger alone: its own postings, which name its rules. Reads the books
    from its launch on."""
    if row.launched_at is None:
        return 0
    return granted_by(f"{public_id(row)}-", since=row.launched_at)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a rehearsal says of a campaign alone: what its rules would have given before refunds, to how many members,
    for how many occasions, at what cost, and when its budget would have been empty (None: never)."""

    points: int
    rewards: int
    members: int
    times: int
    cost_minor: int | None
    empty_at: datetime | None


def foreseen(row: Campaign, figures: Figures, costs: Mapping[str, object]) -> Foreseen:
    """The part of a rehearsal's figures that is the campaign's."""
    name = public_id(row)
    own = {rule: gave for rule, gave in figures.rules.items() if owner_of(rule) == name}
    points = sum(gave.units for gave in own.values() if gave.unit == POINTS)
    rewards = sum(gave.units for gave in own.values() if gave.unit == REWARDS)
    each = point_cost(row) or (Decimal(str(costs["point"])) if costs.get("point") else None)
    cost = None if each is None and points else int(((each or Decimal(0)) * points).to_integral_value())
    if cost is not None:
        kept = costs.get("rewards")
        prices = kept if isinstance(kept, dict) else {}
        named = {f"{name}-{rule['id']}": rule.get("reward", "") for rule in row.rules}
        cost += sum(
            int(prices.get(named.get(rule, ""), 0)) * gave.units
            for rule, gave in own.items()
            if gave.unit == REWARDS
        )
    return Foreseen(
        points, rewards, figures.touched.get(name, 0), sum(gave.times for gave in own.values()), cost,
        figures.budgets.get(name),
    )  # fmt: skip
