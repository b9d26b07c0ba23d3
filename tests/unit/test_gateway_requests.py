"""Requests and assets over HTTP, with keys, a log and a store of a test's own."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import assets
from gateway.errors import unavailable
from gateway.protocol import Connection
from gateway.scopes import Scope
from sluice.objects import signed_key
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, ROLE_PROMPT, ROLE_TRANSCRIPT, ROLE_UPLOAD, STAGE_PROMPT
from tests.unit import gateway_followed
from tests.unit.gateway_door import Door, bearer, open_door, raising
from tests.unit.gateway_followed import PICTURE, open_followed
from tests.unit.gateway_log import LogOf, a_log
from tests.unit.gateway_wire import connection, request

PROMPT = {"prompt": "a watercolor of a lighthouse at dawn"}
NOBODYS = str(uuid.UUID(int=7))
PIXEL = "data:image/png;base64,aGVsbG8="
OUTPUT: dict[str, Any] = {"stage": "output", "image": {"data_url": PIXEL}}


@pytest.fixture
def log() -> Iterator[LogOf]:
    with a_log() as found:
        yield found


@pytest.fixture
async def door(tmp_path: Path, log: LogOf) -> AsyncIterator[Door]:
    async with open_followed(tmp_path, log) as found:
        yield found


def signed_uri(door: Door, request_id: str) -> str:
    return door.parts.store.uri(signed_key(request_id, bytes(32), "png"))


async def until(door: Door, request_id: str, status: str) -> dict[str, Any]:
    """What is known of a request once it is that far."""
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await door.client.get(f"/v1/requests/{request_id}")).json()
            if found["status"] == status:
                return found
            await asyncio.sleep(0.01)


async def test_a_prompt_is_decided_and_told(door: Door) -> None:
    answer = await door.client.post("/v1/requests", json={**PROMPT, "account_id": "u-1", "age_band": "teen"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["action"], told["allowed"], told["complete"], told["asset"]) == ("ALLOW", True, True, None)
    assert answer.headers["x-request-id"] == told["request_id"]
    assert "signed_file" not in told
    asked = door.road.asked[0]
    assert (asked.subject.tenant, asked.subject.account_id) == ("tenant-1", "u-1")
    assert [(content.role, content.text) for content in asked.contents] == [(ROLE_PROMPT, PROMPT["prompt"])]
    found = (await door.client.get(f"/v1/requests/{told['request_id']}")).json()
    assert (found["status"], found["allowed"], found["error"]) == ("decided", True, None)
    assert found["decision"]["verdicts"][0]["check"] == "text"
    assert [hop["hop"] for hop in found["timeline"]] == ["ingest", "text", "decide", "publish"]
    assert "u-1" not in str(found)


async def test_contents_go_in_order_and_by_their_roles(door: Door) -> None:
    reference = {"uri": f"{door.parts.store.url}/originals/00/{'0' * 64}", "sha256": "0" * 64, "size_bytes": 7}
    body = {
        **OUTPUT,
        **PROMPT,
        "transcript": ["one", "two"],
        "uploads": [{"url": "https://img.example.org/a.png"}, {"reference": reference}],
        "operation": "edit",
        "lane": "bulk",
        "deadline_ms": 1234,
    }
    assert (await door.client.post("/v1/requests", json=body)).status_code == 200
    asked = door.road.asked[0]
    roles = [content.role for content in asked.contents]
    assert roles == [ROLE_PROMPT, ROLE_TRANSCRIPT, ROLE_TRANSCRIPT, ROLE_UPLOAD, ROLE_UPLOAD, ROLE_GENERATED]
    assert asked.contents[4].reference.uri == reference["uri"]
    assert asked.contents[5].image == b"hello"
    assert (asked.deadline_ms, asked.operation, asked.lane) == (1234, 2, 2)


async def test_an_allowed_output_has_an_asset(door: Door) -> None:
    told = (await door.client.post("/v1/requests", json=OUTPUT)).json()
    asset = told["asset"]
    assert (told["allowed"], asset["id"], asset["media_type"]) == (True, told["request_id"], "image/png")
    assert "uri" not in asset
    got = await door.client.get(asset["url"])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PICTURE, "image/png")
    assert got.headers["etag"] == f'"{asset["sha256"]}"'
    again = await door.client.get(asset["url"], headers={"if-none-match": f'"other", {got.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    found = (await door.client.get(f"/v1/requests/{told['request_id']}")).json()
    assert found["asset"]["sha256"] == asset["sha256"]
    assert [hop["hop"] for hop in found["timeline"]][-1] == "sign"


async def test_who_takes_a_picture_slowly_gets_all_of_it(
    tmp_path: Path, log: LogOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is not waited for at once: a client that takes something is told from one that takes nothing."""
    large = bytes(range(256)) * (16 << 12)
    monkeypatch.setattr(gateway_followed, "PICTURE", large)
    monkeypatch.setattr(Connection, "write_seconds", 1.0)
    async with open_followed(tmp_path, log) as door, connection(door) as (reader, writer):
        told = (await door.client.post("/v1/requests", json=OUTPUT)).json()
        writer.write(request(told["asset"]["url"], f"authorization: Bearer {door.secret}"))
        await reader.readuntil(b"\r\n\r\n")
        got = 0
        while got < len(large):
            piece = await reader.read(128 << 10)
            assert piece, f"the connection ended after {got} bytes"
            got += len(piece)
            await asyncio.sleep(0.02)


