"""POST /v1/requests and GET /v1/requests/{id}: what a generator asks, and what became of it."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from gateway.auth import caller
from gateway.body import read_json
from gateway.call import call_of
from gateway.contents import contents_of
from gateway.follower_read import read_decision
from gateway.idempotency import key_of
from gateway.parts import Parts
from gateway.requests_answer import decision_answer, known_answer, taken_answer
from gateway.requests_asked import id_of, items_of, request_of
from gateway.requests_form import RequestIn, read_request
from gateway.requests_known import canonical, follower_of, look_up
from gateway.requests_later import used_before
from gateway.requests_shape import ASKED, LOOKED, RequestId
from gateway.requests_taken import Taken, TakenStore
from gateway.scopes import Caller, Scope
from sluice.contract.digests import request_digest
from sluice.deadline import Deadline
from sluice.telemetry.trace_context import TraceContext
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import Request as Asked

GRACE_SECONDS: Final = 45.0
"""How long an answer may take beyond the request's deadline: an allowed picture is still to be signed then."""


def requests_router(parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    may_ask, may_read = caller(parts.gate, Scope.MODERATE), caller(parts.gate, Scope.READ)

    @routes.post("/v1/requests", **ASKED)
    async def ask(request: Request, who: Annotated[Caller, Depends(may_ask)]) -> JSONResponse:
        form = await read_json(request, parts.settings.max_body, parts.reading, read_request)
        request_id = id_of(form, parts.ids, who.tenant, key_of(request.headers))
        await parts.usage.spend(who)
        deadline, wait = _deadline(parts, form), form.wait
        trace = call_of(request).about(request_id)
        contents = await contents_of(parts, items_of(form, parts.store), deadline)
        asked = request_of(form, request_id, who.tenant, contents, parts.settings.deadline_ms)
        # Pictures are held once while their decision is waited for.
        del form, contents
        taken = Taken(request_id, who.tenant, request_digest(asked), parts.now())
        if wait:
            with parts.later.asked(taken):
                answer = await _ask(parts, asked, deadline, trace)
            asset = answer.asset if answer.HasField("asset") else None
            return JSONResponse(decision_answer(answer.decision, asset))
        # What is refused for want of room is not noted: it would be called pending, and its id be taken.
        parts.later.has_room(who.tenant)
        await _note(parts, taken)
        parts.later.start(taken, _ask(parts, asked, deadline, trace))
        return JSONResponse(taken_answer(request_id, taken.digest), HTTPStatus.ACCEPTED)

    @routes.get("/v1/requests/{request_id}", **LOOKED)
    async def look(request_id: RequestId, who: Annotated[Caller, Depends(may_read)]) -> JSONResponse:
        return JSONResponse(known_answer(await look_up(parts, canonical(request_id), who.tenant)))

    return routes


def _deadline(parts: Parts, form: RequestIn) -> Deadline:
    """How long its answer is waited for."""
    return Deadline.after(max(parts.settings.seconds, (form.deadline_ms or 0) / 1000 + GRACE_SECONDS))


async def _ask(parts: Parts, asked: Asked, deadline: Deadline, trace: TraceContext | None) -> ModerateResponse:
    try:
        return await parts.road.moderate(asked, deadline, trace)
    finally:
        # Who listens to its events hears that it failed.
        if parts.follower is not None:
            parts.follower.ring(asked.id)


async def _note(parts: Parts, taken: Taken) -> None:
    """Notes what nobody waits for, before it is asked. ApiError 409 where the id stands for something else."""
    follower = follower_of(parts)
    places = follower.find(taken.request_id)
    decided = await read_decision(follower.find_record, taken.request_id, places) if places is not None else None
    if decided is not None and decided.decision.content_digest != taken.digest:
        raise used_before()
    noted = await TakenStore(parts.database).put(taken)
    if (noted.tenant, noted.digest) != (taken.tenant, taken.digest):
        raise used_before()
