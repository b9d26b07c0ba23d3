"""A small HTTP/1.1 server: one request per connection, with bounds on everything that a client may send or hold.

There is no TLS and no authentication: what stands before it in a network gives both.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote

from sluice.attempt import Unforeseen, attempt
from sluice.errors import FatalError, OverloadedError, RetryableError, SluiceError
from sluice.host.room import Room
from sluice.settings import split_address
from sluice.telemetry.logging import Log

MOST_HEAD_BYTES: Final = 16_384
"""Request line and headers together."""
MOST_PARAMETERS: Final = 16
MOST_CONNECTIONS: Final = 256
"""At once; one more is closed unanswered."""
HEAD_SECONDS: Final = 5.0
BODY_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 30.0
LINGER_SECONDS: Final = 2.0

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """`path`: not decoded; `query`: the first value of each name; `kind`: the content type, without parameters."""

    method: str
    path: str
    query: Mapping[str, str]
    kind: str
    body: bytes

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's segments, decoded."""
        return tuple(unquote(part) for part in self.path.split("/")[1:])


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: HTTPStatus
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, found: object) -> "Response":
        """200 with JSON."""
        return cls(HTTPStatus.OK, json.dumps(found).encode() + b"\n")


class HttpError(SluiceError):
    """An answer that is no success. `detail`: words of ours."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}

    def response(self) -> Response:
        """What the client gets."""
        body = json.dumps({"message": str(self)}).encode() + b"\n"
        return Response(self.status, body, headers=self.headers)


Answer = Callable[[Request], Awaitable[Response]]
"""Raises HttpError, or an error of ours: RetryableError is 503, any other 500."""


class HttpDoor:
    """Listens, and asks `answer`. `room`: how much of bodies is held at once."""

    def __init__(self, answer: Answer, room: Room, most_body: int, log: Log) -> None:
        self._answer = answer
        self._room = room
        self._most_body = most_body
        self._log = log
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, address: str, variable: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError, which names `variable`."""
        host, port = split_address(address)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=MOST_HEAD_BYTES)
        except OSError as error:
            raise FatalError(f"{variable}={address}: cannot listen there: {error.strerror}") from error
        return f"{address.rpartition(':')[0]}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stops listening and ends every connection, whatever its client does."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            await _send(writer, await self._respond(reader, writer))
            await _linger(reader)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            # A client that is slow, or gone, gets nothing more.
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Response:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                method, target, headers = _parsed(await _head(reader))
            size = _body_size(headers, self._most_body)
            path, _, query = target.partition("?")
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            parameters = _parameters(query)
            with self._room.held(size):
                if size and headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                async with asyncio.timeout(BODY_SECONDS):
                    body = await reader.readexactly(size)
                return await self._answered(Request(method, path, parameters, kind, body))
        except HttpError as error:
            return error.response()
        except OverloadedError as error:
            later = {"Retry-After": str(round(error.seconds) or 1)}
            return HttpError(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded; try again", later).response()
        except RetryableError as error:
            return HttpError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "1"}).response()
        except SluiceError as error:
            return self._failure(type(error).__name__, str(error))

    async def _answered(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                outcome = await attempt(self._answer(request))
        except TimeoutError:
            raise RetryableError("no answer in time") from None
        if isinstance(outcome, Unforeseen):
            return self._failure(outcome.kind, outcome.place)
        return outcome

    def _failure(self, kind: str, detail: str) -> Response:
        self._log.error("call failed", error=kind, detail=detail)
        return HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, "service failure").response()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise HttpError(HTTPStatus.REQUEST_URI_TOO_LONG, "request line and headers are too long") from error


def _parsed(head: bytes) -> tuple[str, str, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise HttpError(HTTPStatus.BAD_REQUEST, "not a request of HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if line and (not colon or name != name.strip()):
            raise HttpError(HTTPStatus.BAD_REQUEST, "a header that is none")
        if name.lower() in ("content-length", "transfer-encoding") and name.lower() in headers:
            raise HttpError(HTTPStatus.BAD_REQUEST, "a length that is said twice")
        headers[name.lower()] = value.strip()
    return words[0], words[1], headers


def _body_size(headers: Mapping[str, str], most: int) -> int:
    if "transfer-encoding" in headers:
        raise HttpError(HTTPStatus.LENGTH_REQUIRED, "send the body with a Content-Length")
    said = headers.get("content-length", "0")
    if not (said.isascii() and said.isdecimal() and len(said) < 16):
        raise HttpError(HTTPStatus.BAD_REQUEST, "Content-Length is no number")
    if int(said) > most:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {most} bytes")
    return int(said)


def _parameters(query: str) -> Mapping[str, str]:
    try:
        found = parse_qs(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, "a query that cannot be read") from error
    return {name: values[0] for name, values in found.items()}


async def _send(writer: asyncio.StreamWriter, response: Response) -> None:
    headers = {
        "Content-Type": response.kind,
        "Content-Length": str(len(response.body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        **response.headers,
    }
    status = response.status
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    async with asyncio.timeout(ANSWER_SECONDS):
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + response.body)
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _linger(reader: asyncio.StreamReader) -> None:
    """Reads on for a moment: with something unread, closing would be a reset, and the answer be lost."""
    async with asyncio.timeout(LINGER_SECONDS):
        while await reader.read(MOST_HEAD_BYTES):
            pass
