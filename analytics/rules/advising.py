"""When a figure gives cause to propose something. Each rule looks at figures that are known and says what it saw, or
None. What is then proposed is written by `analytics.queries.proposing`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

RETENTION_FELL = "retention_fell"
REDEMPTION_LOW = "redemption_low"
EXPIRING_WAVE = "expiring_wave"
DETRACTORS = "detractors"
LEAVING = "leaving"
RULES = (RETENTION_FELL, REDEMPTION_LOW, EXPIRING_WAVE, DETRACTORS, LEAVING)

FALL = Decimal("0.03")
LEAST_BUYERS = 30
LOW_USE = Decimal("0.2")
LEAST_ISSUED = 5_000
WAVE = Decimal("0.05")
LEAST_DETRACTORS = 5
UNHAPPY = Decimal("0.2")
LEAST_LEAVING = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen: the rule, the figure it was seen in with its value then, and numbers for the sentence."""

    rule: str
    figure: str
    value: Decimal | None
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it is counted: so many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> Decimal | None:
        """None of nothing."""
        return Decimal(self.part) / self.whole if self.whole > 0 else None


def retention_fell(months: Sequence[Share]) -> Finding | None:
    """Retention of months that are over, oldest first: the last against that of two before it, by three percentage
    points or more, among at least thirty buyers each, and by more than chance explains in nineteen of twenty cases."""
    if len(months) < 3:
        return None
    before, now = months[-3], months[-1]
    if min(before.whole, now.whole) < LEAST_BUYERS or before.value is None or now.value is None:
        return None
    fall = before.value - now.value
    if fall < FALL or not _beyond_chance(before, now):
        return None
    numbers = {
        "before": str(round(before.value, 6)),
        "now": str(round(now.value, 6)),
        "points": str(round(fall * 100, 1)),
        "weeks": 8,
    }
    return Finding(RETENTION_FELL, "retention", now.value, numbers)


def _beyond_chance(before: Share, now: Share) -> bool:
    """Whether two shares differ by more than 1.96 standard errors."""
    pooled = (before.part + now.part) / (before.whole + now.whole)
    error = (pooled * (1 - pooled) * (1 / before.whole + 1 / now.whole)) ** 0.5
    return abs(before.part / before.whole - now.part / now.whole) > 1.96 * error


def redemption_low(months: Sequence[Share], *, ready: int) -> Finding | None:
    """Points used of those given over three months: under a fifth, while `ready` members could take a reward."""
    used, given = sum(one.part for one in months[-3:]), sum(one.whole for one in months[-3:])
    if len(months) < 3 or given < LEAST_ISSUED or not ready:
        return None
    share = Decimal(used) / given
    if share >= LOW_USE:
        return None
    return Finding(REDEMPTION_LOW, "redemption_rate", share, {"share": str(round(share, 6)), "ready": ready})


def expiring_wave(*, ending: int, held: int, members: int, days: int) -> Finding | None:
    """A twentieth or more of what members hold ends within `days`."""
    if held <= 0 or not members or Decimal(ending) / held < WAVE:
        return None
    share = Decimal(ending) / held
    numbers = {"ending": ending, "members": members, "days": days, "share": str(round(share, 6))}
    return Finding(EXPIRING_WAVE, "expiry_rate", None, numbers)


def detractors(*, unhappy: int, answers: int) -> Finding | None:
    """A fifth or more of the answers of three months would not recommend the shop."""
    if unhappy < LEAST_DETRACTORS or Decimal(unhappy) / answers < UNHAPPY:
        return None
    share = Decimal(unhappy) / answers
    return Finding(
        DETRACTORS, "nps", None, {"unhappy": unhappy, "answers": answers, "share": str(round(share, 6))}
    )


def leaving(*, members: int, worth_minor: int) -> Finding | None:
    """Members who came often and are about to leave, with what they spent."""
    if members < LEAST_LEAVING:
        return None
    return Finding(LEAVING, "retention", None, {"members": members, "worth_minor": worth_minor})
