"""The calls of the door, in numbers."""

from typing import Final

from starlette.types import Scope

from gateway.errors import ApiError
from sluice.telemetry.metrics import Adds, Metrics, Observes

_REQUESTS: Final = ("gateway_requests", "HTTP calls, by route and status; 0: the client went away before an answer.")
_REFUSED: Final = ("gateway_refused", "Calls that ended with an error of the door, by its code.")
OTHER: Final = "other"
"""The route of what has none, and of what the load balancer asks."""
LIVES: Final = "/livez"
_PROBES: Final = frozenset({LIVES, "/readyz"})
USUAL: Final = (
    "missing_api_key",
    "invalid_api_key",
    "missing_scope",
    "rate_limit_exceeded",
    "insufficient_quota",
    "incomplete",
    "no_decision",
    "unavailable",
    "overloaded",
    "internal_error",
    "unprocessable_content",
    "idempotency_conflict",
)
"""Codes that are counted from 0 on, so that their first increase is one."""


class Numbers:
    """Counts for one process. Routes are templates of ours: nobody makes up one."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._ended: dict[tuple[str, int], Adds] = {}
        self._seconds: dict[str, Observes] = {}
        self._refused = {code: metrics.counter(*_REFUSED, {"code": code}) for code in USUAL}

    def ended(self, route: str, status: int, seconds: float) -> None:
        """A call is over. `status`: 0 where nothing was answered."""
        key = (route, status)
        counter = self._ended.get(key)
        if counter is None:
            labels = {"route": route, "status": str(status)}
            counter = self._ended[key] = self._metrics.counter(*_REQUESTS, labels)
        counter.inc()
        seen = self._seconds.get(route)
        if seen is None:
            about = "HTTP calls, from the headers to the last byte of the answer."
            seen = self._seconds[route] = self._metrics.histogram("gateway_seconds", about, {"route": route})
        seen.observe(seconds)

    def refused(self, error: ApiError) -> None:
        """A call ends with an error."""
        counter = self._refused.get(error.code)
        if counter is None:
            counter = self._refused[error.code] = self._metrics.counter(*_REFUSED, {"code": error.code})
        counter.inc()


def route_of(scope: Scope) -> str:
    """The route that answers, as "POST /v1/moderations"."""
    route = scope.get("route")
    path, method = getattr(route, "path", None), scope["method"]
    # A method that a route does not have is the caller's own word.
    known = path is not None and path not in _PROBES and method in (getattr(route, "methods", None) or ())
    return f"{method} {path}" if known else OTHER
