"""One HTTP connection: uvicorn's, with bounds on what a client may send before anybody looks at it, and on its time.

uvicorn by itself waits for ever for the head of a request, takes a head of any length, and keeps a connection whose
client reads nothing. Bodies have their bounds where they are read (`gateway.body`).
"""

import asyncio
import json
import uuid
from http import HTTPStatus
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import ApiError

MOST_HEAD_BYTES: Final = 32 << 10
"""Request line and headers together."""
MOST_HEADERS: Final = 100
MOST_CONNECTIONS: Final = 2048
"""At once; one more is closed unanswered."""
HEAD_SECONDS: Final = 10.0
"""From the first byte, or the connection, to the end of the headers."""
REST_SECONDS: Final = 10.0
"""For the rest of a body that was answered without it."""
WRITE_SECONDS: Final = 30.0
"""How long a client may take nothing of an answer that waits for it."""
_IDLE, _HEAD, _BODY = range(3)
_CONNECTION: Final = b"connection"
_WISHES: Final = frozenset({_CONNECTION, b"upgrade", b"http2-settings"})
"""What a wish for another protocol is made of."""


class Connection(HttpToolsProtocol):
    """Times are those of a class, so that a test can have shorter ones."""

    head_seconds = HEAD_SECONDS
    rest_seconds = REST_SECONDS
    write_seconds = WRITE_SECONDS

    _state = _IDLE
    _head_bytes = 0
    _refusal: ApiError | None = None
    _waits: asyncio.TimerHandle | None = None
    _writes: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self._await_reader(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        # A loop: a client may send any number of wishes in one piece.
        while data and not self.transport.is_closing():
            if self._state == _IDLE:
                self._begin_head()
            try:
                self.parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as wish:
                data = self._without_wish(data[wish.args[0] :])
            except httptools.HttpParserError:
                self.send_400_response("")

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            self._too_large()

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            # The parser takes what follows for another protocol, and leaves it. See `_without_wish`.
            return
        self._state = _BODY
        self._wait(None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        # The head of the next one may begin in the same piece.
        self._state, self._head_bytes = _IDLE, 0
        self._wait(None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._state == _BODY and not self.transport.is_closing():
            # uvicorn throws the rest away, however long it takes to come.
            self._wait(self.rest_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.write_seconds)

    def resume_writing(self) -> None:
        self._await_reader(None)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in JSON
        """Refuses what is no request, or too much of one."""
        error = self._refusal or ApiError(HTTPStatus.BAD_REQUEST, "invalid_http", "This is not HTTP/1.1.")
        body = json.dumps(error.body()).encode()
        head = (
            f"HTTP/1.1 {error.status.value} {error.status.phrase}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            f"x-request-id: {uuid.uuid4()}",
            "cache-control: no-store",
            "connection: close",
        )
        self.transport.write("\r\n".join((*head, "", "")).encode() + body)
        self.transport.close()

    def _without_wish(self, rest: bytes) -> bytes:
        """What is to be read in the place of a head with a wish for another protocol, which is for a server to pass
        over, and of `rest`. Else a body would be taken for the next request. Java's own client sends such a wish."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("")
            return b""
        kept = [(name, value) for name, value in self.headers if name not in _WISHES]
        tokens = [part.strip() for name, value in self.headers if name == _CONNECTION for part in value.split(b",")]
        kept += [(_CONNECTION, token) for token in tokens if token.lower() not in _WISHES]
        line = b" ".join((method, self.url, b"HTTP/" + self.parser.get_http_version().encode()))
        head = b"\r\n".join((line, *(name + b": " + value for name, value in kept), b"", b""))
        self._state = _IDLE
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return head + rest

    def _begin_head(self) -> None:
        self._state, self._head_bytes = _HEAD, 0
        if self._waits is None:
            self._wait(self.head_seconds)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            self._too_large()

    def _too_large(self) -> None:
        """Ends the reading of this head: the parser makes an error of its own of what is raised."""
        self._refusal = ApiError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "head_too_large",
            f"A request's line and headers have at most {MOST_HEAD_BYTES} bytes, in {MOST_HEADERS} headers.",
        )
        raise self._refusal

    def _wait(self, seconds: float | None) -> None:
        """Ends the connection unless it is called again within so many seconds."""
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None
        if seconds is not None:
            self._waits = self.loop.call_later(seconds, self.transport.abort)

    def _await_reader(self, seconds: float | None) -> None:
        """The same, of a client that takes nothing."""
        if self._writes is not None:
            self._writes.cancel()
            self._writes = None
        if seconds is not None:
            self._writes = self.loop.call_later(seconds, self.transport.abort)
