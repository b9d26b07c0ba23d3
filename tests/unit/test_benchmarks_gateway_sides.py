"""The two doors and the other processes, as the benchmark asks them: what is no answer is told as none."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc
import pytest

from benchmarks.gateway.grpc_door import GrpcDoor
from benchmarks.gateway.http_door import HttpDoor
from benchmarks.gateway.peer import Peer
from benchmarks.gateway.side import NoAnswerError
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.orchestrator_pb2_grpc import add_OrchestratorServicer_to_server
from sluice.v1.request_pb2 import Role, Stage
from tests.unit.grpc_door import serving
from tests.unit.test_cli_send import Peer as Orchestrator

CHILD = """
import os, sys
from benchmarks.gateway.lines import serve
def opened():
    print("what a library says")
    return "child", lambda texts: [os.kill(os.getpid(), 9) if "die" in text else "x" in text for text in texts]
serve(opened)
"""


def no_cpu() -> Mapping[str, float]:
    return {}


@asynccontextmanager
async def http(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives these answers on each connection, one to a call, and then ends it; what it was sent."""
    sent: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            sent.append(head + await reader.readexactly(int(head.rpartition(b"content-length: ")[2])))
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", sent


def answer(form: object, status: str = "200 OK", length: str = "Content-Length") -> bytes:
    body = json.dumps(form).encode()
    return f"HTTP/1.1 {status}\r\nserver: x\r\n{length}: {len(body)}\r\nx: y\r\n\r\n".encode() + body


def result(flagged: bool) -> bytes:
    return answer({"results": [{"flagged": flagged}]})


async def test_http_says_what_is_flagged_over_one_connection() -> None:
    async with http(result(True), result(False)) as (address, sent):
        door = HttpDoor(address, "sk-sluice-x", no_cpu)
        assert [await door.ask("a lighthouse"), await door.ask("两只猫")] == [True, False]
        await door.close()
    head, _, body = sent[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/moderations HTTP/1.1\r\n")
    assert b"authorization: Bearer sk-sluice-x" in head
    assert json.loads(body) == {"input": "两只猫"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([answer({"error": {"code": "incomplete"}}, "503 Service Unavailable")], "503: incomplete"),
        ([answer({"results": []}, length="x-length")], "ValueError: an answer of no stated length"),
        ([b"HTTP/1.1 200 OK\r\ncontent-"], "IncompleteReadError"),
        ([], "IncompleteReadError|ConnectionResetError"),
    ],
)
async def test_http_without_a_result_is_no_answer(given: list[bytes], problem: str) -> None:
    async with http(*given) as (address, _):
        door = HttpDoor(address, "sk-sluice-x", no_cpu)
        with pytest.raises(NoAnswerError, match=problem):
            await door.ask("a lighthouse")
        await door.close()


async def test_http_where_nobody_listens_is_no_answer() -> None:
    async with http() as (address, _):
        pass
    with pytest.raises(NoAnswerError, match="ConnectionRefusedError"):
        await HttpDoor(address, "sk-sluice-x", no_cpu).ask("a lighthouse")


@pytest.mark.parametrize(
    ("action", "flagged"), [(Action.ACTION_ALLOW, False), (Action.ACTION_REVIEW, True), (Action.ACTION_BLOCK, True)]
)
async def test_grpc_flags_all_that_is_not_allowed(action: Action.ValueType, flagged: bool) -> None:
    orchestrator = Orchestrator(ModerateResponse(decision=Decision(action=action, complete=True)))
    async with serving(lambda server: add_OrchestratorServicer_to_server(orchestrator, server)) as channel:
        door = GrpcDoor(channel, no_cpu)
        assert [await door.ask("a lighthouse"), await door.ask("a lighthouse")] == [flagged, flagged]
    first, second = orchestrator.requests
    assert first.id != second.id
    assert (first.stage, first.contents[0].role, first.contents[0].text) == (
        *(Stage.STAGE_PROMPT, Role.ROLE_PROMPT), "a lighthouse",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("orchestrator", "problem"),
    [
        (Orchestrator(failure=grpc.StatusCode.RESOURCE_EXHAUSTED), "RESOURCE_EXHAUSTED: as the test says"),
        (Orchestrator(ModerateResponse(decision=Decision(action=Action.ACTION_BLOCK))), "an incomplete decision"),
    ],
)
async def test_grpc_without_a_complete_decision_is_no_answer(orchestrator: Orchestrator, problem: str) -> None:
    async with serving(lambda server: add_OrchestratorServicer_to_server(orchestrator, server)) as channel:
        with pytest.raises(NoAnswerError, match=problem):
            await GrpcDoor(channel, no_cpu).ask("a lighthouse")


async def test_processes_answer_each_text_in_its_place() -> None:
    texts = [f"{'x' if place % 3 else 'o'} {place}\n" for place in range(50)]
    async with Peer.open((sys.executable, "-c", CHILD), 2) as peer:
        assert peer.name == "child"
        found = await asyncio.gather(*map(peer.ask, texts))
        assert set(peer.cpu()) == {"child"}
        assert peer.cpu()["child"] > 0
    assert found == ["x" in text for text in texts]


async def test_a_process_that_ends_leaves_no_answer() -> None:
    async with Peer.open((sys.executable, "-c", CHILD), 1) as peer:
        assert await peer.ask("x")
        with pytest.raises(NoAnswerError, match="the process ended"):
            await peer.ask("die")
        with pytest.raises(NoAnswerError, match="the process ended"):
            await peer.ask("x")


async def test_a_process_that_does_not_get_ready_is_told_of() -> None:
    with pytest.raises(SystemExit, match="ended with 3 before it was ready"):
        async with Peer.open((sys.executable, "-c", "raise SystemExit(3)"), 2):
            pass
