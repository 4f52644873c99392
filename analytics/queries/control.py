"""Where members were left out of the programme's campaigns on purpose, to see what would have been without them.

Whoever keeps such a group says so here; figures of return ask here and nowhere else. Without one nothing is claimed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaigns.rules.experiments.moments import Moments


@dataclass(frozen=True, slots=True)
class Compared:
    """What members spent over a time, in minor units: those who were left out and the others; with what they spent
    before it as the figure before, where that is known."""

    held_out: Moments
    others: Moments


class Control(Protocol):
    """Keeps a group that is left out."""

    def compared(self, *, since: datetime, until: datetime) -> Compared | None:
        """Both groups over a time, in the scope of a shop; None where nobody was left out all of it."""
        ...


_controls: list[Control] = []


def register(control: Control) -> None:
    """Say who keeps the group. Called once, when the app starts that knows; the last one counts."""
    _controls[:] = [control]


def compared(*, since: datetime, until: datetime) -> Compared | None:
    """Who was left out and who was not; None where no group was."""
    return _controls[0].compared(since=since, until=until) if _controls else None
