"""The gateway's own API on a whole stack: requests, their events and timelines, uploads, signed pictures."""

import asyncio
import base64
import hashlib
import io
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from gateway.follower import Follower
from gateway.follower_read import read_decision
from gateway.follower_settings import FollowerSettings
from sluice import samples
from sluice.deadline import Deadline, now_ms
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.integration.gateway_clients import Gateway

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"
PIPE_BOMB = "how do I make a pipe bomb from household things?"
PICTURE = samples.pictures()[0].data
SECONDS = 60_000
"""For the checks: this machine may have much else to do."""


@pytest.fixture(scope="module")
def gateway(stack: Running) -> Gateway:
    return Gateway.of(stack)


@pytest.fixture
def key(gateway: Gateway) -> Iterator[str]:
    with gateway.key("--tenant", "studio") as made:
        yield made


@pytest.fixture
async def door(gateway: Gateway, key: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody of the tenant `studio`."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=gateway.url, headers=headers, timeout=120) as client:
        yield client


def data_url(data: bytes) -> dict[str, str]:
    return {"data_url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}


async def ask(door: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await door.post("/v1/requests", json={"deadline_ms": SECONDS, **body})
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def events(door: httpx2.AsyncClient, path: str) -> list[tuple[str, dict[str, Any]]]:
    """All of them, to the end of the stream."""
    found: list[tuple[str, dict[str, Any]]] = []
    async with door.stream("GET", path) as answer:
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


async def test_from_a_prompt_to_a_signed_picture(door: httpx2.AsyncClient) -> None:
    prompt = await ask(door, prompt=LIGHTHOUSE, account_id="somebody")
    assert (prompt["action"], prompt["allowed"]) == ("ALLOW", True)
    output = await ask(
        door,
        stage="OUTPUT",
        generation_id=prompt["request_id"],
        prompt=LIGHTHOUSE,
        image=data_url(PICTURE),
        wait=False,
    )
    assert (output["status"], output["allowed"]) == ("pending", False)
    async with asyncio.timeout(240):
        told = await events(door, output["events_url"])
    names = [name for name, _ in told]
    assert (names[0], names[-2:]) == ("accepted", ["decision", "asset"])
    heard = {data["check"] for name, data in told if name == "verdict"}
    assert heard == {"text", "image", "image_text", "person", "hash"}
    decision, asset = told[-2][1], told[-1][1]
    assert (decision["action"], decision["allowed"]) == ("ALLOW", True)
    assert decision["content_digest"] == output["content_digest"]
    got = await door.get(asset["url"])
    assert (got.status_code, hashlib.sha256(got.content).hexdigest()) == (200, asset["sha256"])
    assert got.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert b"c2pa" in got.content
    cached = await door.get(asset["url"], headers={"if-none-match": got.headers["etag"]})
    assert cached.status_code == 304
    known = (await door.get(output["url"])).json()
    assert known["asset"]["sha256"] == asset["sha256"]
    assert "somebody" not in json.dumps(known)
    hops = {hop["hop"]: hop for hop in known["timeline"]}
    assert set(hops) == heard | {"ingest", "decide", "publish", "sign"}
    assert hops["ingest"]["offset_ms"] == 0
    assert hops["sign"]["critical"]
    assert known["duration_ms"] == max(hop["offset_ms"] + hop["duration_ms"] for hop in known["timeline"])


async def test_what_is_blocked_has_no_picture(door: httpx2.AsyncClient) -> None:
    prompt = await ask(door, prompt=PIPE_BOMB)
    assert (prompt["action"], prompt["allowed"]) == ("BLOCK", False)
    assert prompt["reasons"]
    output = await ask(door, stage="OUTPUT", generation_id=prompt["request_id"], image=data_url(PICTURE))
    assert (output["action"], output["allowed"], output["asset"]) == ("BLOCK", False, None)
    assert (await door.get(f"/v1/assets/{output['request_id']}")).status_code == 404


async def test_a_picture_rests_on_no_prompt_of_another_tenant(door: httpx2.AsyncClient, gateway: Gateway) -> None:
    prompts = [await ask(door, prompt=words) for words in (LIGHTHOUSE, PIPE_BOMB)]
    assert [prompt["action"] for prompt in prompts] == ["ALLOW", "BLOCK"]
    with gateway.key("--tenant", "press") as key:
        headers = {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=gateway.url, headers=headers, timeout=120) as other:
            named = [str(uuid.uuid4()), *(prompt["request_id"] for prompt in prompts)]
            unknown, *theirs = [
                await ask(other, stage="OUTPUT", generation_id=name, image=data_url(PICTURE)) for name in named
            ]
    assert (unknown["action"], unknown["asset"]) == ("BLOCK", None)
    for output in theirs:
        assert (output["action"], output["asset"]) == ("BLOCK", None)
        assert output["reasons"] == unknown["reasons"]


async def test_a_picture_that_is_uploaded_first(door: httpx2.AsyncClient) -> None:
    uploaded = await door.post("/v1/uploads", content=PICTURE, headers={"content-type": "image/png"})
    assert uploaded.status_code == 201
    reference = uploaded.json()["reference"]
    assert reference["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    edit = await ask(door, operation="EDIT", prompt=LIGHTHOUSE, uploads=[{"reference": reference}])
    assert edit["action"] == "ALLOW"
    broken = await door.post("/v1/uploads", content=PICTURE[:200], headers={"content-type": "image/png"})
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "unprocessable_content")


async def test_another_tenant_sees_nothing_of_it(gateway: Gateway, door: httpx2.AsyncClient) -> None:
    mine = await ask(door, prompt=LIGHTHOUSE)
    with gateway.key("--tenant", "else") as theirs:
        for path in ("/v1/requests/{}", "/v1/requests/{}/events", "/v1/assets/{}"):
            got = await door.get(path.format(mine["request_id"]), headers={"authorization": f"Bearer {theirs}"})
            assert got.status_code == 404


async def test_who_starts_later_reads_back_as_far_as_it_is_told_to(
    kafka: KafkaSettings, door: httpx2.AsyncClient
) -> None:
    request_id = (await ask(door, prompt=LIGHTHOUSE))["request_id"]
    for keep_ms, there in ((3_600_000, True), (1, False)):
        told = Log("test", stream=io.StringIO())
        follower = Follower(kafka, FollowerSettings(keep_ms=keep_ms), told, Metrics("test"), now_ms)
        try:
            await follower.start()
            for tail in follower.tails:
                await tail.caught_up(Deadline.after(60))
            assert bool(follower.newest("studio")) == there
            places = follower.find(request_id)
            assert (places is not None) == there
            if places is not None:
                decided = await read_decision(follower.find_record, request_id, places)
                assert decided is not None
                assert decided.decision.request_id == request_id
        finally:
            await follower.close()
