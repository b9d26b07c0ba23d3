"""The small HTTP server: what it takes, and what it does with clients that mean no good."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest

from provenance import http_door
from provenance.http_door import HttpDoor, HttpError, Request, Response
from sluice.errors import FatalError, RetryableError, TerminalError
from sluice.host.room import Room
from sluice.telemetry.logging import Log

MOST_BODY = 200_000


async def echo(request: Request) -> Response:
    match request.path:
        case "/refused":
            raise HttpError(HTTPStatus.NOT_FOUND, "not here")
        case "/later":
            raise RetryableError("the database is away")
        case "/never":
            raise TerminalError("it is broken: 4711")
        case "/bug":
            raise ZeroDivisionError("secret")
        case "/slow":
            await asyncio.sleep(60)
    said = {"method": request.method, "parts": request.parts, "query": dict(request.query), "kind": request.kind}
    return Response.json({**said, "body": len(request.body)})


@asynccontextmanager
async def door(room: Room | None = None) -> AsyncIterator[int]:
    opened = HttpDoor(echo, room or Room(100, 10 * MOST_BODY), MOST_BODY, Log("test"))
    address = await opened.start("127.0.0.1:0", "SOME_VARIABLE")
    try:
        yield int(address.rpartition(":")[2])
    finally:
        await opened.close()


async def exchange(port: int, sent: bytes, then: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Status, headers, body of what comes back. `then`: sent after an interim answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        if then:
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(then)
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(headers["Content-Length"]) == len(body)
    return int(first.split(" ")[1]), headers, body


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes before the connection ends, in whatever way it does."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: here", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: here", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_a_request_is_taken_apart() -> None:
    async with door() as port:
        status, headers, body = await exchange(port, get("/a%2Fb/c?x=1&x=2&y=%C3%A9"))
    assert (status, headers["Content-Type"], headers["Connection"]) == (200, "application/json", "close")
    assert json.loads(body) == {
        "method": "GET", "parts": ["a/b", "c"], "query": {"x": "1", "y": "é"}, "kind": "", "body": 0
    }  # fmt: skip


async def test_a_body_comes_whole() -> None:
    async with door() as port:
        sent = post("/", b"x" * MOST_BODY, "Content-Type: Image/PNG; q=1")
        status, _, body = await exchange(port, sent)
    said = json.loads(body)
    assert (status, said["kind"], said["body"]) == (200, "image/png", MOST_BODY)


async def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async with door() as port:
        head = post("/", b"12345", "Expect: 100-continue").removesuffix(b"12345")
        status, _, body = await exchange(port, head, b"12345")
    assert (status, json.loads(body)["body"]) == (200, 5)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
        (get("/", "no colon"), 400),
        (get("/", "Spaced : x"), 400),
        (get("/?" + "&".join(f"a{at}=1" for at in range(17))), 400),
        (get("/?a=%ff"), 400),
        (post("/", b"", "Content-Length: 0"), 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (post("/", b"x" * (MOST_BODY + 1)), 413),
        (get("/" + "x" * 20_000), 414),
        (get("/refused"), 404),
        (get("/later"), 503),
        (get("/never"), 500),
        (get("/bug"), 500),
    ],
)
async def test_what_is_refused_gets_its_status_and_words_of_ours(sent: bytes, status: int) -> None:
    async with door() as port:
        found, _, body = await exchange(port, sent)
    assert found == status
    assert set(json.loads(body)) == {"message"}
    for kept in (b"secret", b"4711", b"Error", b"Traceback", b"line"):
        assert status == 414 or kept not in body


async def test_who_comes_when_it_is_full_is_told_when_to_come_again() -> None:
    room = Room(100, 1000)
    room.take(900)
    async with door(room) as port:
        status, headers, _ = await exchange(port, post("/", b"x" * 500))
        assert (status, headers["Retry-After"]) == (503, "1")
        room.leave(900)
        assert (await exchange(port, post("/", b"x" * 500)))[0] == 200
    assert room.calls == 0


async def test_slow_clients_are_let_go_and_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(http_door, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(http_door, "ANSWER_SECONDS", 0.2)
    room = Room(100, 1000)
    async with door(room) as port:
        ends = []
        for begun in (b"GET / HT", post("/", b"12345")[:-1]):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            ends.append((reader, writer))
        assert (await exchange(port, get("/")))[0] == 200
        assert (await exchange(port, get("/slow")))[0] == 503
        for reader, writer in ends:
            assert await rest(reader) == b""
            writer.close()
    assert room.calls == 0


async def test_too_many_at_once_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "MOST_CONNECTIONS", 1)
    async with door() as port:
        _, held = await asyncio.open_connection("127.0.0.1", port)
        held.write(b"GET")
        await asyncio.sleep(0.1)
        reader, more = await asyncio.open_connection("127.0.0.1", port)
        assert await rest(reader) == b""
        for writer in (held, more):
            writer.close()


async def test_an_address_that_is_taken_ends_the_service() -> None:
    async with door() as port:
        second = HttpDoor(echo, Room(1), MOST_BODY, Log("test"))
        with pytest.raises(FatalError, match="SOME_VARIABLE"):
            await second.start(f"127.0.0.1:{port}", "SOME_VARIABLE")
        await second.close()
