"""What every call passes first: an id, room, numbers, and OpenAI's envelope whatever happens."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path

import pytest

from gateway.console_pages import MOST_LOGINS
from sluice.host.room import Room
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import Request
from tests.unit.gateway_door import TableRoad, open_door
from tests.unit.gateway_wire import answer, connection, request
from tests.unit.metric_values import begun, values

PATH = "/v1/moderations"


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "kind"),
    [
        ("GET", "/nowhere", 404, "not_found", "invalid_request_error"),
        ("GET", PATH, 405, "method_not_allowed", "invalid_request_error"),
        ("GET", f"{PATH}/", 404, "not_found", "invalid_request_error"),
        ("POST", "/readyz", 405, "method_not_allowed", "invalid_request_error"),
    ],
)
async def test_every_error_is_in_the_envelope(
    tmp_path: Path, method: str, path: str, status: int, code: str, kind: str
) -> None:
    async with open_door(tmp_path) as door:
        answer = await door.client.request(method, path)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (status, code, kind)
        assert error.keys() == {"message", "type", "param", "code"}
        assert answer.headers["content-type"] == "application/json"
        assert uuid.UUID(answer.headers["x-request-id"])
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            assert answer.headers["allow"]


async def test_each_answer_says_that_nobody_keeps_it(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in ("/livez", "/openapi.json", "/nowhere"):
            answer = await door.client.get(path)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert uuid.UUID(answer.headers["x-request-id"])


async def test_there_are_no_pages_of_the_framework(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
            assert (await door.client.get(path)).status_code == HTTPStatus.NOT_FOUND


async def test_who_finds_no_room_is_told_when_to_come_back(tmp_path: Path) -> None:
    road = TableRoad(wait=asyncio.Event())
    async with open_door(tmp_path, road, room=Room(1)) as door:
        first = asyncio.create_task(door.client.post(PATH, json={"input": "x"}))
        while not road.asked:
            await asyncio.sleep(0.01)
        answer = await door.client.post(PATH, json={"input": "y"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1
        assert road.wait is not None
        road.wait.set()
        assert (await first).status_code == HTTPStatus.OK
        assert (await door.client.post(PATH, json={"input": "z"})).status_code == HTTPStatus.OK


async def test_a_door_that_is_full_still_lives(tmp_path: Path) -> None:
    road = TableRoad(wait=asyncio.Event())
    async with open_door(tmp_path, road, room=Room(1)) as door:
        first = asyncio.create_task(door.client.post(PATH, json={"input": "x"}))
        while not road.asked:
            await asyncio.sleep(0.01)
        assert (await door.client.get("/livez")).status_code == HTTPStatus.OK
        assert (await door.client.get("/readyz")).status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert road.wait is not None
        road.wait.set()
        assert (await first).status_code == HTTPStatus.OK


async def test_who_has_no_key_cannot_fill_the_door_with_slow_forms(tmp_path: Path) -> None:
    slow = request("/console/login", "content-length: 4000", method="POST", body=b"k")
    async with open_door(tmp_path, room=Room(MOST_LOGINS + 4)) as door, AsyncExitStack() as opened:
        for _ in range(MOST_LOGINS):
            _, writer = await opened.enter_async_context(connection(door))
            writer.write(slow)
        for _ in range(8):
            reader, writer = await opened.enter_async_context(connection(door))
            writer.write(slow)
            assert (await answer(reader))[0] == HTTPStatus.SERVICE_UNAVAILABLE
        assert (await door.client.post(PATH, json={"input": "x"})).status_code == HTTPStatus.OK


async def test_bodies_have_a_room_of_their_own(tmp_path: Path) -> None:
    road = TableRoad(wait=asyncio.Event())
    async with open_door(tmp_path, road, room=Room(10, 3000)) as door:
        large = {"input": "x" * 2500}
        first = asyncio.create_task(door.client.post(PATH, json=large))
        while not road.asked:
            await asyncio.sleep(0.01)
        assert (await door.client.post(PATH, json=large)).status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert road.wait is not None
        road.wait.set()
        assert (await first).status_code == HTTPStatus.OK
        assert (await door.client.post(PATH, json=large)).status_code == HTTPStatus.OK


async def test_calls_are_counted_by_route_and_status(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.client.post(PATH, json={"input": "x"})
        await door.client.post(PATH, json={})
        await door.client.post(PATH, json={}, headers={"authorization": "Bearer x"})
        await door.client.get("/nowhere/that/somebody/made/up")
        await door.client.get("/livez")
        metrics = door.parts.metrics
        assert values(metrics, "sluice_gateway_requests_total") == {
            ("POST /v1/moderations", "200"): 1,
            ("POST /v1/moderations", "400"): 1,
            ("POST /v1/moderations", "401"): 1,
            ("other", "200"): 1,
            ("other", "404"): 1,
        }
        assert values(metrics, "sluice_gateway_seconds_count")[("POST /v1/moderations",)] == 3
        assert values(metrics, "sluice_gateway_refused_total") == {
            ("missing_required_parameter",): 1,
            ("invalid_api_key",): 1,
            ("not_found",): 1,
        }


async def test_nobody_makes_up_a_route_and_a_load_balancer_is_no_caller(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for method in ("PURGE", "TRACE", "GET"):
            assert (await door.client.request(method, PATH)).status_code == HTTPStatus.METHOD_NOT_ALLOWED
        await door.parts.readiness.expect("keys", "away")
        await door.client.get("/livez")
        assert (await door.client.get("/readyz")).status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert values(door.parts.metrics, "sluice_gateway_requests_total") == {
            ("other", "405"): 3,
            ("other", "200"): 1,
            ("other", "503"): 1,
        }


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/console/login", "/v1/assets/x", "/nowhere"])
async def test_head_is_get_without_a_body(tmp_path: Path, path: str) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        got = await door.client.get(path)
        head = await door.client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == str(len(got.content))
        assert head.headers["content-type"] == got.headers["content-type"]
        # Nothing of it lies on the connection before the next answer.
        writer.write(request(path, method="HEAD") + request("/livez"))
        await reader.readuntil(b"\r\n\r\n")
        assert await answer(reader) == (200, b"ok\n")


async def test_what_has_no_get_has_no_head(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        found = await door.client.head(PATH)
        assert (found.status_code, found.headers["allow"]) == (405, "POST")
        found = await door.client.post("/livez")
        assert (found.status_code, found.headers["allow"]) == (405, "GET, HEAD")


async def test_a_mistake_of_ours_is_in_the_log_by_the_id_that_the_caller_has(tmp_path: Path) -> None:
    def fail(_asked: Request) -> ModerateResponse:
        raise ValueError("swordfish")

    async with open_door(tmp_path, TableRoad(fail)) as door:
        found = await door.client.post(PATH, json={"input": "x"})
        assert (found.status_code, found.json()["error"]["code"]) == (500, "internal_error")
        assert f'"request_id": "{found.headers["x-request-id"]}"' in door.said.getvalue()
        assert "swordfish" not in door.said.getvalue()


async def test_what_an_alert_looks_for_is_zero_from_the_start(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        assert begun(door.parts.metrics, "sluice_gateway_refused_total") >= 10


async def test_a_request_line_is_not_in_the_log(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.client.get("/nowhere?a-prompt-that-must-not-be-seen=1")
        assert "must-not-be-seen" not in door.said.getvalue()
