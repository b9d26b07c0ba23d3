"""How much a body may hold, before it is parsed."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from gateway.body import parse_json
from gateway.errors import ApiError
from gateway.reading import SMALL, Reading
from gateway.structure import MOST_ESCAPES, MOST_MARKS, MOST_OUTSIDE, check_structure
from tests.unit.gateway_door import open_door

MIB = 1 << 20
HEAVY = [
    b'{"input": {' + b",".join(b'"%d":0' % at for at in range(10_000)) + b"}}",
    b'{"input": [' + b"{}," * 10_000 + b"{}]}",
    b'{"input": [' + b"1," * 10_000 + b"1]}",
    b"[" * 10_000,
    b'""' * 10_000,
    b'{"input": "x"' + b" " * MOST_OUTSIDE + b"}",
    b"1" * (MOST_OUTSIDE + 1),
    b'{"input": "' + b"\\n" * (MOST_ESCAPES + 1) + b'"}',
]


@pytest.mark.parametrize("data", HEAVY)
def test_what_no_request_needs_is_not_parsed(data: bytes) -> None:
    with pytest.raises(ApiError) as found:
        parse_json(data)
    assert (found.value.status, found.value.code) == (400, "too_complex")


@pytest.mark.parametrize("data", [b'{"a', b'{"a\\"', b'"\\', b'{"a": "' + b'\\"' * MOST_MARKS])
def test_a_string_that_does_not_end(data: bytes) -> None:
    with pytest.raises(ApiError) as found:
        parse_json(data)
    assert found.value.code == "invalid_json"


@pytest.mark.parametrize(
    "body",
    [
        {"input": "x" * (8 * MIB)},
        {"input": "{[,:" * MIB},
        {"input": ['"\\' * 1000, "\n" * 1000, "\u4e2d" * 100_000, "\\" * 7, ""]},
        {"input": ["x,y"] * 1000},
        {"input": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A+/=" * MIB}}] * 5},
    ],
)
def test_texts_and_pictures_are_one_value_each_whatever_is_in_them(body: object) -> None:
    for written in (json.dumps(body), json.dumps(body, ensure_ascii=False, indent=2)):
        assert parse_json(written.encode()) == body


def test_slashes_of_base64_may_be_escaped() -> None:
    url = "data:image/png;base64," + "AAA/" * 100_000
    written = json.dumps({"input": url}).replace("/", "\\/")
    assert parse_json(written.encode()) == {"input": url}


def test_nothing_is_no_reason_to_refuse() -> None:
    check_structure(b"")


async def test_large_bodies_are_read_one_at_a_time_and_small_ones_do_not_wait() -> None:
    reading, gate = Reading(), threading.Event()
    at_once = most = 0

    def slow(data: bytes) -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        gate.wait(30)
        at_once -= 1
        return len(data)

    large = [asyncio.create_task(reading.run(b" " * (SMALL + 1), slow)) for _ in range(3)]
    await asyncio.sleep(0.05)
    large[0].cancel()
    assert await reading.run(b"small", len) == 5
    gate.set()
    done = await asyncio.gather(*large, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert (done[1:], most) == ([SMALL + 1, SMALL + 1], 1)


async def test_an_error_of_a_large_body_is_the_callers() -> None:
    with pytest.raises(ApiError):
        await Reading().run(b"[" * (SMALL + 1), parse_json)


@pytest.mark.parametrize("path", ["/v1/moderations", "/v1/requests"])
async def test_beside_heavy_bodies_the_door_lives(tmp_path: Path, path: str) -> None:
    body = b'{"input":{' + b",".join(b'"%d":0' % at for at in range(1_000_000)) + b"}}"
    async with open_door(tmp_path) as door:
        headers = {"content-type": "application/json"}
        heavy = [asyncio.create_task(door.client.post(path, content=body, headers=headers)) for _ in range(3)]
        while not all(one.done() for one in heavy):
            assert (await door.client.get("/livez")).status_code == 200
        assert [one.result().json()["error"]["code"] for one in heavy] == ["too_complex"] * 3
