"""The server's end: what is in hand is answered, connections are let go, and nobody new is taken."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from gateway.server import HttpServer
from sluice.errors import FatalError
from tests.unit.gateway_door import TableRoad, open_door
from tests.unit.gateway_wire import answer, connection, ended, request

PATH = "/v1/moderations"


async def in_hand(road: TableRoad) -> None:
    """Returns when a request is on the road."""
    while not road.asked:
        await asyncio.sleep(0.01)


async def test_a_call_in_hand_is_answered_and_its_connection_closed(tmp_path: Path) -> None:
    road = TableRoad(wait=asyncio.Event())
    async with open_door(tmp_path, road) as door:
        asking = asyncio.create_task(door.client.post(PATH, json={"input": "x"}))
        await in_hand(road)
        stopping = asyncio.create_task(door.server.stop())
        await asyncio.sleep(0.2)
        with pytest.raises(httpx2.ConnectError):
            async with httpx2.AsyncClient(base_url=door.url) as other:
                await other.get("/livez")
        assert road.wait is not None
        road.wait.set()
        found = await asking
        assert found.status_code == 200
        assert found.headers["connection"] == "close"
        await stopping


async def test_an_idle_connection_is_let_go_at_once(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door, connection(door) as (reader, writer):
        writer.write(request("/livez"))
        await answer(reader)
        await door.server.stop()
        assert await ended(reader) == b""


async def test_a_call_that_does_not_end_is_told_so_and_is_no_pass(tmp_path: Path) -> None:
    road = TableRoad(wait=asyncio.Event())
    async with open_door(tmp_path, road, drain_seconds=1) as door:
        asking = asyncio.create_task(door.client.post(PATH, json={"input": "x"}))
        await in_hand(road)
        await door.server.stop()
        found = await asking
        assert (found.status_code, found.json()["error"]["code"]) == (503, "unavailable")


async def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.server.stop()
        await door.server.stop()


async def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        taken = door.url.removeprefix("http://")
        server = HttpServer(lambda *_: asyncio.sleep(0), 1)
        with pytest.raises(FatalError, match=f"SLUICE_GATEWAY_ADDRESS={taken}"):
            await server.start(taken)


async def test_a_server_that_never_started_can_be_stopped() -> None:
    await HttpServer(lambda *_: asyncio.sleep(0), 1).stop()


async def test_it_tells_when_it_serves_no_more(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        ending = asyncio.create_task(door.server.ended())
        await asyncio.sleep(0.05)
        assert not ending.done()
        await door.server.stop()
        await ending
