"""Asking a service what it says of itself, and not being held up by one that says nothing or nonsense."""

import asyncio
import io
import socket
from threading import Thread

import pytest

from sluice.host.ops import OpsDoor
from sluice.host.readiness import Readiness
from sluice.local.ops import NOTHING, Said, ask_ops
from sluice.local.ports import LOOPBACK, free_ports
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics


async def test_what_the_door_says_is_read() -> None:
    board = Readiness("", Log("test", stream=io.StringIO()))
    door = OpsDoor("tried", board, Metrics("tried"))
    address = await door.start(f"{LOOPBACK}:0")
    assert await asyncio.to_thread(ask_ops, address) == NOTHING
    await board.expect("kafka", "joining")
    board.note("policy", "broken")
    assert await asyncio.to_thread(ask_ops, address) == Said({"kafka": "joining"}, {"policy": "broken"})
    await door.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nnonsense",
        b"HTTP/1.1 200 OK\r\n\r\n[1]",
        b'HTTP/1.1 503 No\r\n\r\n{"reasons": [1], "notes": null}',
    ],
)
def test_an_answer_that_is_none(answer: bytes) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        assert ask_ops(f"{LOOPBACK}:{server.getsockname()[1]}") == NOTHING
        thread.join()


def test_nobody_there_or_nobody_who_speaks() -> None:
    assert ask_ops("") == NOTHING
    assert ask_ops(f"{LOOPBACK}:{free_ports(1)[0]}") == NOTHING
    with socket.create_server((LOOPBACK, 0)) as silent:
        assert ask_ops(f"{LOOPBACK}:{silent.getsockname()[1]}", 0.1) == NOTHING
