"""POST /v1/moderations behind its door: what is asked of the road, and what becomes of every lack of an answer."""

import base64
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ApiError, unavailable
from gateway.settings import GatewaySettings
from sluice.telemetry.spans import KeptSpans, Kind
from sluice.v1.contents_pb2 import UNPROCESSABLE_FORBIDDEN_URI, PreparedContent
from sluice.v1.decision_pb2 import ACTION_BLOCK, Reason
from sluice.v1.ingest_pb2 import PrepareResponse
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import (
    LANE_INTERACTIVE,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_PROMPT,
    Request,
)
from tests.unit.gateway_door import Door, TableRoad, bearer, decision_of, open_door, raising

PATH = "/v1/moderations"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def picture(data: bytes) -> dict[str, object]:
    """A picture of a body."""
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def blocking(word: str) -> TableRoad:
    """A road that blocks texts with this word in them."""

    def answer(request: Request) -> ModerateResponse:
        if word not in request.contents[0].text:
            return ModerateResponse(decision=decision_of(request))
        reasons = [Reason(rule="violence", category="violence", action=ACTION_BLOCK)]
        return ModerateResponse(decision=decision_of(request, ACTION_BLOCK, reasons=reasons))

    return TableRoad(answer)


async def ask(door: Door, body: object, **headers: str) -> Any:
    """An answer."""
    return await door.client.post(PATH, json=body, headers=headers)


