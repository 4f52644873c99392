"""How the lower part of the house reaches the upper: consumers register for kinds of events.

`@consumes("reward.redeemed")` runs after commit, at least once, on a worker, in a scope of its own; it is
retried with growing pauses and parked when it keeps failing. `@consumes_now(...)` runs in the very
transaction of the event.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from celery import current_app

if TYPE_CHECKING:
    from loyalty.core.events.models import Event

Consumer = Callable[["Event"], None]
Planner = Callable[[list["Event"]], None]
Follower = Callable[[int, tuple[str, ...]], bool]
BELL = "loyalty.core.events.tasks.dispatch_waiting"
"""The task that is rung, by name: it is a floor above."""
log = logging.getLogger(__name__)

_after_commit: dict[str, dict[str, Consumer]] = defaultdict(dict)
_now: dict[str, list[Consumer]] = defaultdict(list)
_planners: list[Planner] = []
_followers: list[Follower] = []


def _name(consumer: Consumer) -> str:
    return f"{consumer.__module__}.{consumer.__name__}"


def consumes(*kinds: str) -> Callable[[Consumer], Consumer]:
    """Register for after commit. `*` is every kind; `points.*` every kind of that family."""

    def register(consumer: Consumer) -> Consumer:
        for kind in kinds:
            _after_commit[kind][_name(consumer)] = consumer
        return consumer

    return register


def consumes_now(*kinds: str) -> Callable[[Consumer], Consumer]:
    """Register for inside the transaction: an error there undoes the operation."""

    def register(consumer: Consumer) -> Consumer:
        for kind in kinds:
            _now[kind].append(consumer)
        return consumer

    return register


def plans(planner: Planner) -> Planner:
    """Register for the moment committed events are taken out of the outbox: called with a batch of several merchants'
    events in the transaction that marks them as taken, so that what is planned is planned exactly once. For what would
    be too much as a reaction to each event. An error there leaves the whole batch in the outbox."""
    _planners.append(planner)
    return planner


def plan(events: list["Event"]) -> None:
    """Let the planners see a batch."""
    for planner in _planners if events else ():
        planner(events)


def follows(follower: Follower) -> Follower:
    """Register who knows whether anybody outside waits for some of these kinds of a merchant's (its id): worth ringing
    for, where no consumer is."""
    _followers.append(follower)
    return follower


def react_now(event: "Event") -> None:
    """Run the in-transaction consumers of one event."""
    for consumer in _now.get(event.kind, ()):
        consumer(event)


def consumed_now(kind: str) -> bool:
    """Whether anybody consumes a kind within the transaction of its event."""
    return bool(_now.get(kind))


def interested(kind: str) -> dict[str, Consumer]:
    """The after-commit consumers of a kind, by name."""
    family = kind.partition(".")[0] + ".*"
    return {**_after_commit.get("*", {}), **_after_commit.get(family, {}), **_after_commit.get(kind, {})}


def named(name: str) -> Consumer | None:
    """The registered consumer of that name; None when the code has gone."""
    for consumers in _after_commit.values():
        if name in consumers:
            return consumers[name]
    return None


def anyone_listens(*kinds: str) -> bool:
    """False while no consumer is registered (for any of these kinds, if some are named), so that the hot path need not
    ring."""
    return any(interested(kind) for kind in kinds) if kinds else bool(_after_commit)


def ring(*kinds: str, merchant: int | None = None) -> None:
    """Wake a worker, if somebody listens to any of these kinds (or waits for them outside, of this merchant's); without
    kinds, to anything. A broker that is away must never fail the business: the sweeper will find the event."""
    if anyone_listens(*kinds) or _is_followed(merchant, kinds):
        wake(BELL)


def wake(task: str) -> None:
    """Ask a worker to run a task, by name, if the broker can be reached: what has to be done stands in the database."""
    try:
        current_app.send_task(task, ignore_result=True, retry=False, expires=60)
    except Exception:
        log.warning("the bell did not ring; the sweeper will catch it", exc_info=True)


def _is_followed(merchant: int | None, kinds: tuple[str, ...]) -> bool:
    if merchant is None:
        return False
    try:
        return any(follower(merchant, kinds) for follower in _followers)
    except Exception:
        log.warning("nobody could say who waits for this; the sweeper will catch it", exc_info=True)
        return False