async def test_a_picture_has_its_room_until_it_is_taken(
    tmp_path: Path, log: LogOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = bytes(16 << 20)
    monkeypatch.setattr(gateway_followed, "PICTURE", large)
    monkeypatch.setattr(assets, "ROOM_BYTES", len(large) + 1)
    async with open_followed(tmp_path, log) as door:
        told = (await door.client.post("/v1/requests", json=OUTPUT)).json()
        url = told["asset"]["url"]
        async with connection(door) as (reader, writer):
            writer.write(request(url, f"authorization: Bearer {door.secret}"))
            await reader.readuntil(b"\r\n\r\n")
            full = await door.client.get(url)
            assert (full.status_code, full.json()["error"]["code"]) == (503, "overloaded")
        async with asyncio.timeout(20):
            while (await door.client.get(url)).content != large:
                await asyncio.sleep(0.05)


async def test_a_signed_picture_that_is_not_kept_any_more(door: Door) -> None:
    told = (await door.client.post("/v1/requests", json=OUTPUT)).json()
    store = door.parts.store
    for key in store.keys_now("signed"):
        store.delete_now(key)
    got = await door.client.get(told["asset"]["url"])
    assert (got.status_code, got.json()["error"]["code"]) == (404, "asset_expired")
    # Bytes that are not those that were signed are handed to nobody.
    store.put_now(store.key(signed_uri(door, told["request_id"])), b"something else, as long", "image/png")
    got = await door.client.get(told["asset"]["url"])
    assert (got.status_code, got.json()["error"]["code"]) == (500, "internal_error")


async def test_what_is_not_allowed_has_none(tmp_path: Path, log: LogOf) -> None:
    async with open_followed(tmp_path, log, ACTION_BLOCK) as door:
        answer = await door.client.post("/v1/requests", json=OUTPUT)
        told = answer.json()
        assert (answer.status_code, told["action"], told["allowed"], told["asset"]) == (200, "BLOCK", False, None)
        assert told["reasons"][0]["rule"] == "violence"
        got = await door.client.get(f"/v1/assets/{told['request_id']}")
        assert (got.status_code, got.json()["error"]["code"]) == (404, "not_found")


async def test_another_tenants_request_is_as_if_there_were_none(door: Door) -> None:
    told = (await door.client.post("/v1/requests", json=OUTPUT)).json()
    theirs = bearer(await door.key(tenant="tenant-2"))
    nobodys = str(uuid.uuid4())
    for path in ("/v1/requests/{}", "/v1/requests/{}/events", "/v1/assets/{}"):
        got = await door.client.get(path.format(told["request_id"]), headers=theirs)
        none = await door.client.get(path.format(nobodys), headers=theirs)
        assert got.status_code == none.status_code == 404
        assert got.json() == none.json()
        assert (await door.client.get(path.format("no-uuid"))).status_code == 404


async def test_scopes(door: Door) -> None:
    told = (await door.client.post("/v1/requests", json=PROMPT)).json()
    reads = bearer(await door.key([Scope.READ]))
    asks = bearer(await door.key([Scope.MODERATE]))
    assert (await door.client.post("/v1/requests", json=PROMPT, headers=reads)).status_code == 403
    assert (await door.client.post("/v1/uploads", content=b"x", headers=reads)).status_code == 403
    for path in (f"/v1/requests/{told['request_id']}", f"/v1/assets/{told['request_id']}"):
        assert (await door.client.get(path, headers=asks)).status_code == 403


async def test_nobody_waits_and_it_is_decided_all_the_same(door: Door) -> None:
    door.road.wait = asyncio.Event()
    answer = await door.client.post("/v1/requests", json={**PROMPT, "wait": False})
    told = answer.json()
    assert (answer.status_code, told["status"], told["allowed"]) == (202, "pending", False)
    found = (await door.client.get(told["url"])).json()
    assert (found["status"], found["decision"], found["timeline"]) == ("pending", None, [])
    theirs = bearer(await door.key(tenant="tenant-2"))
    assert (await door.client.get(told["url"], headers=theirs)).status_code == 404
    door.road.wait.set()
    found = await until(door, told["request_id"], "decided")
    assert found["decision"]["content_digest"] == told["content_digest"]


async def test_nobody_waits_and_it_fails(door: Door) -> None:
    door.road.answer = raising(unavailable("no_decision", "No decision came."))
    told = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()
    found = await until(door, told["request_id"], "failed")
    assert (found["allowed"], found["error"]["code"], found["decision"]) == (False, "no_decision", None)


async def test_another_replica_knows_whose_a_request_is_before_it_is_decided(tmp_path: Path, log: LogOf) -> None:
    async with open_followed(tmp_path, log) as one, open_followed(tmp_path, log) as other:
        one.road.wait = asyncio.Event()
        told = (await one.client.post("/v1/requests", json={**PROMPT, "wait": False})).json()
        ours = bearer(one.secret)
        found = (await other.client.get(told["url"], headers=ours)).json()
        assert found["status"] == "pending"
        assert (await other.client.get(told["url"], headers=bearer(await one.key(tenant="t2")))).status_code == 404
        one.road.wait.set()
        await until(other, told["request_id"], "decided")


async def test_an_id_stands_for_one_content(door: Door) -> None:
    key = {"idempotency-key": "order-7"}
    first = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False}, headers=key)).json()
    await until(door, first["request_id"], "decided")
    same = (await door.client.post("/v1/requests", json={**PROMPT, "wait": False}, headers=key)).json()
    assert same["request_id"] == first["request_id"]
    other = await door.client.post("/v1/requests", json={"prompt": "else", "wait": False}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    chosen = {**PROMPT, "request_id": str(uuid.uuid4())}
    both = await door.client.post("/v1/requests", json=chosen, headers=key)
    assert both.json()["request_id"] == chosen["request_id"]


async def test_an_id_in_hand_stands_for_one_content(door: Door) -> None:
    door.road.wait = asyncio.Event()
    chosen = str(uuid.uuid4())
    waiting = asyncio.create_task(door.client.post("/v1/requests", json={**PROMPT, "request_id": chosen.upper()}))
    while not door.road.asked:
        await asyncio.sleep(0.01)
    assert (await door.client.get(f"/v1/requests/{chosen}")).json()["status"] == "pending"
    for wait in (True, False):
        other = await door.client.post("/v1/requests", json={"prompt": "else", "request_id": chosen, "wait": wait})
        assert other.status_code == 409
    door.road.wait.set()
    assert (await waiting).json()["request_id"] == chosen


async def test_too_many_that_nobody_waits_for(door: Door) -> None:
    door.road.wait = asyncio.Event()
    statuses = [
        (await door.client.post("/v1/requests", json={**PROMPT, "wait": False})).status_code for _ in range(11)
    ]
    # Of ten places a tenant has a quarter.
    assert statuses == [*[202] * 2, *[429] * 9]
    refused = str(uuid.uuid4())
    form = {**PROMPT, "wait": False, "request_id": refused}
    assert (await door.client.post("/v1/requests", json=form)).status_code == 429
    assert (await door.client.get(f"/v1/requests/{refused}")).status_code == 404
    door.road.wait.set()
    await door.parts.later.drain(20)
    # What was not taken stands for nothing.
    assert (await door.client.post("/v1/requests", json={**form, "prompt": "else"})).status_code == 202


async def test_nobody_takes_the_id_of_anothers_idempotency_key(door: Door) -> None:
    """What a stranger could compute without the installation's secret is not what the key stands for."""
    other = bearer(await door.key(tenant="tenant-2"))
    guess = str(uuid.uuid5(uuid.UUID("6c1f5c1e-3f0b-5b0e-9a55-0f8f2a6d7c11"), "8 tenant-1 order-1 0"))
    await door.client.post("/v1/requests", json={"prompt": "else", "request_id": guess}, headers=other)
    answer = await door.client.post("/v1/requests", json=PROMPT, headers={"idempotency-key": "order-1"})
    assert (answer.status_code, answer.json()["request_id"] == guess) == (200, False)


async def test_a_picture_is_uploaded_and_named(door: Door) -> None:
    answer = await door.client.post("/v1/uploads", content=b"bytes", headers={"content-type": "image/png"})
    assert answer.status_code == 201
    reference = answer.json()["reference"]
    assert reference == {
        "uri": "file:///o/it",
        "sha256": reference["sha256"],
        "size_bytes": 5,
        "media_type": "image/png",
    }
    assert door.road.prepared == [b"bytes"]
    refused = await door.client.post("/v1/uploads", content=b"x", headers={"content-type": "text/plain"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (415, "unsupported_media_type")
    empty = await door.client.post("/v1/uploads", content=b"", headers={"content-type": "image/png"})
    assert (empty.status_code, empty.json()["error"]["code"]) == (400, "empty")


async def test_the_log_is_not_followed(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        got = await door.client.get(f"/v1/requests/{uuid.uuid4()}")
        assert (got.status_code, got.json()["error"]["code"]) == (503, "unavailable")


async def test_while_the_log_is_read_back_nothing_is_called_unknown(door: Door) -> None:
    await door.parts.readiness.expect("logs", "reading back")
    got = await door.client.get(f"/v1/requests/{uuid.uuid4()}")
    assert (got.status_code, got.json()["error"]["code"]) == (503, "unavailable")


async def test_a_decision_without_a_tenant_is_no_keys(door: Door, log: LogOf) -> None:
    log.decision(Decision(request_id=NOBODYS, action=ACTION_BLOCK, stage=STAGE_PROMPT))
    default = bearer(await door.key(tenant="default"))
    assert (await door.client.get(f"/v1/requests/{NOBODYS}", headers=default)).status_code == 404
    assert (await door.client.get(f"/v1/requests/{NOBODYS}")).status_code == 404
