"""The operators' door of a process: GET /metrics, /readyz, /livez over HTTP/1.1, one answer per connection.

It answers from the event loop that does the work, so an answer to /livez says that this loop turns. There is no
authentication and no TLS: what it says is for those who run the service, on an address that only they reach.
"""

import json
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST

from sluice.host.get_door import JSON, SECONDS, GetDoor, Page
from sluice.host.readiness import Readiness
from sluice.telemetry.metrics import Metrics


class OpsDoor:
    """The HTTP endpoint of one process. `seconds`: how long a client may take."""

    def __init__(self, service: str, readiness: Readiness, metrics: Metrics, seconds: float = SECONDS) -> None:
        self._service = service
        self._readiness = readiness
        self._metrics = metrics
        metrics.gauge_of("ready", "1 while the service can do its job; absent while it stops.", self._ready)
        self._door = GetDoor(self._page, seconds)

    async def start(self, address: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError where it cannot."""
        return await self._door.start(address, "SLUICE_OPS_ADDRESS")

    async def close(self) -> None:
        """Stops listening and ends every connection, whatever its client does."""
        await self._door.close()

    def _ready(self) -> float | None:
        # Whoever stops is not ready and has no trouble, and what a collector heard last it shows for minutes.
        return None if self._readiness.stopping else float(not self._readiness.reasons)

    def _page(self, path: str, _query: str) -> Page:
        ready = not self._readiness.reasons
        if path == "/metrics":
            return Page(HTTPStatus.OK, CONTENT_TYPE_LATEST, self._metrics.text())
        if path == "/readyz":
            said = {
                "ready": ready,
                "service": self._service,
                "reasons": self._readiness.conditions,
                "notes": self._readiness.notes,
            }
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return Page(status, JSON, json.dumps(said, ensure_ascii=False).encode() + b"\n")
        if path == "/livez":
            return Page(HTTPStatus.OK, body=b"ok\n")
        return Page(HTTPStatus.NOT_FOUND, body=b"/metrics /readyz /livez\n")
