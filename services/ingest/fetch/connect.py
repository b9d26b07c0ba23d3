"""Connections to checked addresses: a name is looked up once, and what was checked is what is connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore2

from ingest.fetch.inside import is_public
from ingest.fetch.settings import Network
from sluice.errors import RetryableError
from sluice.objects import ForbiddenUriError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port -> its IP addresses. Raises OSError."""

_MOST_ADDRESSES = 3
_CONNECT_SECONDS = 2.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's answer."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """What the HTTP library connects through. It keeps the name for TLS and never looks it up itself."""

    def __init__(self, networks: Sequence[Network], look_up: Resolve) -> None:
        self._networks = networks
        self._look_up = look_up
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's name for it
        local_address: str | None = None,
        socket_options: "Iterable[httpcore2.SOCKET_OPTION] | None" = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ForbiddenUriError where any of the name's addresses lies inside: such a name is not trusted."""
        try:
            addresses = await self._look_up(host, port)
        except OSError as error:
            raise RetryableError(f"the host's name cannot be looked up: {type(error).__name__}") from error
        if not addresses or not all(is_public(address, self._networks) for address in addresses):
            raise ForbiddenUriError("the host's address is not a public one")
        failed: httpcore2.NetworkError | httpcore2.TimeoutException | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(
                    address, port, _CONNECT_SECONDS if timeout is None else timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        assert failed is not None
        raise failed

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - the library's method
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the library's method
        socket_options: "Iterable[httpcore2.SOCKET_OPTION] | None" = None,  # noqa: ARG002 - the library's method
    ) -> httpcore2.AsyncNetworkStream:
        """Never."""
        raise ForbiddenUriError("no picture comes from a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._inner.sleep(seconds)
