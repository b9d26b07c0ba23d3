"""Events of a request: what goes over the wire, and over HTTP from its beginning to its end."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway import events_feed, key_ring, requests_streams
from gateway.errors import ApiError, unavailable
from gateway.events import Event, Had, had, status_of, verdict_event
from gateway.events_feed import SIGNING_MS
from gateway.requests_streams import Streams, while_good
from gateway.scopes import Caller, Scope
from sluice.deadline import now_ms
from sluice.errors import OverloadedError, RetryableError, SluiceError
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision, Input
from sluice.v1.request_pb2 import STAGE_OUTPUT
from sluice.v1.verdict_pb2 import STATUS_ABSTAIN, STATUS_OK, ContentResult
from tests.unit.gateway_door import Door, raising
from tests.unit.gateway_followed import open_followed
from tests.unit.gateway_log import LogOf, a_log, heard
from tests.unit.metric_values import values

PROMPT = {"prompt": "a watercolor of a lighthouse at dawn"}
OUTPUT: dict[str, Any] = {"stage": "OUTPUT", "image": {"data_url": "data:image/png;base64,aGVsbG8="}}
Told = tuple[str, str, Any]


@pytest.fixture
def log() -> Iterator[LogOf]:
    with a_log() as found:
        yield found


@pytest.fixture
async def door(tmp_path: Path, log: LogOf) -> AsyncIterator[Door]:
    async with open_followed(tmp_path, log) as found:
        yield found


async def told(answer: httpx2.Response) -> AsyncIterator[Told]:
    """(id, event, data) as they come."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "event" in fields:
            yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}


