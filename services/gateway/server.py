"""The HTTP server: uvicorn inside a service of ours, which owns signals, readiness and the end."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from gateway.protocol import Connection
from gateway.settings import ADDRESS
from sluice.errors import FatalError
from sluice.settings import split_address

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than load balancers keep a connection: it is theirs to end it."""
BACKLOG: Final = 1024
_LAST_SECONDS: Final = 2.0


class HttpServer:
    """Listens from `start` on; `stop` answers what is in hand and lets go."""

    def __init__(self, app: ASGIApp, drain_seconds: int) -> None:
        # What it would say is said by our log and numbers; its own lines would not be JSON, and may quote.
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())
        config = uvicorn.Config(
            app,
            http=Connection,
            loop="none",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=drain_seconds,
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self, address: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError."""
        host, port = split_address(address)
        try:
            bound = await asyncio.to_thread(_bind, host, port)
        except OSError as error:
            raise FatalError(f"{ADDRESS}={address}: cannot listen there: {error.strerror}") from error
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]))
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._serving.done():
            self._serving.result()
        return f"{address.rpartition(':')[0]}:{bound.getsockname()[1]}"

    async def ended(self) -> None:
        """Returns, or raises, when it serves no more."""
        assert self._serving is not None
        await asyncio.shield(self._serving)

    async def stop(self) -> None:
        """Takes no more connections, ends idle ones, waits for answers in hand as long as a drain may take, and ends
        the rest."""
        if self._serving is None:
            return
        self._server.should_exit = True
        await asyncio.wait({self._serving})
        # Who was given up has been told so by now.
        if tasks := [*self._server.server_state.tasks]:
            await asyncio.wait(tasks, timeout=_LAST_SECONDS)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says when it is done."""
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the host's."""
        yield


def _bind(host: str, port: int) -> socket.socket:
    """A socket that can be bound although connections of a process before it are still closing."""
    family, kind, number, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, number)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind(where)
    except OSError:
        bound.close()
        raise
    return bound
