"""When a delivery that failed is tried again, and when enough is enough. Pure: no clock, no database."""

import random
from datetime import datetime, timedelta

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one attempt and the next: ten attempts over a little more than three days."""

ATTEMPTS = len(PAUSES) + 1
JITTER = 0.1
LONGEST_WISH = timedelta(hours=24)

FAILING_FOR = timedelta(days=5)
FAILING_TIMES = 20
"""An address is switched off when nothing has arrived there for so long and so many attempts: more than one delivery
has then been given up."""


def pause(tries: int, *, wished: timedelta | None = None) -> timedelta | None:
    """How long to wait after the `tries`-th attempt; None when that was the last.

    A tenth at most is added by chance, so that a shop's deliveries that failed together do not come back together.
    `wished` is what the receiver asked for; it lengthens a pause, never shortens one, by a day at most.
    """
    if tries >= ATTEMPTS:
        return None
    wait = PAUSES[tries - 1] * (1 + random.uniform(0, JITTER))
    return max(wait, min(wished or timedelta(), LONGEST_WISH))


def gives_up(*, failing_since: datetime, failures: int, at: datetime) -> bool:
    """Whether an address has failed for too long."""
    return failures >= FAILING_TIMES and at - failing_since >= FAILING_FOR
