"""The operators' door over a real socket: what it answers, and whom it does not wait for."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sluice.errors import FatalError
from sluice.host.get_door import MOST_CONNECTIONS, MOST_HEAD_BYTES
from sluice.host.ops import OpsDoor
from sluice.host.readiness import DRAINING, START, Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics


class Opened:
    """A door that listens, and what it stands on."""

    def __init__(self, seconds: float) -> None:
        self.readiness = Readiness("", Log("test", stream=io.StringIO()))
        self.metrics = Metrics("tried")
        self.door = OpsDoor("tried", self.readiness, self.metrics, seconds)
        self.port = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, sent: bytes) -> tuple[int, str, bytes]:
        """Status, headers and body of the answer to these bytes."""
        reader, writer = await self.connect()
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), head.decode(), body

    async def get(self, path: str, method: str = "GET") -> tuple[int, str, bytes]:
        return await self.ask(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


@asynccontextmanager
async def opened(seconds: float = 5.0) -> AsyncIterator[Opened]:
    found = Opened(seconds)
    address = await found.door.start("127.0.0.1:0")
    found.port = int(address.removeprefix("127.0.0.1:"))
    try:
        yield found
    finally:
        await found.door.close()


async def test_readyz_says_why_not_by_condition_and_what_to_know() -> None:
    async with opened() as at:
        await at.readiness.expect("kafka", "joining")
        status, head, body = await at.get("/readyz")
        assert (status, json.loads(body)) == (
            503,
            {"ready": False, "service": "tried", "reasons": {"kafka": "joining"}, "notes": {}},
        )
        assert "Content-Type: application/json" in head
        await at.readiness.met("kafka")
        at.readiness.note("policy", "policy.yaml:3: unknown field")
        status, _, body = await at.get("/readyz?verbose")
        said = json.loads(body)
        assert (status, said["ready"], said["notes"]) == (200, True, {"policy": "policy.yaml:3: unknown field"})


async def test_metrics_are_the_facades_and_say_whether_it_is_ready() -> None:
    async with opened() as at:
        at.metrics.count("things", "Things.", {"rule": "a"})
        status, head, body = await at.get("/metrics")
        assert (status, "text/plain; version=" in head) == (200, True)
        assert b'sluice_things_total{rule="a",service="tried"} 1.0' in body
        assert b'sluice_ready{service="tried"} 1.0' in body
        await at.readiness.expect("kafka", "joining")
        assert b'sluice_ready{service="tried"} 0.0' in (await at.get("/metrics"))[2]


async def test_whether_it_is_ready_is_not_told_while_it_stops() -> None:
    async with opened() as at:
        await at.readiness.expect(START, "starting")
        assert b'sluice_ready{service="tried"} 0.0' in (await at.get("/metrics"))[2]
        await at.readiness.expect(START, DRAINING)
        assert b"sluice_ready{" not in (await at.get("/metrics"))[2]
        status, _, body = await at.get("/readyz")
        assert (status, json.loads(body)["reasons"]) == (503, {START: DRAINING})


async def test_alive_also_while_not_ready() -> None:
    async with opened() as at:
        await at.readiness.expect("kafka", "joining")
        assert (await at.get("/livez"))[::2] == (200, b"ok\n")


async def test_head_has_the_headers_of_get_and_no_body() -> None:
    async with opened() as at:
        status, head, body = await at.get("/livez", "HEAD")
        assert (status, body) == (200, b"")
        assert "Content-Length: 3" in head


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /secrets HTTP/1.1\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\n\r\n", 405),
        (b"GET /livez\r\n\r\n", 400),
        (b"GET /livez SPDY/3\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01 \xff \xfe\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nX: " + b"x" * MOST_HEAD_BYTES + b"\r\n\r\n", 431),
    ],
)
async def test_anything_else_is_refused(sent: bytes, status: int) -> None:
    async with opened() as at:
        assert (await at.ask(sent))[0] == status


async def test_a_client_that_says_nothing_is_ended_and_holds_nobody_up() -> None:
    async with opened(seconds=2) as at:
        reader, writer = await at.connect()
        writer.write(b"GET /livez HTT")
        assert (await at.get("/livez"))[0] == 200
        # Ended by the door: nothing was said, and no answer came.
        assert await reader.read() == b""
        writer.close()


async def test_hanging_clients_do_not_use_up_its_connections() -> None:
    async with opened(seconds=60) as at:
        hanging = [await at.connect() for _ in range(MOST_CONNECTIONS + 3)]
        assert (await at.get("/livez"))[0] == 200
        assert await hanging[0][0].read() == b""
        for _, writer in hanging:
            writer.close()


async def test_closing_ends_a_client_that_hangs() -> None:
    async with opened(seconds=60) as at:
        reader, writer = await at.connect()
        assert (await at.get("/livez"))[0] == 200
        await at.door.close()
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await at.connect()


async def test_an_address_that_is_taken_ends_the_process_and_names_the_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = Opened(1).door
        with pytest.raises(FatalError, match=r"SLUICE_OPS_ADDRESS=127\.0\.0\.1:"):
            await door.start(f"127.0.0.1:{taken.getsockname()[1]}")
        await door.close()
