"""One request to the API: over a connection of its own, bounded in time and bytes, nothing kept of what was said."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpcore2

from reporter.ports import Refusal, TiplineError
from reporter.tipline.endpoint import Kind
from reporter.tipline.settings import TiplineSettings
from reporter.tipline.xml_read import MOST_BYTES
from sluice.client.proxy import find_proxy
from sluice.errors import NotReadyError

_FAILURES: Final = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    OSError,
)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What came back, of any status."""

    status: int
    body: bytes


class Http:
    """Asks one endpoint. Redirects are not followed; proxies are those of HTTPS_PROXY and NO_PROXY."""

    def __init__(self, settings: TiplineSettings) -> None:
        """Raises NotReadyError where the authorities, or the proxy's address, cannot be read."""
        self._url = settings.endpoint.url
        parts = urlsplit(self._url)
        self._host = parts.netloc
        token = b64encode(f"{settings.user}:{settings.password}".encode()).decode()
        self._headers = (
            ("Host", self._host),
            ("Authorization", f"Basic {token}"),
            ("Accept", "application/xml, text/xml"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "sluice"),
            ("Connection", "close"),
        )
        try:
            self._tls = ssl.create_default_context(cafile=settings.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise NotReadyError(f"the tip line: {settings.ca} holds no certificates that can be read") from error
        try:
            self._proxy = None if settings.endpoint.kind is Kind.SIMULATOR else find_proxy(self._url)
        except ValueError:
            raise NotReadyError("the tip line: the proxy's address cannot be read") from None

    async def ask(
        self,
        method: str,
        path: str,
        seconds: float,
        content: bytes | AsyncIterator[bytes] = b"",
        size: int = 0,
        content_type: str = "",
    ) -> Reply:
        """Raises TiplineError of kind RETRY where no whole answer came in time: whether it was done is not known."""
        headers = [*self._headers]
        if content_type:
            headers += [("Content-Type", content_type), ("Content-Length", str(size))]
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(method, self._url + path, headers, content, seconds)
        except TimeoutError:
            raise TiplineError(Refusal.RETRY, 0, f"no answer within {seconds:g} s") from None
        except _FAILURES as error:
            if _certificate(error):
                raise TiplineError(Refusal.TERMINAL, 0, "the server's certificate is not valid") from None
            raise TiplineError(Refusal.RETRY, 0, f"no answer: {type(error).__name__}") from None

    async def _ask(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        content: bytes | AsyncIterator[bytes],
        seconds: float,
    ) -> Reply:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        # A connection of its own for each request: one that the server has just closed would lose an answer.
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._tls, proxy=self._proxy, max_connections=1, max_keepalive_connections=0
            ) as pool,
            pool.stream(method, url, headers=headers, content=content, extensions={"timeout": limits}) as response,
        ):
            data = bytearray()
            async for part in response.aiter_stream():
                data += part
                if len(data) > MOST_BYTES:
                    raise TiplineError(Refusal.RETRY, 0, f"an answer of more than {MOST_BYTES} bytes")
            return Reply(response.status, bytes(data))


def _certificate(error: BaseException | None) -> bool:
    """Whether it was the certificate: that does not mend itself."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
