"""Calls over HTTP: connections that are kept, each call bounded in time and bytes, nothing told of what was said."""

import asyncio
import ssl
from typing import Final

import httpcore2

from sluice import __version__
from sluice.client.proxy import find_proxy
from sluice.client.settings import ClientSettings
from sluice.client.wire import Answer, Call, NoReply, Reply, Silence
from sluice.errors import ConfigError
from sluice.telemetry.trace_context import TraceContext, headers_of

_KEPT_SECONDS: Final = 15.0
"""Shorter than servers, and what stands before them, keep an idle connection: one that they close loses a call."""
_CONNECTIONS: Final = 64


class Http:
    """Calls to one gateway. Redirects are not followed; proxies are those of HTTPS_PROXY and NO_PROXY."""

    def __init__(self, settings: ClientSettings) -> None:
        """Raises ConfigError where the authorities, or the proxy's address, cannot be read."""
        self._base = settings.base
        self._key = settings.key
        self._closed = False
        try:
            tls = ssl.create_default_context(cafile=settings.ca or None) if settings.base.secure else None
        except (OSError, ssl.SSLError):
            raise ConfigError([f"{settings.ca} holds no certificates that can be read"]) from None
        try:
            proxy = None if settings.base.loopback else find_proxy(settings.base.url)
        except ValueError:
            raise ConfigError(["the address of the proxy cannot be read, or is not http://HOST:PORT"]) from None
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls, proxy=proxy, max_connections=_CONNECTIONS, keepalive_expiry=_KEPT_SECONDS
        )

    async def close(self) -> None:
        """Closes the connections."""
        self._closed = True
        await self._pool.aclose()

    async def ask(self, call: Call, seconds: float, trace: TraceContext) -> Answer:
        """The answer, or why there is none within `seconds`."""
        if self._closed:
            return NoReply(Silence.CLOSED)
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(call, seconds, trace)
        except (TimeoutError, httpcore2.TimeoutException):
            return NoReply(Silence.TIMEOUT)
        except httpcore2.ProxyError:
            return NoReply(Silence.PROXY)
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return NoReply(Silence.CERTIFICATE if _certificate(error) else Silence.CONNECTION)

    async def _ask(self, call: Call, seconds: float, trace: TraceContext) -> Answer:
        headers = [
            ("Host", self._base.host),
            ("Authorization", f"Bearer {self._key}"),
            ("User-Agent", f"sluice-client/{__version__}"),
            ("Accept-Encoding", "identity"),
            *((name, value.decode()) for name, value in headers_of(trace)),
        ]
        if call.content_type:
            headers.append(("Content-Type", call.content_type))
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        url = self._base.url + call.path
        async with self._pool.stream(
            call.method, url, headers=headers, content=call.body or None, extensions={"timeout": limits}
        ) as response:
            data = bytearray()
            async for part in response.aiter_stream():
                data += part
                if len(data) > call.most:
                    return NoReply(Silence.TOO_LONG)
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Reply(response.status, named, bytes(data))


def _certificate(error: BaseException | None) -> bool:
    """Whether it was the certificate: that does not mend itself."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
