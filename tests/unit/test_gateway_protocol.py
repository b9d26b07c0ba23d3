"""A connection's bounds: slow heads, large heads, what is no HTTP, and clients that read nothing."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway import protocol
from gateway.protocol import MOST_HEAD_BYTES, MOST_HEADERS, Connection
from tests.unit.gateway_door import open_door
from tests.unit.gateway_wire import answer, connection, ended, request


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience that a test can wait for."""
    for name in ("head_seconds", "rest_seconds", "write_seconds"):
        monkeypatch.setattr(Connection, name, 0.3)


async def test_who_says_nothing_is_not_waited_for(tmp_path: Path, hurry: None) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, _):
        assert await ended(reader) == b""


async def test_a_head_that_comes_drop_by_drop_is_not_waited_for(tmp_path: Path, hurry: None) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):

        async def drip() -> None:
            writer.write(b"GET /livez HTTP/1.1\r\nx: ")
            while True:
                writer.write(b"a")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await ended(reader) == b""
        dripping.cancel()


async def test_empty_lines_between_two_requests_buy_no_time(tmp_path: Path, hurry: None) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez"))
        assert (await answer(reader))[0] == 200

        async def drip() -> None:
            while True:
                writer.write(b"\r\n")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await ended(reader) == b""
        dripping.cancel()


async def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        for _ in range(3):
            writer.write(request("/livez"))
            assert await answer(reader) == (200, b"ok\n")


async def test_requests_behind_one_another_are_answered_in_order(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez") + request("/nowhere") + request("/livez"))
        assert [(await answer(reader))[0] for _ in range(3)] == [200, 404, 200]


async def test_each_head_has_its_size_for_itself(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez", f"x: {'a' * (MOST_HEAD_BYTES - 100)}") * 3)
        assert [(await answer(reader))[0] for _ in range(3)] == [200, 200, 200]


async def test_the_rest_of_a_body_that_nobody_wants_is_not_waited_for(tmp_path: Path, hurry: None) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/v1/moderations", "content-length: 1000000", method="POST"))
        assert (await answer(reader))[0] == 401

        async def drip() -> None:
            while True:
                writer.write(b" ")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await ended(reader) == b""
        dripping.cancel()


@pytest.mark.parametrize(
    "head",
    [
        request("/livez", f"x: {'a' * MOST_HEAD_BYTES}"),
        request("/" + "a" * MOST_HEAD_BYTES),
        request("/livez", *(f"x-{number}: 1" for number in range(MOST_HEADERS))),
    ],
)
async def test_a_head_has_a_size(tmp_path: Path, head: bytes) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(head)
        status, said = await answer(reader)
        assert (status, json.loads(said)["error"]["code"]) == (431, "head_too_large")
        assert await ended(reader) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /livez HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET http://x HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_in_the_envelope(tmp_path: Path, data: bytes) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(data)
        status, said = await answer(reader)
        assert (status, json.loads(said)["error"]["type"]) == (400, "invalid_request_error")
        assert await ended(reader) == b""


@pytest.mark.parametrize("other", ["websocket", "h2c"])
async def test_a_wish_for_another_protocol_is_not_heard(tmp_path: Path, other: str) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez", "connection: upgrade", f"upgrade: {other}", "sec-websocket-version: 13"))
        assert await answer(reader) == (200, b"ok\n")


JAVA = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAEAAEAAAAIAAAAA")
"""What Java's own client sends along where it is not told otherwise."""


@pytest.mark.parametrize("pause", [0.0, 0.05])
@pytest.mark.parametrize("framed", ["length", "chunked"])
async def test_a_body_is_read_whatever_else_is_wished_for(tmp_path: Path, framed: str, pause: float) -> None:
    body = b'{"input": "a bowl of lemons"}'
    sent = body if framed == "length" else b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    length = f"content-length: {len(body)}" if framed == "length" else "transfer-encoding: chunked"
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        key = f"authorization: Bearer {door.secret}"
        writer.write(request("/v1/moderations", key, "content-type: application/json", length, *JAVA, method="POST"))
        await asyncio.sleep(pause)
        writer.write(sent + request("/livez"))
        status, said = await answer(reader)
        assert (status, json.loads(said)["results"][0]["flagged"]) == (200, False)
        assert await answer(reader) == (200, b"ok\n")


async def test_a_body_behind_a_wish_is_no_request(tmp_path: Path) -> None:
    inside = request("/nowhere")
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez", f"content-length: {len(inside)}", *JAVA))
        await asyncio.sleep(0.05)
        writer.write(inside)
        assert await answer(reader) == (200, b"ok\n")
        writer.write(request("/livez", "connection: close, upgrade", "upgrade: h2c"))
        assert await answer(reader) == (200, b"ok\n")
        assert await ended(reader) == b""


async def test_any_number_of_wishes_may_come_in_one_piece(tmp_path: Path) -> None:
    count = 1500
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez", "connection: upgrade", "upgrade: h2c") * count)
        for _ in range(count):
            assert await answer(reader) == (200, b"ok\n")


async def test_a_head_with_a_wish_has_a_size_too(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez", *JAVA, f"x: {'a' * MOST_HEAD_BYTES}"))
        assert (await answer(reader))[0] == 431


async def test_one_connection_too_many_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 1)
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez"))
        assert (await answer(reader))[0] == 200
        async with connection(door) as (other, _):
            assert await ended(other) == b""
        writer.write(request("/livez"))
        assert (await answer(reader))[0] == 200


async def test_a_load_balancer_may_look_without_a_body(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        found = await door.client.head("/livez")
        assert (found.status_code, found.content) == (200, b"")


async def test_a_client_that_reads_nothing_is_left(tmp_path: Path, hurry: None) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.transport.set_write_buffer_limits(0)
        reader._transport.pause_reading()  # type: ignore[attr-defined] # what the test is about
        # Many answers that nobody takes fill every buffer on the way.
        many = request("/openapi.json") * 400
        writer.write(many)
        async with asyncio.timeout(20):
            while not writer.transport.is_closing():
                writer.write(request("/openapi.json") * 400)
                await asyncio.sleep(0.05)
