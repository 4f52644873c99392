"""Token buckets: one per API key, one per merchant, in the shared cache, asked in one round trip.

When the cache cannot be reached, each process counts for itself for a few seconds: a broken limiter must
neither stop the shop nor open the gates.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

from loyalty.core.cache import FAILURES, is_away, note_outage

_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local cost = tonumber(ARGV[1])
local answer, wait, left = {}, 0, {}
for i, key in ipairs(KEYS) do
  local rate, size = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local kept = redis.call('HMGET', key, 'n', 't')
  local n = tonumber(kept[1]) or size
  n = math.min(size, n + math.max(0, now - (tonumber(kept[2]) or now)) * rate)
  if n < cost then wait = math.max(wait, (cost - n) / rate) end
  left[i] = n
end
answer[1] = tostring(wait)
for i, key in ipairs(KEYS) do
  local rate, size = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if wait == 0 then left[i] = math.min(size, left[i] - cost) end
  redis.call('HSET', key, 'n', tostring(left[i]), 't', tostring(now))
  redis.call('PEXPIRE', key, math.ceil(size / rate * 1000) + 1000)
  answer[i + 1] = tostring(left[i])
end
return answer
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`rate` tokens flow in each second, up to `size`. `name` is what the headers call it."""

    name: str
    key: str
    rate: float
    size: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait_seconds` is 0 when the request may go on; `left` whole tokens by bucket."""

    wait_seconds: float
    left: tuple[int, ...]
    buckets: tuple[Bucket, ...]

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy` as the IETF's draft-ietf-httpapi-ratelimit-headers has them."""
        if not self.buckets:
            return {}
        pairs = list(zip(self.buckets, self.left, strict=True))
        return {
            "RateLimit-Policy": ", ".join(
                f'"{bucket.name}";q={bucket.size};w={math.ceil(bucket.size / bucket.rate)}'
                for bucket, _left in pairs
            ),
            "RateLimit": ", ".join(
                f'"{bucket.name}";r={max(0, left)};t={max(1, math.ceil((bucket.size - left) / bucket.rate))}'
                for bucket, left in pairs
            ),
        }


def request_buckets(merchant_id: int, credential: object) -> tuple[Bucket, ...]:
    """The buckets every request takes from. A rate of 0 in the settings means no limit. Bursts of two
    seconds pass."""
    found = []
    for name, owner, rate in (
        ("key", credential, settings.API_RATE_PER_KEY),
        ("merchant", "all", settings.API_RATE_PER_MERCHANT),
    ):
        if rate:
            found.append(Bucket(name, f"throttle:{{{merchant_id}}}:{name}:{owner}", rate, 2 * rate))
    return tuple(found)


_local: dict[str, tuple[float, float]] = {}
_guard = Lock()


def take(buckets: Sequence[Bucket], *, cost: int = 1) -> Verdict:
    """Take `cost` tokens from every bucket, or from none when one of them lacks them. A negative cost
    gives back."""
    if not buckets:
        return Verdict(0.0, (), ())
    script = _shared()
    if script is not None and not is_away():
        try:
            figures = [
                float(part)
                for part in script(
                    keys=[bucket.key for bucket in buckets],
                    args=[cost, *(part for bucket in buckets for part in (bucket.rate, bucket.size))],
                )
            ]
            return Verdict(figures[0], tuple(int(part) for part in figures[1:]), tuple(buckets))
        except FAILURES as error:
            note_outage(error)
    return _take_local(buckets, cost)


def _shared() -> Any:
    """The script on the shared cache; None when the cache is not shared (tests, a single process)."""
    backend = caches["default"]
    return _registered(backend) if isinstance(backend, RedisCache) else None


_scripts: dict[str, Any] = {}


def _registered(backend: RedisCache) -> Any:
    place = str(backend._servers)  # type: ignore[attr-defined]
    if place not in _scripts:
        _scripts[place] = backend._cache.get_client(write=True).register_script(_SCRIPT)
    return _scripts[place]


def _take_local(buckets: Sequence[Bucket], cost: int) -> Verdict:
    now = time.monotonic()
    with _guard:
        if len(_local) > 100_000:
            _local.clear()
        left, wait = [], 0.0
        for bucket in buckets:
            tokens, since = _local.get(bucket.key, (float(bucket.size), now))
            tokens = min(bucket.size, tokens + (now - since) * bucket.rate)
            if tokens < cost:
                wait = max(wait, (cost - tokens) / bucket.rate)
            left.append(tokens)
        if not wait:
            left = [min(bucket.size, tokens - cost) for bucket, tokens in zip(buckets, left, strict=True)]
        for bucket, tokens in zip(buckets, left, strict=True):
            _local[bucket.key] = (tokens, now)
    return Verdict(wait, tuple(int(tokens) for tokens in left), tuple(buckets))


def forget_local() -> None:
    """Empty this process's own buckets, as a restart would."""
    _local.clear()
