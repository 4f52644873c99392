"""What members did within some days of an instant, as the sums that statistics need: one statement, however many they
are. The instant is their exposure to an experiment, or, for advice, the purchase that would have been it."""

# ruff: noqa: S608 - statements are made of this file's own text; every value is sent beside them
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.rules.experiments import Moments
from campaigns.rules.experiments.metrics import Measure
from campaigns.rules.experiments.spans import Span
from loyalty.core.tenancy import scope
from members.rules.assigning import WHOLE

BEFORE = timedelta(days=90)
"""So far back a member's past is looked at, to take what it explains out of the noise."""
LOOKED_AT = timedelta(days=28)
"""Advice counts members who bought within so long."""

type Measured = dict[str, dict[Measure, Moments]]
"""Sums by variant and measure."""

_EXPOSED = """
SELECT member_id, variant, at, at AS fixed, at + %(window)s AS until FROM campaigns_exposure
 WHERE merchant_id = %(merchant)s AND experiment_id = %(experiment)s AND NOT mixed AND at <= %(last)s
"""
# Whoever would have been exposed: members at their first purchase of some weeks.
_PRETENDED = """
SELECT DISTINCT ON (member_id) member_id, '' AS variant, placed_at AS at, placed_at AS fixed,
       placed_at + %(window)s AS until FROM members_order
 WHERE merchant_id = %(merchant)s AND placed_at > %(since)s AND placed_at <= %(last)s AND member_id IS NOT NULL
   AND status = 'recorded' AND (%(audience)s = '' OR member_id IN (
       SELECT member_id FROM members_segmentplace WHERE merchant_id = %(merchant)s AND segment = %(audience)s))
 ORDER BY member_id, placed_at
"""
# The same hash as `members.rules.assigning.place`: bytes compare as the number they are.
_PLACE = "substr(sha256(convert_to(%(salt)s || '|' || replace({id}::text, '-', ''), 'UTF8')), 1, 8)"
_HELD_OUT = f"""
SELECT id AS member_id, greatest(joined_at, %(since)s) AS at, greatest(joined_at, %(since)s) AS fixed,
       greatest(joined_at, %(since)s) + %(window)s AS until,
       CASE WHEN {_PLACE.format(id="id")} < %(edge)s THEN 'held_out' ELSE '' END AS variant
  FROM members_member
 WHERE merchant_id = %(merchant)s AND status = 'active' AND joined_at <= %(last)s AND %(since)s <= %(last)s
"""
# Everybody by where they stood all the time: below the lowest share held out, from the highest on not. Who was now this
# and now that is neither; who are two that became one and stood on different sides are "mixed", as in experiments.
_SIDE = f"CASE WHEN {_PLACE} < %(low)s THEN 'held_out' WHEN {_PLACE} >= %(high)s THEN '' END"
_APART = f"""
SELECT s.id AS member_id, greatest(s.joined_at, %(since)s) AS at, %(first)s::timestamptz AS fixed,
       %(last)s::timestamptz AS until,
       CASE WHEN EXISTS (SELECT FROM members_member g WHERE g.merchant_id = %(merchant)s AND g.merged_into_id = s.id
                            AND {_SIDE.format(id="g.id")} IS DISTINCT FROM s.side)
            THEN 'mixed' ELSE s.side END AS variant
  FROM (SELECT m.id, m.joined_at, {_SIDE.format(id="m.id")} AS side FROM members_member m
         WHERE m.merchant_id = %(merchant)s AND m.status NOT IN ('merged', 'erased') AND m.joined_at <= %(last)s) s
 WHERE s.side IS NOT NULL
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
         FROM (SELECT o.total_minor - o.refunded_minor AS paid, o.points_earned AS points,
                      CASE WHEN o.placed_at > e.at THEN true WHEN o.placed_at <= e.fixed THEN false END AS later
                 FROM (SELECT e.member_id AS id UNION ALL SELECT m.id FROM members_member m
                        WHERE m.merchant_id = %(merchant)s AND m.merged_into_id = e.member_id) w
                 JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = w.id
                  AND o.placed_at > e.fixed - %(before)s AND o.placed_at <= e.until
                  AND o.status = 'recorded') f) o
 CROSS JOIN LATERAL (
       SELECT (count(*) FILTER (WHERE later) > 0)::int::float8 AS y_redeemed,
              (count(*) FILTER (WHERE NOT later))::float8 AS x_redeemed
         FROM (SELECT CASE WHEN d.reserved_at > e.at THEN true WHEN d.reserved_at <= e.fixed THEN false END AS later
                 FROM (SELECT e.member_id AS id UNION ALL SELECT m.id FROM members_member m
                        WHERE m.merchant_id = %(merchant)s AND m.merged_into_id = e.member_id) w
                 JOIN rewards_redemption d ON d.merchant_id = %(merchant)s AND d.member_id = w.id
                  AND d.reserved_at > e.fixed - %(before)s AND d.reserved_at <= e.until
                  AND d.status = 'committed' AND d.cost_points > 0) f) r)
SELECT variant, count(*), {sums} FROM per GROUP BY variant
"""
_APART_ROWS = f"""
WITH e AS MATERIALIZED ({_APART})
SELECT e.member_id, count(o.id), coalesce(sum(o.total_minor - o.refunded_minor), 0)
  FROM e
 CROSS JOIN LATERAL (SELECT e.member_id AS id UNION ALL SELECT m.id FROM members_member m
                      WHERE m.merchant_id = %(merchant)s AND m.merged_into_id = e.member_id) w
  LEFT JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = w.id AND o.placed_at > e.at
        AND o.placed_at <= e.until AND o.status = 'recorded'
 WHERE e.variant = %(variant)s
 GROUP BY e.member_id
 ORDER BY 3 DESC, 1
 LIMIT %(most)s OFFSET %(after)s
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
    return _measure(
        _HELD_OUT, window, salt=f"holdout|{salt}", edge=_edge(share), since=since, last=until - window
    )


def apart(*, salt: str, span: Span) -> Measured:
    """What members did in a stretch of time, from their joining on: `held_out` all of it, never held out (""), and
    "mixed"."""
    return _measure(_APART, timedelta(0), **_places(salt, span))


def _places(salt: str, span: Span) -> dict[str, Any]:
    moment = timedelta(microseconds=1)  # the statement counts what is after `since`, up to and with `last`
    return {
        "salt": f"holdout|{salt}", "low": _edge(span.low), "high": _edge(span.high), "first": span.first,
        "since": span.since - moment, "last": span.until - moment,
    }  # fmt: skip


def _edge(share: int) -> bytes:
    """The place from which on members are not among so many hundredths of a percent."""
    return (-(-share * (1 << 64) // WHOLE)).to_bytes(8)


def apart_rows(
    *, salt: str, span: Span, variant: str, most: int, after: int = 0
) -> list[tuple[UUID, int, int]]:
    """The members of one side as (member, purchases, what they spent in minor units), who spent most first: the rows
    that `apart` adds up."""
    given = {
        **_places(salt, span),
        "merchant": scope.merchant_id(),
        "variant": variant,
        "most": most,
        "after": after,
    }
    with connection.cursor() as cursor:
        cursor.execute(_APART_ROWS, given)
        return [(member, orders, int(spent)) for member, orders, spent in cursor.fetchall()]


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
