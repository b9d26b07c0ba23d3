"""Bodies: how large, how fast, of what kind, and what is JSON."""

import asyncio
import gzip
from pathlib import Path

import pytest

from gateway import body
from gateway.body import parse_json
from gateway.errors import ApiError
from gateway.settings import GatewaySettings
from tests.unit.gateway_door import open_door
from tests.unit.gateway_wire import answer, connection, request

PATH = "/v1/moderations"
JSON = "content-type: application/json"
SMALL = GatewaySettings("", "", "", "", max_body=1024)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_taken(tmp_path: Path, kind: str) -> None:
    async with open_door(tmp_path) as door:
        found = await door.client.post(PATH, content=b'{"input": "x"}', headers={"content-type": kind})
        assert found.status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_nothing_else_is(tmp_path: Path, kind: str) -> None:
    async with open_door(tmp_path) as door:
        found = await door.client.post(PATH, content=b'{"input": "x"}', headers={"content-type": kind})
        assert (found.status_code, found.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("path", "kind"), [(PATH, "application/json"), ("/v1/uploads", "image/png")])
async def test_a_compressed_body_is_refused_and_not_taken_for_something_else(
    tmp_path: Path, path: str, kind: str
) -> None:
    async with open_door(tmp_path) as door:
        data = b'{"input": "x"}'
        plain = {"content-type": kind, "content-encoding": "identity"}
        assert (await door.client.post(path, content=data, headers=plain)).is_success
        headers = {"content-type": kind, "content-encoding": "gzip"}
        found = await door.client.post(path, content=gzip.compress(data), headers=headers)
        assert (found.status_code, found.json()["error"]["code"]) == (415, "unsupported_encoding")
        assert found.headers["accept-encoding"] == "identity"
        twice = [("content-type", kind), ("content-encoding", "identity"), ("content-encoding", "gzip")]
        assert (await door.client.post(path, content=gzip.compress(data), headers=twice)).status_code == 415
        assert len(door.road.prepared) + len(door.road.asked) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'input': 'x'}",
        b'{"input": "x"} x',
        b"\xff",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[" * 4_000,
        b'\xef\xbb\xbf{"input": "x"}',
    ],
)
def test_what_is_no_strict_json(data: bytes) -> None:
    with pytest.raises(ApiError) as found:
        parse_json(data)
    assert found.value.code == "invalid_json"


def test_json_is_read_as_it_is() -> None:
    assert parse_json('{"a": [1, "ä", null]}'.encode()) == {"a": [1, "ä", None]}


@pytest.mark.parametrize("size", [1024, 1025])
async def test_a_body_has_a_size(tmp_path: Path, size: int) -> None:
    data = b'{"input": "' + b"x" * (size - 13) + b'"}'
    assert len(data) == size
    async with open_door(tmp_path, settings=SMALL) as door:
        found = await door.client.post(PATH, content=data, headers={"content-type": "application/json"})
        assert found.status_code == (200 if size <= 1024 else 413)


async def test_a_body_that_does_not_say_its_size_has_one_too(tmp_path: Path) -> None:
    async def parts() -> object:
        for _ in range(20):
            yield b"x" * 100

    async with open_door(tmp_path, settings=SMALL) as door:
        headers = {"content-type": "application/json"}
        found = await door.client.post(PATH, content=parts(), headers=headers)  # type: ignore[arg-type] # it iterates
        assert (found.status_code, found.json()["error"]["code"]) == (413, "body_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "QUIET_SECONDS", 0.2)
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        key = f"authorization: Bearer {door.secret}"
        writer.write(request(PATH, key, JSON, "content-length: 100", method="POST", body=b'{"input'))
        status, said = await answer(reader)
        assert (status, b'"timeout"' in said) == (408, True)


async def test_a_body_that_comes_drop_by_drop_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.5)
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        key = f"authorization: Bearer {door.secret}"
        writer.write(request(PATH, key, JSON, "content-length: 100000", method="POST"))

        async def drip() -> None:
            while True:
                writer.write(b" ")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert (await answer(reader))[0] == 408
        dripping.cancel()


async def test_who_goes_away_in_the_middle_leaves_no_room_taken(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        async with connection(door) as (_, writer):
            key = f"authorization: Bearer {door.secret}"
            writer.write(request(PATH, key, JSON, "content-length: 100", method="POST", body=b'{"input'))
            await writer.drain()
            await asyncio.sleep(0.1)
        found = await door.client.post(PATH, json={"input": "x"})
        assert found.status_code == 200
        assert "call failed" not in door.said.getvalue()
