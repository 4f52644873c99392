"""Over which time, and by which shares, members can be compared with those who were held out. Pure.

A shop may raise, lower and end its holdout. Who is held out follows from a member's place alone, so a stretch of time
with several shares still has two clean groups: those who were held out all of it, and those who never were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from members.rules.comparisons import Holdout


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to before `until` somebody was held out at every moment: at least `low` and at most `high`
    hundredths of a percent of all members. `first` is when the shop first held anybody out: what members did before
    then was changed by nothing that is looked at."""

    since: datetime
    until: datetime
    low: int
    high: int
    first: datetime

    @property
    def days(self) -> float:
        """How long it is, in days."""
        return (self.until - self.since).total_seconds() / 86_400


def held_span(holdouts: Sequence[Holdout], *, since: datetime, until: datetime) -> Span | None:
    """The last stretch without a gap, between two instants, in which members were held out; None where there is none.
    `holdouts` is the shop's holdout as it was over time, the oldest first."""
    if until <= since:
        return None
    first = next((one.since for one in holdouts if one.share > 0), None)
    if first is None:
        return None
    run: list[tuple[datetime, datetime, int]] = []
    for place, one in enumerate(holdouts):
        ends = holdouts[place + 1].since if place + 1 < len(holdouts) else until
        begins, ends = max(one.since, since), min(ends, until)
        if one.share <= 0 or begins >= ends:
            continue
        # A time without anybody held out lies between: what was before it is another comparison.
        run = (
            [*run, (begins, ends, one.share)] if run and run[-1][1] == begins else [(begins, ends, one.share)]
        )
    if not run:
        return None
    shares = [share for _since, _until, share in run]
    return Span(run[0][0], run[-1][1], min(shares), max(shares), first)
