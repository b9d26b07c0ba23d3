"""One picture from a stranger's address: bounded in bytes, in time, in redirects, and bound to its digest."""

import asyncio
import hashlib
import ssl
from dataclasses import dataclass
from urllib.parse import urljoin

import httpcore2

from ingest.fetch.address import Target, read_target
from ingest.fetch.connect import CheckedNetwork, Resolve, resolve
from ingest.fetch.settings import FetchSettings
from sluice.errors import RetryableError
from sluice.objects import DigestMismatchError, ForbiddenUriError, NotFoundError, TooLargeError
from sluice.v1.request_pb2 import ObjectReference

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})
"""Refusals that may end by themselves; so may all from 500 on."""
_HEADERS = (("Accept", "image/*"), ("Accept-Encoding", "identity"), ("User-Agent", "sluice"), ("Connection", "close"))


class Fetcher:
    """Fetches what references name. It has no cookies, no credentials, no proxy and no memory of connections."""

    def __init__(self, settings: FetchSettings, look_up: Resolve = resolve) -> None:
        self._settings = settings
        self._look_up = look_up
        self._tls: ssl.SSLContext | None = None

    def allows(self, uri: str) -> None:
        """Raises ForbiddenUriError unless the address may be asked for."""
        read_target(uri, self._settings.hosts, self._settings.plain_http)

    async def get(self, reference: ObjectReference, limit: int) -> bytes:
        """The bytes that a reference names.

        Raises ForbiddenUriError (where it points, or is sent on to), TooLargeError (more than `limit` bytes),
        NotFoundError, DigestMismatchError (size or SHA-256 differ), or RetryableError (no answer, a broken one, a
        status that may pass).
        """
        if reference.size_bytes > limit:
            raise TooLargeError(f"{reference.size_bytes} bytes, at most {limit} are read")
        data = await self._fetch(reference.uri, _Size(reference.size_bytes, exact=True))
        if len(data) != reference.size_bytes or hashlib.sha256(data).digest() != reference.sha256:
            raise DigestMismatchError("what was fetched is not the bytes of its reference")
        return data

    async def get_any(self, uri: str, limit: int) -> bytes:
        """Whatever lies at an address now, `limit` bytes at most. The same errors: TooLargeError where there are
        more."""
        return await self._fetch(uri, _Size(limit, exact=False))

    async def _fetch(self, uri: str, size: "_Size") -> bytes:
        target = read_target(uri, self._settings.hosts, self._settings.plain_http)
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await self._follow(target, size)
        except TimeoutError as error:
            raise RetryableError(f"not fetched within {self._settings.seconds} s") from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            if _certificate(error):
                raise ForbiddenUriError("the host's certificate is not valid") from error
            raise RetryableError(f"the host could not be asked: {type(error).__name__}") from error

    async def _follow(self, target: Target, size: "_Size") -> bytes:
        for _ in range(self._settings.redirects + 1):
            found = await self._ask(target, size)
            if isinstance(found, bytes):
                return found
            target = read_target(found, self._settings.hosts, self._settings.plain_http)
        raise ForbiddenUriError(f"sent on more than {self._settings.redirects} times")

    async def _ask(self, target: Target, size: "_Size") -> bytes | str:
        """The body, or the address that it sends on to."""
        patience = float(self._settings.read_seconds)
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), patience)
        # A pool of its own for each question: every connection is looked up and checked anew.
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._context(),
                max_connections=1,
                max_keepalive_connections=0,
                network_backend=CheckedNetwork(self._settings.networks, self._look_up),
            ) as pool,
            pool.stream("GET", target.url, headers=_asked(target), extensions={"timeout": timeouts}) as response,
        ):
            headers = {name.lower(): value for name, value in response.headers}
            if response.status in _REDIRECTS and b"location" in headers:
                return urljoin(target.url, headers[b"location"].decode("ascii", "replace"))
            _check(response.status, headers, size)
            data = bytearray()
            async for part in response.aiter_stream():
                data += part
                size.check_held(len(data))
            return bytes(data)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._settings.ca or None)
        return self._tls


def _asked(target: Target) -> list[tuple[str, str]]:
    usual = target.port == {"https": 443, "http": 80}[target.scheme]
    return [("Host", target.host if usual else f"{target.host}:{target.port}"), *_HEADERS]


@dataclass(frozen=True, slots=True)
class _Size:
    """How many bytes a body has: so many, or at most so many."""

    bytes: int
    exact: bool

    def check_announced(self, length: int) -> None:
        """Refuses a body of this length."""
        if self.exact and length != self.bytes:
            raise DigestMismatchError(f"announced with another length than the {self.bytes} bytes of its reference")
        self.check_held(length)

    def check_held(self, length: int) -> None:
        """Refuses more than may come."""
        if length > self.bytes:
            if self.exact:
                raise DigestMismatchError(f"more than the {self.bytes} bytes of its reference")
            raise TooLargeError(f"more than {self.bytes} bytes")


def _check(status: int, headers: dict[bytes, bytes], size: _Size) -> None:
    """Raises unless the answer can be the bytes that were asked for."""
    if status in _PASSING or status >= 500:
        raise RetryableError(f"the host answered {status}")
    if status != 200:
        raise NotFoundError(f"the host answered {status}")
    if headers.get(b"content-encoding", b"identity").lower() not in {b"identity", b""}:
        raise DigestMismatchError("sent in a coding that was not asked for")
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        size.check_announced(int(length[:20]))


def _certificate(error: BaseException | None) -> bool:
    """Whether it was the certificate: that does not mend itself."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
