"""How many members it takes, and how many days. Pure.

Counted for the test that is then used: the always-valid one asks for more members than one look at the end would (about
a third more at usual sizes), and gives for it that it may be stopped on the day it knows.
"""

from dataclasses import dataclass
from math import ceil, inf, log, log1p, sqrt

from scipy.stats import norm

MOST = 10**9
SHORTEST_DAYS = 7
"""Weekdays differ: less than a whole week says something about a weekend and nothing about a shop."""
LONGEST_DAYS = 90
"""Beyond this the shop has changed more than the experiment has."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Members per variant; days until they are there, whole weeks; None when nobody comes. `one_look` is what a test
    with a single look at the end would take. `detects` is what was asked for, as a difference in the metric's unit."""

    per_variant: int
    one_look: int
    days: int | None
    detects: float

    @property
    def is_too_long(self) -> bool:
        """True when it would take longer than anybody should wait."""
        return self.days is None or self.days > LONGEST_DAYS


def plan_share(
    base: float, lift: float, *, daily: float, variants: int = 2, alpha: float = 0.05, power: float = 0.8
) -> Plan:
    """For a share, like who buys again: `base` is today's (0 to 1), `lift` the relative change worth knowing (0.1 is a
    tenth more), `daily` members who come into the experiment each day, all variants together."""
    if not 0 < base < 1 or lift == 0 or not 0 < base * (1 + lift) < 1:
        raise ValueError("a share and what becomes of it lie between 0 and 1")
    other = base * (1 + lift)
    noise = (base * (1 - base) + other * (1 - other)) / 2
    return _plan(sqrt(noise), base * lift, daily, variants, alpha, power)


def plan_mean(
    deviation: float,
    difference: float,
    *,
    daily: float,
    variants: int = 2,
    explained: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Plan:
    """For an amount, like what a member spends: its standard deviation and the difference worth knowing, in the same
    unit. `explained` is the part of the noise that the members' own past explains (CUPED), from 0 to below 1."""
    if deviation <= 0 or difference == 0 or not 0 <= explained < 1:
        raise ValueError("there is some noise, and some difference to look for")
    return _plan(deviation * sqrt(1 - explained), difference, daily, variants, alpha, power)


def _plan(
    deviation: float, difference: float, daily: float, variants: int, alpha: float, power: float
) -> Plan:
    if variants < 2 or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError("two variants or more, and chances between 0 and 1")
    each = alpha / (
        variants - 1
    )  # every variant is held against the control, and all of them together keep alpha
    effect = abs(difference)
    seen = norm.ppf(1 - each / 2) + norm.ppf(power)
    one_look = 2 * (deviation * seen / effect) ** 2
    needed = _always_valid(deviation, effect, each, float(norm.ppf(power)))
    per_variant = min(MOST, ceil(needed))
    days = None
    if daily > 0:
        exact = per_variant * variants / daily
        days = max(SHORTEST_DAYS, 7 * ceil(exact / 7)) if exact < inf else None
    return Plan(per_variant, min(MOST, ceil(one_look)), days, difference)


def _always_valid(deviation: float, effect: float, alpha: float, quantile: float) -> float:
    """Units per variant at which the interval leaves out nothing with the wished-for chance: its half width plus the
    estimate's own noise fit into the effect. Found by halving, for both sides fall with the number."""

    def fits(n: float) -> bool:
        variance, mixture = 2 * deviation**2 / n, effect**2
        both = variance + mixture
        half = sqrt(variance * both / mixture * (2 * log(1 / alpha) + log1p(mixture / variance)))
        return half + quantile * sqrt(variance) <= effect

    low, high = 1.0, 2.0
    while not fits(high) and high < MOST:
        low, high = high, high * 2
    for _round in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