async def test_a_text_is_one_request_at_stage_prompt(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        answer = await ask(door, {"input": "a lighthouse", "model": "omni-moderation-latest", "user": "u-1"})
        assert answer.status_code == HTTPStatus.OK
        (asked,) = door.road.asked
        assert (asked.stage, asked.lane, asked.deadline_ms) == (STAGE_PROMPT, LANE_INTERACTIVE, 0)
        assert [(content.role, content.text) for content in asked.contents] == [(ROLE_PROMPT, "a lighthouse")]
        assert (asked.subject.tenant, asked.subject.account_id) == ("tenant-1", "u-1")
        found = answer.json()
        assert found["id"] == f"modr-{uuid.UUID(asked.id).hex}"
        assert answer.headers["x-request-id"] == asked.id
        assert [result["flagged"] for result in found["results"]] == [False]


async def test_texts_are_answered_in_their_order(tmp_path: Path) -> None:
    async with open_door(tmp_path, blocking("war")) as door:
        answer = await ask(door, {"input": ["a lighthouse", "a war", "a lemon"]})
        assert [result["flagged"] for result in answer.json()["results"]] == [False, True, False]
        assert len({asked.id for asked in door.road.asked}) == 3
        assert answer.headers["x-request-id"] == door.road.asked[0].id


async def test_parts_are_one_request(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        body = {"input": [{"type": "text", "text": "brighter"}, picture(b"one"), picture(b"two")]}
        answer = await ask(door, body)
        assert len(answer.json()["results"]) == 1
        (asked,) = door.road.asked
        assert [(content.role, content.image) for content in asked.contents][1:] == [
            (ROLE_UPLOAD, b"one"),
            (ROLE_UPLOAD, b"two"),
        ]


async def test_a_large_picture_goes_by_reference(tmp_path: Path) -> None:
    async with open_door(tmp_path, inline_limit=10) as door:
        await ask(door, {"input": [picture(b"1234567890"), picture(b"12345678901")]})
        assert door.road.prepared == [b"12345678901"]
        small, large = door.road.asked[0].contents
        assert small.image == b"1234567890"
        assert large.reference.size_bytes == 11


async def test_an_address_is_fetched_by_ingest_and_goes_by_reference(tmp_path: Path) -> None:
    part = {"type": "image_url", "image_url": {"url": "https://img.example.org/a.png"}}
    async with open_door(tmp_path) as door:
        assert (await ask(door, {"input": [part]})).status_code == HTTPStatus.OK
        assert door.road.fetched == ["https://img.example.org/a.png"]
        assert door.road.asked[0].contents[0].reference.uri == "file:///o/it"


async def test_an_address_that_may_not_be_fetched_is_the_callers(tmp_path: Path) -> None:
    content = PreparedContent(unprocessable=UNPROCESSABLE_FORBIDDEN_URI, detail="the address is not https")
    road = TableRoad(prepares=lambda _: PrepareResponse(content=content))
    part = {"type": "image_url", "image_url": {"url": "http://img.example.org/a.png"}}
    async with open_door(tmp_path, road) as door:
        answer = await ask(door, {"input": [{"type": "text", "text": "x"}, part]})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "unprocessable_content")
        assert error["param"] == "input[1].image_url.url"
        assert "forbidden_uri: the address is not https" in error["message"]
        assert not road.asked


async def test_a_deadline_is_asked_for_where_the_operator_says_so(tmp_path: Path) -> None:
    settings = GatewaySettings("", "", "", "", deadline_ms=9000)
    async with open_door(tmp_path, settings=settings) as door:
        await ask(door, {"input": "x"})
        assert door.road.asked[0].deadline_ms == 9000


async def test_the_header_of_theirs_names_the_account(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await ask(door, {"input": "x"}, **{"OpenAI-Safety-Identifier": "s-1"})
        assert door.road.asked[0].subject.account_id == "s-1"


async def test_an_idempotency_key_is_an_id_of_the_tenants(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for _ in range(2):
            await ask(door, {"input": ["x", "y"]}, **{"Idempotency-Key": "k-1"})
        await ask(door, {"input": ["x", "y"]}, **{"Idempotency-Key": "k-2"})
        other = await door.key(tenant="tenant-2")
        await ask(door, {"input": ["x", "y"]}, **{"Idempotency-Key": "k-1", **bearer(other)})
        await ask(door, {"input": ["x", "y"]})
        ids = [asked.id for asked in door.road.asked]
        assert ids[:2] == ids[2:4]
        assert len(set(ids)) == 8
        assert {uuid.UUID(one).version for one in ids[:8]} == {5}


@pytest.mark.parametrize("key", ["", "k" * 256, "two words"])
async def test_an_idempotency_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    async with open_door(tmp_path) as door:
        answer = await ask(door, {"input": "x"}, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_idempotency_key")
        assert not door.road.asked


async def test_two_idempotency_keys_are_none(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        headers = [("idempotency-key", "a"), ("idempotency-key", "b")]
        answer = await door.client.post(PATH, json={"input": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_idempotency_key")
        assert not door.road.asked


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (unavailable("no_decision", "none", 2.0), 503),
        (ApiError(HTTPStatus.CONFLICT, "idempotency_conflict", "used"), 409),
        (ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "failed"), 500),
    ],
)
async def test_no_decision_is_an_error_and_nothing_of_a_result(tmp_path: Path, error: ApiError, status: int) -> None:
    async with open_door(tmp_path, TableRoad(raising(error))) as door:
        answer = await ask(door, {"input": ["x", "y"]})
        assert answer.status_code == status
        assert answer.json().keys() == {"error"}
        assert answer.json()["error"]["code"] == error.code


@pytest.mark.parametrize(
    ("found", "param"), [(["a", "used", "used"], "input[1]"), (["used"], "input"), ("used", "input")]
)
async def test_a_conflict_names_the_text_that_it_is_about(tmp_path: Path, found: object, param: str) -> None:
    def used_before(request: Request) -> ModerateResponse:
        if request.contents[0].text == "used":
            raise ApiError(HTTPStatus.CONFLICT, "idempotency_conflict", "used before")
        return ModerateResponse(decision=decision_of(request))

    async with open_door(tmp_path, TableRoad(used_before)) as door:
        answer = await ask(door, {"input": found}, **{"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["error"]["param"]) == (409, param)


def incomplete(request: Request) -> ModerateResponse:
    """A decision that a check is missing from."""
    reasons = [Reason(rule="incomplete", check="text", action=ACTION_BLOCK)]
    decision = decision_of(request, ACTION_BLOCK, reasons=reasons)
    decision.complete = False
    return ModerateResponse(decision=decision)


async def test_an_incomplete_decision_is_503_and_may_be_asked_again(tmp_path: Path) -> None:
    async with open_door(tmp_path, TableRoad(incomplete)) as door:
        answer = await ask(door, {"input": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "incomplete")
        assert answer.headers["retry-after"] == "1"
        assert "x-should-retry" not in answer.headers


async def test_under_an_idempotency_key_it_stays_incomplete_and_the_client_is_told(tmp_path: Path) -> None:
    async with open_door(tmp_path, TableRoad(incomplete)) as door:
        answer = await ask(door, {"input": "x"}, **{"Idempotency-Key": "k"})
        assert answer.status_code == 503
        assert answer.headers["x-should-retry"] == "false"
        assert "retry-after" not in answer.headers


async def test_one_text_without_a_decision_takes_the_answer_with_it(tmp_path: Path) -> None:
    def answer(request: Request) -> ModerateResponse:
        if request.contents[0].text == "two":
            return incomplete(request)
        return ModerateResponse(decision=decision_of(request))

    async with open_door(tmp_path, TableRoad(answer)) as door:
        found = await ask(door, {"input": ["one", "two", "three"]})
        assert (found.status_code, found.json()["error"]["code"]) == (503, "incomplete")


async def test_a_bug_on_the_road_is_500_in_the_envelope_and_says_nothing(tmp_path: Path) -> None:
    def answer(request: Request) -> ModerateResponse:
        raise ZeroDivisionError("a prompt that must not be seen")

    async with open_door(tmp_path, TableRoad(answer)) as door:
        found = await ask(door, {"input": "x"})
        assert found.status_code == 500
        assert found.json()["error"]["type"] == "server_error"
        assert "must not be seen" not in found.text + door.said.getvalue()
        assert "ZeroDivisionError" in door.said.getvalue()


async def test_without_context_each_request_has_a_trace_of_its_own(tmp_path: Path) -> None:
    spans = KeptSpans()
    async with open_door(tmp_path, spans=spans) as door:
        await ask(door, {"input": ["x", "y"]})
        ids = [uuid.UUID(asked.id).hex for asked in door.road.asked]
        assert [trace.trace_id for trace in door.road.traces if trace] == ids
        told = {span.context.trace_id: span for span in spans.told}
        assert told.keys() == set(ids)
        span = told[ids[0]]
        assert (span.name, span.kind, span.parent, span.error) == ("POST /v1/moderations", Kind.SERVER, "", "")
        assert span.attributes == {
            "http.request.method": "POST",
            "http.route": "/v1/moderations",
            "http.response.status_code": 200,
            "sluice.request_id": door.road.asked[0].id,
        }
        assert door.road.traces[0] == span.context


async def test_the_callers_trace_is_carried_on_below_one_span(tmp_path: Path) -> None:
    spans = KeptSpans()
    async with open_door(tmp_path, spans=spans) as door:
        await ask(door, {"input": ["x", "y"]}, traceparent=PARENT, tracestate="vendor=1")
        (span,) = spans.told
        assert (span.context.trace_id, span.parent, span.context.state) == (TRACE, "00f067aa0ba902b7", "vendor=1")
        assert door.road.traces == [span.context, span.context]


async def test_a_trace_that_is_not_sampled_is_carried_on_and_not_told(tmp_path: Path) -> None:
    spans = KeptSpans()
    async with open_door(tmp_path, spans=spans) as door:
        await ask(door, {"input": "x"}, traceparent=PARENT.replace("-01", "-00"))
        assert not spans.told
        (trace,) = door.road.traces
        assert trace is not None
        assert (trace.trace_id, trace.sampled) == (TRACE, False)


async def test_a_call_that_fails_is_an_error_in_its_trace(tmp_path: Path) -> None:
    spans = KeptSpans()
    async with open_door(tmp_path, TableRoad(raising(unavailable("no_decision", "none"))), spans=spans) as door:
        await ask(door, {"input": "x"})
        assert [span.error for span in spans.told] == ["HTTP_503"]
