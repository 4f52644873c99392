"""The cache all processes share, and a shop that goes on without it.

Nothing is kept there but counters: how often somebody asked the API, wanted a code, made a card, used a one-time
code. While it does not answer, each process counts for itself: a limit is then as many times its size as there are
processes, which neither stops the shop nor opens the gates. It is tried again every few seconds.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from prometheus_client import CollectorRegistry, Counter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

registry = CollectorRegistry()
"""What `/metrics` tells of the cache."""

OUTAGES = Counter(
    "loyalty_cache_outages",
    "Times a process found the cache away and counted by itself for the next few seconds.",
    registry=registry,
)

FAILURES = (RedisError, OSError)
"""What the client raises when the cache is away, full, loading or not to be written to."""

_AWAY_SECONDS = 5.0
_away_until = 0.0


def is_away() -> bool:
    """Whether the cache failed a moment ago and is left alone for now."""
    return time.monotonic() < _away_until


def note_outage(error: Exception) -> None:
    """Leave the cache alone for a few seconds after this error."""
    global _away_until
    if not is_away():
        OUTAGES.inc()
        log.warning("the cache does not answer, this process counts limits by itself for now: %s", error)
    _away_until = time.monotonic() + _AWAY_SECONDS


def answers() -> bool:
    """Whether the shared cache can be reached; True as well where none is configured."""
    cache = caches["default"]
    return not isinstance(cache, SharedCache) or cache.answers()


def _either(name: str) -> Callable[..., Any]:
    """A method that asks the shared cache or, while that is away, this process's own memory."""

    def method(self: "SharedCache", *args: Any, **options: Any) -> Any:
        if not is_away():
            try:
                return getattr(RedisCache, name)(self, *args, **options)
            except FAILURES as error:
                note_outage(error)
        return getattr(self.meanwhile, name)(*args, **options)

    return method


class SharedCache(RedisCache):
    """Redis or Valkey, with a memory of this process for the time in which it does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            # A cache that hangs must not hang the shop. One more try, for a connection that a restart has closed:
            # the client's own three, with pauses between them, take longer than anybody waits for a page.
            "socket_timeout": 0.25,
            "socket_connect_timeout": 0.25,
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(server, {**params, "OPTIONS": {**options, **params.get("OPTIONS", {})}})
        # Large enough that nobody gets rid of a counter by making others.
        self.meanwhile = LocMemCache("meanwhile", {**params, "OPTIONS": {"MAX_ENTRIES": 100_000}})

    def answers(self) -> bool:
        """Whether it can be reached now."""
        if is_away():
            return False
        try:
            self._cache.get_client().ping()
        except FAILURES as error:
            note_outage(error)
            return False
        return True

    add = _either("add")
    get = _either("get")
    set = _either("set")
    touch = _either("touch")
    delete = _either("delete")
    get_many = _either("get_many")
    has_key = _either("has_key")
    incr = _either("incr")
    set_many = _either("set_many")
    delete_many = _either("delete_many")
    clear = _either("clear")
