"""The HTTP door: POST /v1/moderations over connections that stay open.

A client of few lines: it shares the cores with the door, and what is to be measured is the door.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Self

from benchmarks.gateway.grpc_door import SETTLE_SECONDS
from benchmarks.gateway.side import NoAnswerError

NAME = "HTTP door"
_MOST_BYTES = 1 << 20


class Connection:
    """HTTP/1.1, one call after the other; only as much of it as the gateway answers with."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def open(cls, address: str, key: str) -> Self:
        """Connects to host:port. Raises OSError."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=_MOST_BYTES)
        lines = (
            "POST /v1/moderations HTTP/1.1",
            f"host: {address}",
            f"authorization: Bearer {key}",
            "content-type: application/json",
            "content-length: ",
        )
        return cls(reader, writer, "\r\n".join(lines).encode())

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """(status, body). Raises OSError or EOFError where the connection ends, ValueError for an answer of no stated
        length."""
        self._writer.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        head = await self._reader.readuntil(b"\r\n\r\n")
        _, marked, rest = head.lower().partition(b"\r\ncontent-length:")
        if not marked:
            raise ValueError("an answer of no stated length")
        return int(head.split(b" ", 2)[1]), await self._reader.readexactly(int(rest.partition(b"\r\n")[0]))

    async def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):  # A connection that broke has been told of already.
            await self._writer.wait_closed()


class HttpDoor:
    """As many connections as calls are under way. See `Side`."""

    name = NAME

    def __init__(
        self, address: str, key: str, cpu: Callable[[], Mapping[str, float]], settle: float = SETTLE_SECONDS
    ) -> None:
        """`address`: host:port; `key`: an API key with the scope to moderate; `cpu`, `settle`: see `Side`."""
        self.settle = settle
        self._address = address
        self._key = key
        self._open: set[Connection] = set()
        self._free: list[Connection] = []
        self.cpu = cpu

    async def ask(self, text: str) -> bool:
        """One string, as the official clients send it."""
        try:
            connection = self._free.pop() if self._free else await Connection.open(self._address, self._key)
            self._open.add(connection)
            status, body = await connection.post(json.dumps({"input": text}).encode())
        except (OSError, EOFError, ValueError) as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        self._free.append(connection)
        answer = json.loads(body)
        if status != 200:
            raise NoAnswerError(f"{status}: {answer['error']['code']}")
        (result,) = answer["results"]
        flagged: bool = result["flagged"]
        return flagged

    async def close(self) -> None:
        """Ends all connections: the gateway ends those that lie idle."""
        self._free.clear()
        while self._open:
            await self._open.pop().close()
