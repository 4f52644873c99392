"""What members bought, folded into histories: as known now, and as known on the day that predictions are tried from."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np

from analytics.queries.freshness import today_of
from analytics.queries.statements import answer
from analytics.rules.fitting import Numbers
from analytics.rules.histories import WEEK, Histories
from loyalty.core.money import exponent

CHECK_DAYS = 91
"""Predictions are tried on the last thirteen weeks: made as if they had not been yet, held against what happened."""


@dataclass(frozen=True, slots=True)
class Buying:
    """Histories of `members`, in their order, with what they spent in all. `then` are those who had bought by `cut`, as
    one knew them, and `after` their purchases since."""

    members: list[UUID]
    told: Histories
    spent_minor: Numbers
    then: Histories
    after: Numbers
    cut: date


def buying(*, zone: str, currency: str, at: datetime) -> Buying:
    """Everybody who bought and is a member now, in the currency's units, up to now."""
    today = today_of(zone, at)
    cut = today - timedelta(days=CHECK_DAYS)
    found = answer("histories", {"zone": zone, "until": at, "cut": cut})
    members = [row[0] for row in found]
    table = np.array([row[1:] for row in found], dtype=np.float64).reshape(len(found), 7)
    first, last, count, spent, later, last_then, count_then = table.T
    unit = 10 ** exponent(currency)
    repeats = count - 1
    spend = np.divide(later / unit, repeats, out=np.zeros_like(later), where=repeats > 0)
    keys = np.arange(len(members), dtype=np.int64)
    told = Histories(keys, repeats, (last - first) / WEEK, (today.toordinal() - first) / WEEK, spend)
    known = np.flatnonzero(count_then > 0)
    then = Histories(
        keys[known], count_then[known] - 1, (last_then[known] - first[known]) / WEEK,
        (cut.toordinal() - first[known]) / WEEK, np.zeros(len(known)),
    )  # fmt: skip
    return Buying(members, told, spent, then, (count - count_then)[known], cut)
