"""POST /v1/moderations, as OpenAI's clients ask it."""

import asyncio
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from gateway.auth import caller
from gateway.body import read_json
from gateway.call import Call, call_of
from gateway.contents import Item, contents_of
from gateway.errors import ApiError
from gateway.idempotency import key_of
from gateway.moderations_in import read_moderation
from gateway.moderations_out import moderation_json
from gateway.moderations_shape import DESCRIBED
from gateway.parts import Parts
from gateway.scopes import Caller, Scope
from sluice.deadline import Deadline
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE, OPERATION_GENERATE, STAGE_PROMPT, Subject
from sluice.v1.request_pb2 import Request as Asked

SAFETY_IDENTIFIER = "openai-safety-identifier"


def moderations_router(parts: Parts) -> APIRouter:
    """The route."""
    routes = APIRouter()
    may_ask = caller(parts.gate, Scope.MODERATE)

    @routes.post("/v1/moderations", **DESCRIBED)
    async def moderate(request: Request, who: Annotated[Caller, Depends(may_ask)]) -> JSONResponse:
        account = request.headers.get(SAFETY_IDENTIFIER, "")
        found = await read_json(
            request, parts.settings.max_body, parts.reading, lambda body: read_moderation(body, account)
        )
        key = key_of(request.headers)
        ids = parts.ids.of(who.tenant, key, len(found.requests))
        await parts.usage.spend(who, len(ids))
        subject = Subject(account_id=found.account, tenant=who.tenant)
        asking = [
            _decide(parts, call_of(request), request_id, items, subject)
            for request_id, items in zip(ids, found.requests, strict=True)
        ]
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        decisions: list[Decision] = []
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, ApiError) and outcome.status is HTTPStatus.CONFLICT:
                outcome.param = f"input[{index}]" if len(ids) > 1 else "input"
            if isinstance(outcome, BaseException):
                raise outcome
            decisions.append(outcome)
        params = [{f"c{at}": item.param for at, item in enumerate(items)} for items in found.requests]
        try:
            return JSONResponse(moderation_json(uuid.UUID(ids[0]).hex, decisions, params))
        except ApiError as error:
            if key is not None:
                # What was decided under this key stays so.
                error.retry = False
            raise

    return routes


async def _decide(parts: Parts, call: Call, request_id: str, items: Sequence[Item], subject: Subject) -> Decision:
    """The decision on one request. ApiError where there is none."""
    deadline = Deadline.after(parts.settings.seconds)
    trace = call.about(request_id)
    asked = Asked(
        id=request_id,
        stage=STAGE_PROMPT,
        operation=OPERATION_GENERATE,
        lane=LANE_INTERACTIVE,
        subject=subject,
        contents=await contents_of(parts, items, deadline),
        deadline_ms=parts.settings.deadline_ms,
    )
    answer = await parts.road.moderate(asked, deadline, trace)
    return answer.decision
