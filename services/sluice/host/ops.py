"""The operators' door of a process: GET /metrics, /readyz, /livez over HTTP/1.1, one answer per connection.

It answers from the event loop that does the work, so an answer to /livez says that this loop turns. There is no
authentication and no TLS: what it says is for those who run the service, on an address that only they reach.
"""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST

from sluice.errors import FatalError
from sluice.host.readiness import Readiness
from sluice.settings import split_address
from sluice.telemetry.metrics import Metrics

MOST_HEAD_BYTES: Final = 8192
"""Request line and headers together."""
MOST_CONNECTIONS: Final = 64
"""At once; one more ends the one that has been open for longest."""
SECONDS: Final = 5.0
"""For one connection, from accepting it to the last byte of the answer."""

_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"
_METHODS: Final = ("GET", "HEAD")


class OpsDoor:
    """The HTTP endpoint of one process. `seconds`: how long a client may take."""

    def __init__(self, service: str, readiness: Readiness, metrics: Metrics, seconds: float = SECONDS) -> None:
        self._service = service
        self._readiness = readiness
        self._metrics = metrics
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, None] = {}

    async def start(self, address: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError where it cannot."""
        host, port = split_address(address)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=MOST_HEAD_BYTES)
        except OSError as error:
            raise FatalError(f"SLUICE_OPS_ADDRESS={address}: cannot listen there: {error.strerror}") from error
        return f"{address.rpartition(':')[0]}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stops listening and ends every connection, whatever its client does."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MOST_CONNECTIONS:
            next(iter(self._open)).transport.abort()
        self._open[writer] = None
        try:
            async with asyncio.timeout(self._seconds):
                writer.write(self._answer(await _head(reader)))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            # A client that is slow, or gone, gets nothing more.
            pass
        finally:
            del self._open[writer]
            writer.transport.abort()

    def _answer(self, head: bytes | None) -> bytes:
        if head is None:
            return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST)
        method, target, _ = words
        if method not in _METHODS:
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, extra={"Allow": ", ".join(_METHODS)})
        status, kind, body = self._page(target.partition("?")[0])
        return _response(status, kind, body, with_body=method == "GET")

    def _page(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        ready = not self._readiness.reasons
        if path == "/metrics":
            self._metrics.gauge("ready", "1 while the service can do its job.", float(ready))
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, self._metrics.text()
        if path == "/readyz":
            said = {
                "ready": ready,
                "service": self._service,
                "reasons": self._readiness.conditions,
                "notes": self._readiness.notes,
            }
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return status, _JSON, json.dumps(said, ensure_ascii=False).encode() + b"\n"
        if path == "/livez":
            return HTTPStatus.OK, _TEXT, b"ok\n"
        return HTTPStatus.NOT_FOUND, _TEXT, b"/metrics /readyz /livez\n"


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """Request line and headers; None where they are too long."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None


def _response(
    status: HTTPStatus,
    kind: str = _TEXT,
    body: bytes = b"",
    with_body: bool = True,
    extra: Mapping[str, str] | None = None,
) -> bytes:
    headers = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        **(extra or {}),
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body if with_body else b"")
