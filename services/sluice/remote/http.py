"""A small HTTP client for those services: one time limit, and nothing kept of what was said."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from sluice.client.proxy import find_proxy
from sluice.errors import NotReadyError, RetryableError

_CONNECTIONS = 64
_MOST_BYTES = 256 * 1024
"""Of an answer: a signature is half a kilobyte, a timestamp ten."""
_REFUSED = (400, 401, 403, 404, 405)
"""What asking again does not mend."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What came back. Has no repr: it may hold a token."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes

    def json(self) -> Mapping[str, Any]:
        """An object; empty where the body is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Http:
    """Keeps connections to one service. Threads share one.

    Proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Redirects are not followed.
    """

    def __init__(
        self, url: str, about: str, seconds: float, cafile: Path | None = None, direct: bool = False
    ) -> None:
        """`about`: what errors call the service. `seconds`: for one answer. `cafile`: authorities instead of the
        system's (SSL_CERT_FILE). `direct`: past any proxy. Raises NotReadyError where the address, the proxy's or the
        authorities cannot be read."""
        self._about = about
        self._seconds = seconds
        self._lock = threading.Lock()
        self._busy = 0
        self._closed = False
        try:
            context = ssl.create_default_context(cafile=str(cafile) if cafile else None)
        except (OSError, ssl.SSLError) as error:
            raise NotReadyError(f"{about}: {cafile} holds no certificates that can be read") from error
        try:
            proxy = None if direct else _proxy(url)
        except ValueError:
            raise NotReadyError(f"{about}: its address, or that of the proxy, cannot be read") from None
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, proxy=proxy, max_connections=_CONNECTIONS, keepalive_expiry=30.0
        )

    def close(self) -> None:
        """Closes the connections, once no request is under way."""
        with self._lock:
            self._closed = True
            idle = not self._busy
        if idle:
            self._pool.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """One request. RetryableError where no whole answer came in time; any status is an answer."""
        with self._lock:
            self._busy += 1
        try:
            return self._ask(method, url, list((headers or {}).items()), body)
        finally:
            with self._lock:
                self._busy -= 1
                last = self._closed and not self._busy
            if last:
                self._pool.close()

    def _ask(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None) -> Reply:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        end = time.monotonic() + self._seconds
        try:
            with self._pool.stream(
                method, url, headers=headers, content=body, extensions={"timeout": limits}
            ) as response:
                data = b""
                for chunk in response.iter_stream():
                    data += chunk
                    if len(data) > _MOST_BYTES or time.monotonic() > end:
                        raise RetryableError(f"{self._about}: its answer is too long, or too slow")
                names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Reply(response.status, names, data)
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise RetryableError(f"{self._about}: no answer: {type(error).__name__}") from error
        except httpcore2.ProxyError:
            raise RetryableError(f"{self._about}: the proxy lets nobody through to it") from None
        except httpcore2.UnsupportedProtocol as error:
            raise NotReadyError(f"{self._about}: its address should begin with https:// or http://") from error

    def post_json(
        self,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, Any],
        what: str,
        bad: Callable[[], Exception] | None = None,
    ) -> Mapping[str, Any]:
        """A call of an API. `what`: it is asked to do, for errors.

        RetryableError, or NotReadyError for a refusal that stays one; `bad` for status 400, where that says something
        about what was sent. The service's own words are not in the message: they may repeat what was sent.
        """
        body = json.dumps(form).encode()
        reply = self.ask("POST", url, {"Content-Type": "application/json", **headers}, body)
        if reply.status == 400 and bad is not None:
            raise bad()
        if reply.status in _REFUSED:
            raise NotReadyError(f"{self._about} refuses to {what}: HTTP status {reply.status}")
        if reply.status != 200:
            raise RetryableError(f"{self._about} does not {what}: HTTP status {reply.status}")
        return reply.json()


def _proxy(url: str) -> httpcore2.Proxy | None:
    """Raises ValueError where an address cannot be read."""
    if urlsplit(url).port == 0:
        raise ValueError("no port")
    return find_proxy(url)
