"""Token buckets in Redis, leased by the process in small lots so that most requests ask nobody.

A bucket holds a minute's tokens and refills evenly: what a page sends at once when it breaks passes, as far as the
minute allows. Without Redis (50 ms are waited, then it is left alone for a second) each process keeps the bucket alone.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import redis
from django.conf import settings

LEASE_SECONDS = 0.5
_PAUSE_SECONDS = 1.0

# Grants up to `want` tokens; answers {granted, milliseconds until one more}.
_SCRIPT = """
local now = redis.call('TIME'); local at = now[1] * 1000 + now[2] / 1000
local rate, burst, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(0, at - (tonumber(kept[2]) or at)) * rate)
local granted = math.min(want, math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - granted), 'at', tostring(at))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate) + 1000)
return {granted, math.ceil(math.max(0, 1 - (tokens - granted)) / rate)}
"""


@dataclass(slots=True)
class _Lease:
    tokens: int
    expires: float
    refused_until: float = 0.0
    local_tokens: float = 0.0
    local_at: float = 0.0


class Buckets:
    """`take` answers seconds to wait: 0.0 means go ahead."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[str, _Lease] = {}
        self._away_until = 0.0

    @cached_property
    def _script(self) -> Callable[..., Any]:
        """Made with the first request; should two make it at once, either is as good."""
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.05, socket_connect_timeout=0.05)
        return client.register_script(_SCRIPT)

    def take(self, name: str, *, rate_per_minute: int, clock: float | None = None) -> float:
        """Take one token from the bucket `name`; return 0.0, or the seconds after which to try again."""
        _, wait = self.take_some(name, 1, rate_per_minute=rate_per_minute, clock=clock)
        return wait

    def take_some(
        self, name: str, wanted: int, *, rate_per_minute: int, clock: float | None = None
    ) -> tuple[int, float]:
        """Take up to `wanted` tokens; return how many there were, and the seconds until more if they were too few."""
        clock = time.monotonic() if clock is None else clock
        with self._lock:
            lease = self._leases.get(name)
            if lease is None:
                if len(self._leases) > 10_000:
                    self._leases.clear()
                lease = self._leases[name] = _Lease(0, 0.0, local_tokens=_burst(rate_per_minute), local_at=clock)
            if lease.refused_until > clock:
                return 0, lease.refused_until - clock
            taken = min(lease.tokens, wanted) if lease.expires > clock else 0
            lease.tokens -= taken
        if taken == wanted:
            return taken, 0.0
        more, wait = self._lease(name, lease, wanted - taken, rate_per_minute, clock)
        return taken + more, wait

    def _lease(self, name: str, lease: _Lease, wanted: int, rate_per_minute: int, clock: float) -> tuple[int, float]:
        lot = max(wanted, int(rate_per_minute / 60 * LEASE_SECONDS / 4))
        try:
            granted, wait_ms = self._ask(name, rate_per_minute, lot, clock)
        except redis.RedisError:
            return self._take_locally(lease, wanted, rate_per_minute, clock)
        with self._lock:
            if granted < wanted:
                lease.refused_until = clock + min(wait_ms / 1000, 60.0)
                return granted, max(lease.refused_until - clock, 0.001)
            lease.tokens, lease.expires = granted - wanted, clock + LEASE_SECONDS
            return wanted, 0.0

    def _ask(self, name: str, rate_per_minute: int, want: int, clock: float) -> tuple[int, int]:
        if self._away_until > clock:
            raise redis.ConnectionError("Redis was away a moment ago")
        try:
            rate = rate_per_minute / 60_000
            granted, wait_ms = self._script(keys=[f"bucket:{name}"], args=[rate, _burst(rate_per_minute), want])
        except redis.RedisError:
            self._away_until = clock + _PAUSE_SECONDS
            raise
        return int(granted), int(wait_ms)

    def _take_locally(self, lease: _Lease, wanted: int, rate_per_minute: int, clock: float) -> tuple[int, float]:
        with self._lock:
            per_second = rate_per_minute / 60
            refilled = lease.local_tokens + (clock - lease.local_at) * per_second
            lease.local_tokens, lease.local_at = min(_burst(rate_per_minute), refilled), clock
            granted = min(wanted, int(lease.local_tokens))
            lease.local_tokens -= granted
            return granted, 0.0 if granted == wanted else (1 - lease.local_tokens) / per_second


def _burst(rate_per_minute: int) -> float:
    return max(1.0, float(rate_per_minute))


buckets = Buckets()
