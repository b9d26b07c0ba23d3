"""The client against the gateway's own code over HTTP, with a log, a store and a road of a test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import unavailable
from gateway.scopes import Scope
from sluice.client import Allowed, Client, Gate, Refused, Rejected, Stage, Unavailable, Why
from sluice.client.settings import Options
from sluice.v1.decision_pb2 import ACTION_BLOCK, ACTION_REVIEW, Action, Reason
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Request,
)
from tests.unit.client_gateway import QUICK
from tests.unit.client_talks import PICTURE, PROMPT
from tests.unit.gateway_door import Door, TableRoad, decision_of, open_door, raising
from tests.unit.gateway_followed import PICTURE as SIGNED
from tests.unit.gateway_followed import open_followed
from tests.unit.gateway_log import LogOf, a_log


@pytest.fixture
def log() -> Iterator[LogOf]:
    with a_log() as found:
        yield found


@pytest.fixture
async def door(tmp_path: Path, log: LogOf) -> AsyncIterator[Door]:
    async with open_followed(tmp_path, log) as found:
        yield found


def opened(door: Door, key: str = "", details: Any = None, **options: Any) -> Gate:
    told: Options = {"env": {}, "pace": QUICK, **options}  # type: ignore[typeddict-item] # as a test says
    return Client(door.url, key or door.secret, **told).moderate(PROMPT, **(details or {}))


async def test_a_picture_comes_back_signed(door: Door) -> None:
    details = {"account": "4711", "age_band": "TEEN", "operation": "EDIT", "uploads": [PICTURE + b" old"]}
    async with opened(door, details=details) as gate:
        found = await gate.submit(PICTURE)
    assert found == Allowed(SIGNED, "image/png", found.request_id)
    prompt, output = door.road.asked
    assert (prompt.id, prompt.stage, prompt.operation) == (gate.request_id, STAGE_PROMPT, OPERATION_EDIT)
    assert (output.id, output.stage, output.generation_id) == (found.request_id, STAGE_OUTPUT, gate.request_id)
    assert [content.role for content in prompt.contents] == [ROLE_PROMPT, ROLE_UPLOAD]
    assert [content.role for content in output.contents] == [ROLE_PROMPT, ROLE_UPLOAD, ROLE_GENERATED]
    assert output.contents[2].image == PICTURE
    assert prompt.subject == output.subject
    assert {trace.trace_id for trace in door.road.traces if trace} == {gate.request_id.replace("-", "")}


async def test_what_is_large_goes_by_reference(door: Door) -> None:
    async with opened(door, inline_limit=1) as gate:
        await gate.submit(PICTURE)
    assert door.road.prepared == [PICTURE]
    assert door.road.asked[1].contents[1].reference.uri == "file:///o/it"


@pytest.mark.parametrize(("action", "word"), [(ACTION_BLOCK, "BLOCK"), (ACTION_REVIEW, "REVIEW")])
async def test_a_refusal_is_one(tmp_path: Path, log: LogOf, action: Action.ValueType, word: str) -> None:
    async with open_followed(tmp_path, log, action) as door:
        with pytest.raises(Refused) as caught:
            async with opened(door) as gate:
                await gate.submit(PICTURE)
    assert (caught.value.action, caught.value.rules, caught.value.stage) == (word, ("violence",), Stage.PROMPT)


async def test_what_is_incomplete_is_no_answer(tmp_path: Path) -> None:
    missing = Reason(rule="incomplete", check="text", action=ACTION_BLOCK)

    def answer(request: Request) -> ModerateResponse:
        decision = decision_of(request, ACTION_BLOCK, reasons=[missing])
        decision.complete = False
        return ModerateResponse(decision=decision)

    async with open_door(tmp_path, TableRoad(answer)) as door:
        with pytest.raises(Unavailable) as caught:
            async with opened(door):
                pass
    assert caught.value.why is Why.INCOMPLETE


@pytest.mark.parametrize(("code", "why"), [("no_decision", Why.NO_DECISION), ("unavailable", Why.UNAVAILABLE)])
async def test_without_a_decision_there_is_no_answer(tmp_path: Path, code: str, why: Why) -> None:
    async with open_door(tmp_path, TableRoad(raising(unavailable(code, "It is away.", 3)))) as door:
        with pytest.raises(Unavailable) as caught:
            async with opened(door, prompt_seconds=2):
                pass
    assert (caught.value.why, caught.value.retry_after) == (why, 3.0)


async def test_a_key_without_the_scopes_or_one_that_is_none_is_told(door: Door) -> None:
    for key, status, code in (
        (await door.key([Scope.READ]), 403, "missing_scope"),
        ("sk-sluice-" + "A" * 43, 401, "invalid_api_key"),
    ):
        with pytest.raises(Rejected) as caught:
            async with opened(door, key):
                pass
        assert (caught.value.status, caught.value.code) == (status, code)


async def test_a_key_that_may_not_read_gets_no_picture(door: Door) -> None:
    with pytest.raises(Rejected, match="`read`"):
        async with opened(door, await door.key([Scope.MODERATE])) as gate:
            await gate.submit(PICTURE)
