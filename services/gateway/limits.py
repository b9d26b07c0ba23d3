"""How often a key may ask: a bucket of tokens per key, in this process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from gateway.errors import ApiError
from gateway.scopes import UNLIMITED, Caller

_SWEEP_AT: Final = 1024
"""Buckets from which on full ones are thrown away now and then."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimits:
    """Tokens come in at `rate` a minute, up to `burst`. `clock`: seconds, monotonic.

    Whoever has a token left may take several and owe the rest: one call may be many requests, and a call that is
    larger than the burst would otherwise never be let in. Several replicas each count by themselves.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, caller: Caller, count: int = 1) -> None:
        """Takes tokens. ApiError 429 where there is none, with the seconds until there is one."""
        rate = caller.limits.rate
        if rate == UNLIMITED:
            return
        burst = max(1, caller.limits.burst or rate)
        now = self._clock()
        bucket = self._buckets.get(caller.key_id)
        if bucket is None:
            self._sweep(now)
            bucket = self._buckets[caller.key_id] = _Bucket(float(burst), now)
        bucket.tokens = min(float(burst), bucket.tokens + (now - bucket.at) * rate / 60.0)
        bucket.at = now
        if bucket.tokens < 1.0:
            seconds = (1.0 - bucket.tokens) * 60.0 / rate
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "rate_limit_exceeded",
                f"Rate limit reached: {rate} requests a minute, {burst} at once.",
                retry_seconds=seconds,
            )
        bucket.tokens -= count

    def owe(self, caller: Caller, count: int) -> None:
        """Takes tokens of a call that was let in already, be there any or not."""
        bucket = self._buckets.get(caller.key_id)
        if bucket is not None:
            bucket.tokens -= count

    def __len__(self) -> int:
        """Keys that it remembers."""
        return len(self._buckets)

    def _sweep(self, now: float) -> None:
        """A bucket that was not touched for an hour is as good as new."""
        if len(self._buckets) >= _SWEEP_AT:
            self._buckets = {name: one for name, one in self._buckets.items() if now - one.at < 3600.0}
