"""A small HTTP/1.1 server that only answers questions: GET and HEAD, one answer per connection, bounds on everything.

It answers from the event loop that does the work. There is no authentication and no TLS: it is for an address that
only those reach who may read what it says. A page in the browser of one of those is not one of them: where the door
listens on loopback alone, it must be asked for by an address or as localhost, and not by a name that a stranger's DNS
makes an address of this machine.
"""

import asyncio
import ipaddress
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
        self._loopback = False
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
        self._loopback = all(_is_loopback(socket.getsockname()[0]) for socket in self._server.sockets)
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
        if self._loopback and not all(map(_is_ours, _hosts(head))):
            return _response(Page(HTTPStatus.MISDIRECTED_REQUEST, body=b"ask by address, or as localhost\n"))
        path, _, query = target.partition("?")
        return _response(self._pages(path, query), with_body=method == "GET")


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """Request line and headers; None where they are too long."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None


def _hosts(head: bytes) -> list[str]:
    """Whom the request is for; nobody but a browser must say it."""
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [value.strip().decode("latin-1") for name, _, value in lines if name.strip().lower() == b"host"]


def _is_ours(host: str) -> bool:
    """Whether it is an address, or localhost; either with a port or without."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


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
