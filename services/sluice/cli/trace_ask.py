"""Asking a tracing backend for a trace, at Jaeger's query API, version 3: GET /api/v3/traces/ID.

The collector of `sluice up` answers at the same path. https://www.jaegertracing.io/docs/2.dev/architecture/apis/
"""

import json
import socket
import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sluice.cli.trace_spans import UnreadableTraceError, read_trace
from sluice.errors import ConfigError, RetryableError
from sluice.trace.span import TraceSpan

VARIABLE: Final = "SLUICE_TRACES_URL"
MOST_ANSWER_BYTES: Final = 64 << 20
SECONDS: Final = 10.0
"""For each step of an exchange, and three times as long for all of it."""

_PIECE: Final = 1 << 20
_STATUS: Final = "`sluice status` says whether the stack's collector runs"


class NoTracesError(RetryableError):
    """The backend gave no answer, or none that is of use. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where traces are asked for. `ours`: the collector of the running stack, whose address nobody had to give."""

    url: str
    ours: bool = False

    def fetch(self, trace_id: str, seconds: float = SECONDS) -> list[TraceSpan]:
        """The spans of a trace, empty where there is none of it. NoTracesError."""
        parts = urlsplit(self.url)
        connection = _connection(parts, seconds)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/api/v3/traces/{trace_id}?raw_traces=true")
            answer = connection.getresponse()
            status, body = answer.status, _body(answer, time.monotonic() + 3 * seconds)
        except (OSError, HTTPException, TimeoutError) as error:
            raise NoTracesError(f"{self.url} does not answer: {_why(error)}; {self._hint(error)}") from error
        finally:
            connection.close()
        return self._read(status, body, trace_id)

    def _read(self, status: int, body: bytes, trace_id: str) -> list[TraceSpan]:
        if status == HTTPStatus.NOT_FOUND and _is_error(body):
            return []
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise NoTracesError(
                f"{self.url} refuses ({status}): it wants a login, which this command has none of; name the query "
                "service itself, behind the proxy that asks for it"
            )
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise NoTracesError(f"{self.url} points elsewhere ({status}): give {VARIABLE} the address behind it")
        if status != HTTPStatus.OK:
            raise NoTracesError(f"{self.url} answers {status}: {self._not_the_api()}")
        try:
            return read_trace(body, trace_id)
        except UnreadableTraceError as error:
            raise NoTracesError(f"{self.url}: {error}: {self._not_the_api()}") from error

    def _not_the_api(self) -> str:
        if self.ours:
            return _STATUS
        return f"is that Jaeger's query service (port 16686), with its base path, in {VARIABLE}?"

    def _hint(self, error: Exception) -> str:
        if self.ours:
            return _STATUS
        if isinstance(error, ssl.SSLCertVerificationError):
            return "name the file of the authority that signed its certificate in SSL_CERT_FILE"
        if isinstance(error, ssl.SSLError):
            return f"does it speak TLS? http:// in {VARIABLE} speaks none"
        return f"is the query service running, and {VARIABLE} right?"


def backend_of(url: str) -> Backend:
    """The backend that SLUICE_TRACES_URL names. ConfigError for what is no such address."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        good = good and not (parts.query or parts.fragment or parts.username is not None) and url.isprintable()
        good = good and " " not in url and url.isascii()
    except ValueError:
        good = False
    if not good:
        # Not repeated: it may hold a password.
        raise ConfigError(
            [f"{VARIABLE} should be an address as http://jaeger:16686, without user, query or fragment"]
        )
    return Backend(url.rstrip("/"))


def _connection(parts: SplitResult, seconds: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=seconds)


def _body(answer: HTTPResponse, give_up: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_ANSWER_BYTES:
            raise NoTracesError(f"the answer has more than {MOST_ANSWER_BYTES >> 20} MiB: no trace of a request has")
        if time.monotonic() > give_up:
            raise TimeoutError
    return b"".join(pieces)


def _is_error(body: bytes) -> bool:
    """Whether it is the API that says so, and not a server that has no such path."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("error"), dict)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