async def events(door: Door, request_id: str, last: str = "") -> list[Told]:
    """All of them, to the end of the stream."""
    headers = {"last-event-id": last} if last else {}
    async with door.client.stream("GET", f"/v1/requests/{request_id}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        return [each async for each in told(answer)]


def names(found: list[Told]) -> list[str]:
    return [name for _, name, _ in found]


async def test_what_has_happened_is_told_at_once(door: Door) -> None:
    request_id = (await door.client.post("/v1/requests", json=OUTPUT)).json()["request_id"]
    found = await events(door, request_id)
    assert names(found) == ["accepted", "verdict", "decision", "asset"]
    verdict, decision, asset = (data for _, _, data in found[1:])
    assert (verdict["check"], verdict["status"], verdict["ms"]) == ("text", "OK", 8)
    assert (decision["allowed"], decision["action"]) == (True, "ALLOW")
    assert asset["url"] == f"/v1/assets/{request_id}"


async def test_what_happens_is_told_as_it_happens(door: Door, log: LogOf) -> None:
    door.road.wait = asyncio.Event()
    request_id = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()["request_id"]
    async with asyncio.timeout(60), door.client.stream("GET", f"/v1/requests/{request_id}/events") as answer:
        coming = told(answer)
        assert (await anext(coming))[1] == "accepted"
        log.verdict(request_id, "image")
        assert (await anext(coming))[2]["check"] == "image"
        door.road.wait.set()
        # The road writes a verdict of its own before its decision.
        assert [name async for _, name, _ in coming] == ["verdict", "decision"]


async def test_who_asks_for_the_head_of_a_stream_holds_no_place_in_it(door: Door) -> None:
    door.road.wait = asyncio.Event()
    request_id = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()["request_id"]
    async with asyncio.timeout(20):
        head = await door.client.head(f"/v1/requests/{request_id}/events")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
        while values(door.parts.metrics, "sluice_gateway_event_streams"):
            await asyncio.sleep(0.01)
    door.road.wait.set()


async def test_who_comes_back_gets_the_rest(door: Door) -> None:
    request_id = (await door.client.post("/v1/requests", json=OUTPUT)).json()["request_id"]
    whole = await events(door, request_id)
    for at, (event_id, name, _) in enumerate(whole[:-1]):
        assert await events(door, request_id, event_id) == whole[at + 1 :], name
    done = await door.client.get(f"/v1/requests/{request_id}/events", headers={"last-event-id": whole[-1][0]})
    assert (done.status_code, done.content) == (204, b"")
    # What is none of ours is as if nothing had been got.
    assert await events(door, request_id, "verdict-x") == whole


async def test_without_an_asset_the_decision_is_the_end(tmp_path: Path, log: LogOf) -> None:
    async with open_followed(tmp_path, log, ACTION_BLOCK) as door:
        request_id = (await door.client.post("/v1/requests", json=OUTPUT)).json()["request_id"]
        assert names(await events(door, request_id)) == ["accepted", "verdict", "decision"]
        done = await door.client.get(f"/v1/requests/{request_id}/events", headers={"last-event-id": "decision"})
        assert done.status_code == 204


async def test_a_request_that_fails_ends_so(door: Door) -> None:
    door.road.wait = asyncio.Event()
    door.road.answer = raising(unavailable("overloaded", "Too many wait."))
    request_id = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()["request_id"]
    following = asyncio.create_task(events(door, request_id))
    await asyncio.sleep(0.05)
    door.road.wait.set()
    async with asyncio.timeout(60):
        found = await following
    assert names(found) == ["accepted", "failed"]
    assert (found[1][2]["allowed"], found[1][2]["error"]["code"]) == (False, "overloaded")


async def test_what_is_not_signed_in_time_ends_with_its_decision(tmp_path: Path, log: LogOf) -> None:
    late = SIGNING_MS + 60_000
    async with open_followed(tmp_path, log, now=lambda: now_ms() + late) as door:
        request_id = str(uuid.uuid4())
        decision = Decision(request_id=request_id, tenant="tenant-1", stage=STAGE_OUTPUT, action=ACTION_ALLOW)
        log.decision(decision)
        assert names(await events(door, request_id)) == ["accepted", "decision"]


async def test_heart_beats_while_nothing_happens(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_feed, "HEART_BEAT_SECONDS", 0.02)
    door.road.wait = asyncio.Event()
    request_id = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()["request_id"]
    async with asyncio.timeout(60), door.client.stream("GET", f"/v1/requests/{request_id}/events") as answer:
        lines = answer.aiter_lines()
        beats = 0
        while beats < 3:
            beats += (await anext(lines)) == ": "
    door.road.wait.set()


async def test_a_door_that_closes_ends_its_streams(door: Door) -> None:
    door.road.wait = asyncio.Event()
    request_id = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()["request_id"]
    following = asyncio.create_task(events(door, request_id))
    await asyncio.sleep(0.05)
    door.parts.stopping.set()
    async with asyncio.timeout(60):
        assert names(await following) == ["accepted"]
    door.road.wait.set()


WHO = Caller("key_1", "t", frozenset(Scope))


async def is_good() -> None:
    """The key still is."""


def test_streams_are_bounded() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    streams = Streams(1, Metrics("gateway"))
    streams.response(nothing(), WHO, is_good)
    with pytest.raises(OverloadedError):
        streams.response(nothing(), replace(WHO, key_id="another"), is_good)


def test_one_key_has_a_part_of_them() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    streams = Streams(8, Metrics("gateway"))
    for _ in range(2):
        streams.response(nothing(), WHO, is_good)
    with pytest.raises(ApiError) as found:
        streams.response(nothing(), WHO, is_good)
    assert (found.value.status, found.value.retry_seconds) == (429, 5.0)
    streams.response(nothing(), replace(WHO, key_id="another"), is_good)


@pytest.mark.parametrize("error", [RetryableError("away"), unavailable("x", "y")])
async def test_a_stream_ends_with_its_key(error: SluiceError) -> None:
    good, closed = asyncio.Event(), asyncio.Event()
    good.set()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def look() -> None:
        if not good.is_set():
            raise error

    found = []
    async with asyncio.timeout(30):
        async for piece in while_good(pieces(), look, 0.01):
            found.append(piece)
            good.clear()
    assert found == [b"one"]
    assert closed.is_set()


async def test_events_end_when_their_key_is_revoked(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_streams, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(key_ring, "KEPT_SECONDS", 0.0)
    door.road.wait = asyncio.Event()
    request_id = str(uuid.uuid4())
    await door.client.post("/v1/requests", json={**PROMPT, "request_id": request_id, "wait": False})
    following = asyncio.create_task(events(door, request_id))
    await asyncio.sleep(0.3)
    assert not following.done()
    (key,) = await door.store.all()
    await door.store.revoke(key.id, now_ms())
    async with asyncio.timeout(60):
        assert names(await following) == ["accepted"]
    door.road.wait.set()


async def test_a_stream_whose_key_stays_good_has_all_of_it() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(5):
            await asyncio.sleep(0.01)
            yield b"%d" % number

    assert [piece async for piece in while_good(pieces(), is_good, 0.005)] == [b"0", b"1", b"2", b"3", b"4"]


def test_on_the_wire() -> None:
    assert Event("verdict", "verdict-7", {"a": "x\ny"}).encoded() == (
        b'id: verdict-7\nevent: verdict\ndata: {"a": "x\\ny"}\n\n'
    )


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("", Had()),
        ("nonsense", Had()),
        ("accepted", Had(accepted=True)),
        ("verdict-12", Had(accepted=True, verdict=12)),
        ("decision", Had(accepted=True, decision=True)),
        ("asset", Had(accepted=True, decision=True, ended=True)),
        ("failed", Had(accepted=True, decision=True, ended=True)),
    ],
)
def test_how_far_a_client_is(last: str, found: Had) -> None:
    assert had(last) == found


def test_a_verdict_in_a_word() -> None:
    fine, none = ContentResult(status=STATUS_OK), ContentResult(status=STATUS_ABSTAIN)
    assert status_of(Input(results=[fine, none])) == "ABSTAIN"
    assert status_of(Input(results=[fine])) == "OK"
    event = verdict_event(heard("text", 7, 5000), 7, 5001)
    assert event.data == {"check": "text", "status": "OK", "ms": 8, "after_ms": 10}
