"""What publishing a programme would do, counted on the shop's own members and purchases before anything counts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.ledger.portions import held_by_all
from loyalty.core.programme.document import Programme
from loyalty.web.office.worth import point_cost, points_minor
from members.models import Order
from members.queries import rehearsal, tier_preview
from members.queries import tiers as standings
from members.queries.tier_words import tier_name
from members.rules.conversion import Every
from members.rules.points_life import PointsLife, terms
from members.rules.tiers import Direction, Tiers
from rewards.queries.catalogue import rewards

LOOKED_AT = 20_000
"""Members whose tiers one page looks at; who has more goes on from there."""
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """A purchase that would have earned something else."""

    order: Order
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class EarningImpact:
    """The shop's last purchases under both programmes. `before`/`after` are points; `cost_*` minor units (None: no
    reward says what it costs), `back_*` shares of the money spent."""

    orders: int
    total_minor: int
    since: datetime | None
    before: int
    after: int
    point_minor: Decimal | None
    differences: tuple[Difference, ...]
    changed: int

    def cost(self, points: int) -> int | None:
        """What points cost the shop in minor units."""
        return points_minor(points, self.point_minor)

    def back(self, points: int) -> Decimal | None:
        """The share of the money spent that points give back."""
        cost = self.cost(points)
        return None if cost is None or not self.total_minor else Decimal(cost) / self.total_minor

    @property
    def cost_before(self) -> int | None:
        return self.cost(self.before)

    @property
    def cost_after(self) -> int | None:
        return self.cost(self.after)

    @property
    def back_before(self) -> Decimal | None:
        return self.back(self.before)

    @property
    def back_after(self) -> Decimal | None:
        return self.back(self.after)


def earning_impact(before: Programme | None, after: Programme, zone: ZoneInfo) -> EarningImpact:
    """What the last purchases would have earned under both; without a programme in force nothing was earned before."""
    sample = rehearsal.last_purchases()
    then = [one.earned() for one in rehearsal.rehearse(after["earning"], sample, zone)]
    now = (
        [one.earned() for one in rehearsal.rehearse(before["earning"], sample, zone)]
        if before
        else [0] * len(then)
    )
    found = [
        Difference(one.order, old, new)
        for one, old, new in zip(sample.purchases, now, then, strict=True)
        if old != new
    ]
    largest = sorted(found, key=lambda one: -abs(one.change))[:SHOWN]
    since = sample.purchases[0].order.placed_at if sample.purchases else None
    return EarningImpact(
        len(sample.purchases), sample.total_minor, since, sum(now), sum(then), point_cost(list(rewards())),
        tuple(largest), len(found),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moves:
    """How many members would go from one tier to another."""

    direction: str
    from_tier: str
    to_tier: str
    from_name: str
    to_name: str
    members: int


@dataclass(frozen=True, slots=True)
class TierImpact:
    """Who would move. `beyond` is where to go on when not everybody was looked at."""

    members: int
    moves: tuple[Moves, ...]
    up: int
    down: int
    replaced: int
    beyond: UUID | None


def tier_impact(
    before: Programme | None, after: Programme, *, at: datetime, start: UUID | None = None
) -> TierImpact:
    """What the draft's tiers would do to members, up to a bound. Reads and changes nothing."""
    tiers: Tiers = after["tiers"]
    old: Tiers = before["tiers"] if before else standings.NO_TIERS
    found = tier_preview.preview_tiers(tiers, at=at, after=start, most=LOOKED_AT)
    groups = ((Direction.UP, found.up), (Direction.DOWN, found.down), (Direction.REPLACED, found.replaced))
    moves = tuple(
        Moves(direction.value, one, other, tier_name(old, one), tier_name(tiers, other), count)
        for direction, counted in groups
        for (one, other), count in sorted(counted.items())
    )
    up, down, replaced = (sum(counted.values()) for _direction, counted in groups)
    return TierImpact(found.members, moves, up, down, replaced, found.beyond)


@dataclass(frozen=True, slots=True)
class LifeImpact:
    """Points that are there keep their dates; points earned now would get others. `ends_*` None is never,
    `counts_*` None is at once (or waits for an event, which the sentences say)."""

    members: int
    points: int
    ends_before: datetime | None
    ends_after: datetime | None
    counts_before: datetime | None
    counts_after: datetime | None
    converted_members: int
    converted_points: int
    converts: bool


def life_impact(before: Programme | None, after: Programme, *, at: datetime, zone: ZoneInfo) -> LifeImpact:
    """How long points earned at `at` would live under both, and whom a conversion would touch with what they have."""
    then = terms(after["points_life"], at, zone)
    now = terms(before["points_life"] if before else PointsLife(), at, zone)
    members, points = held_by_all()
    conversion = after["conversion"]
    converts = conversion.every is not Every.NEVER and (before is None or before["conversion"] != conversion)
    touched = held_by_all(at_least=conversion.least) if converts else (0, 0)
    return LifeImpact(
        members,
        points,
        now.expires_at,
        then.expires_at,
        now.available_from,
        then.available_from,
        *touched,
        converts,
    )


def differs(before: Programme | None, after: Programme, *sections: str) -> bool:
    """Whether any of these sections would be another one."""
    return before is None or any(before[name] != after[name] for name in sections)
