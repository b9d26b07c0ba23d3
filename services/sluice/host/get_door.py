"""A small HTTP/1.1 server that only answers questions: GET and HEAD, one answer per connection, bounds on everything.

It answers from the event loop that does the work. There is no authentication and no TLS: it is for an address that
only those reach who may read what it says.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sluice.errors import FatalError
from sluice.settings import split_address

MOST_HEAD_BYTES: Final = 8192
"""Request line and headers together."""
MOST_CONNECTIONS: Final = 64
"""At once; one more ends the one that has been open for longest."""
SECONDS: Final = 5.0
"""For one connection, from accepting it to the last byte of the answer."""

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Page:
    """What a path answers. `kind`: its content type."""

    status: HTTPStatus
    kind: str = TEXT
    body: bytes = b""


Pages = Callable[[str, str], Page]
"""(path, query), neither decoded, what is behind the `?` without it -> the page. It never waits and never raises."""


class GetDoor:
    """The HTTP endpoint of one process. `seconds`: how long a client may take."""

    def __init__(self, pages: Pages, seconds: float = SECONDS) -> None:
        self._pages = pages
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, None] = {}

    async def start(self, address: str, named: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where.

        `named`: what says the address, for the FatalError where it cannot.
        """
        host, port = split_address(address)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=MOST_HEAD_BYTES)
        except OSError as error:
            raise FatalError(f"{named}={address}: cannot listen there: {error.strerror}") from error
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
            return _response(Page(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _response(Page(HTTPStatus.BAD_REQUEST))
        method, target, _ = words
        if method not in _METHODS:
            return _response(Page(HTTPStatus.METHOD_NOT_ALLOWED), extra={"Allow": ", ".join(_METHODS)})
        path, _, query = target.partition("?")
        return _response(self._pages(path, query), with_body=method == "GET")


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """Request line and headers; None where they are too long."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None


def _response(page: Page, with_body: bool = True, extra: Mapping[str, str] | None = None) -> bytes:
    headers = {
        "Content-Type": page.kind,
        "Content-Length": str(len(page.body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        **(extra or {}),
    }
    status = page.status
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (page.body if with_body else b"")
