"""What members did within some days of an instant, as the sums that statistics need: one statement, however many they
are. The instant is their exposure to an experiment, or, for advice, the purchase that would have been it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.rules.experiments import Moments
from campaigns.rules.experiments.metrics import Measure
from loyalty.core.tenancy import scope
from members.rules.assigning import WHOLE

BEFORE = timedelta(days=90)
"""So far back a member's past is looked at, to take what it explains out of the noise."""
LOOKED_AT = timedelta(days=28)
"""Advice counts members who bought within so long."""

type Measured = dict[str, dict[Measure, Moments]]
"""Sums by variant and measure."""

_EXPOSED = """
SELECT member_id, variant, at FROM campaigns_exposure
 WHERE merchant_id = %(merchant)s AND experiment_id = %(experiment)s AND NOT mixed AND at <= %(last)s
"""
# Whoever would have been exposed: members at their first purchase of some weeks.
_PRETENDED = """
SELECT DISTINCT ON (member_id) member_id, '' AS variant, placed_at AS at FROM members_order
 WHERE merchant_id = %(merchant)s AND placed_at > %(since)s AND placed_at <= %(last)s AND member_id IS NOT NULL
   AND status = 'recorded' AND (%(audience)s = '' OR member_id IN (
       SELECT member_id FROM members_segmentplace WHERE merchant_id = %(merchant)s AND segment = %(audience)s))
 ORDER BY member_id, placed_at
"""
# The same hash as `members.rules.assigning.place`: bytes compare as the number they are.
_HELD_OUT = """
SELECT id AS member_id, greatest(joined_at, %(since)s) AS at,
       CASE WHEN substr(sha256(convert_to(%(salt)s || '|' || replace(id::text, '-', ''), 'UTF8')), 1, 8) < %(edge)s
            THEN 'held_out' ELSE '' END AS variant
  FROM members_member
 WHERE merchant_id = %(merchant)s AND status = 'active' AND joined_at <= %(last)s AND %(since)s <= %(last)s
"""
_MEASURE = """
WITH e AS MATERIALIZED ({who}), per AS (
SELECT e.variant, o.*, r.*
  FROM e
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(paid) FILTER (WHERE later), 0)::float8 AS y_spend,
              coalesce(sum(paid) FILTER (WHERE NOT later), 0)::float8 AS x_spend,
              (count(*) FILTER (WHERE later))::float8 AS y_orders,
              (count(*) FILTER (WHERE NOT later))::float8 AS x_orders,
              (count(*) FILTER (WHERE later) > 0)::int::float8 AS y_bought,
              (count(*) FILTER (WHERE NOT later))::float8 AS x_bought,
              coalesce(sum(points) FILTER (WHERE later), 0)::float8 AS y_points,
              coalesce(sum(points) FILTER (WHERE NOT later), 0)::float8 AS x_points
         FROM (SELECT o.total_minor - o.refunded_minor AS paid, o.points_earned AS points, o.placed_at > e.at AS later
                 FROM (SELECT e.member_id AS id UNION ALL SELECT m.id FROM members_member m
                        WHERE m.merchant_id = %(merchant)s AND m.merged_into_id = e.member_id) w
                 JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = w.id
                  AND o.placed_at > e.at - %(before)s AND o.placed_at <= e.at + %(window)s
                  AND o.status = 'recorded') f) o
 CROSS JOIN LATERAL (
       SELECT (count(*) FILTER (WHERE later) > 0)::int::float8 AS y_redeemed,
              (count(*) FILTER (WHERE NOT later))::float8 AS x_redeemed
         FROM (SELECT d.reserved_at > e.at AS later
                 FROM (SELECT e.member_id AS id UNION ALL SELECT m.id FROM members_member m
                        WHERE m.merchant_id = %(merchant)s AND m.merged_into_id = e.member_id) w
                 JOIN rewards_redemption d ON d.merchant_id = %(merchant)s AND d.member_id = w.id
                  AND d.reserved_at > e.at - %(before)s AND d.reserved_at <= e.at + %(window)s
                  AND d.status = 'committed' AND d.cost_points > 0) f) r)
SELECT variant, count(*), {sums} FROM per GROUP BY variant
"""
_SUMS = ", ".join(
    f"sum(y_{one}), sum(y_{one} * y_{one}), sum(x_{one}), sum(x_{one} * x_{one}), sum(x_{one} * y_{one})"
    for one in Measure
)


def measured(experiment: UUID, *, window: timedelta, until: datetime) -> Measured:
    """What exposed members did within `window` of their exposure: those for whom all of it lies before `until`, so that
    everybody is counted for the same length of time."""
    return _measure(_EXPOSED, window, experiment=experiment, last=until - window)


def pretended(*, window: timedelta, audience: str, until: datetime) -> dict[Measure, Moments]:
    """What members did within `window` of a purchase of some past weeks: what an experiment would have counted."""
    last = until - window
    found = _measure(_PRETENDED, window, audience=audience, since=last - LOOKED_AT, last=last)
    return found.get("", {one: Moments() for one in Measure})


def by_holdout(*, salt: str, share: int, since: datetime, window: timedelta, until: datetime) -> Measured:
    """What members did within `window` of the holdout's beginning, or of joining: `held_out` and the others ("")."""
    edge = -(-share * (1 << 64) // WHOLE)
    return _measure(
        _HELD_OUT, window, salt=f"holdout|{salt}", edge=edge.to_bytes(8), since=since, last=until - window
    )


def _measure(who: str, window: timedelta, **values: Any) -> Measured:
    statement = _MEASURE.format(who=who, sums=_SUMS)
    given = {"merchant": scope.merchant_id(), "before": BEFORE, "window": window, **values}
    found: Measured = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        for variant, count, *sums in cursor.fetchall():
            found[variant] = {
                one: Moments(count, *sums[5 * place : 5 * place + 5]) for place, one in enumerate(Measure)
            }
    return found


@dataclass(frozen=True, slots=True)
class Explained:
    """How much of a measure's noise the members' own past explains, from 0 to 1, and its mean and deviation."""

    mean: float
    deviation: float
    part: float


def explained(one: Moments) -> Explained:
    """Of what was measured; raises `Noisy` with fewer than two members."""
    variance, before, both = one.variance, one.variance_before, one.covariance
    part = both * both / (variance * before) if variance > 0 and before > 0 else 0.0
    return Explained(one.mean, max(variance, 0.0) ** 0.5, min(max(part, 0.0), 0.95))
