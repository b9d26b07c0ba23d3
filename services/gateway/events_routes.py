"""GET /v1/requests/{id}/events: what happens to a request, as it happens."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response, StreamingResponse

from gateway.auth import caller
from gateway.events import ACCEPTED, ASSET, DECISION, FAILED, VERDICT, had
from gateway.events_feed import Feed
from gateway.parts import Parts
from gateway.requests_known import Known, canonical, follower_of, has_asset, look_up
from gateway.requests_shape import GONE, RequestId
from gateway.requests_streams import EVENT_STREAM, Streams
from gateway.scopes import Caller, Scope
from gateway.shape import EVERY, answers

EVENT: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Each event. Its data is JSON.",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string"},
        "event": {"enum": [ACCEPTED, VERDICT, DECISION, ASSET, FAILED]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
"""One of a stream, in the document."""
FOLLOWED: Final[Mapping[str, Any]] = {
    "operation_id": "followRequest",
    "summary": "Events of a request: accepted, verdict, decision, asset or failed; then the stream ends.",
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "Server-sent events. The stream ends by itself.",
            "content": {EVENT_STREAM: {"schema": EVENT}},
        },
        204: {"description": "The client has all of it: Last-Event-ID names the last event."},
        **answers(*EVERY, GONE),
    },
}


def events_router(parts: Parts, streams: Streams) -> APIRouter:
    """The route. `streams`: how many there may be at once."""
    routes = APIRouter()
    may_read = caller(parts.gate, Scope.READ)

    @routes.get("/v1/requests/{request_id}/events", **FOLLOWED)
    async def follow(
        request_id: RequestId,
        who: Annotated[Caller, Depends(may_read)],
        last_event_id: Annotated[str, Header(description="The last event that the client has.")] = "",
    ) -> Response:
        wanted = canonical(request_id)
        # What is not the caller's own is refused before anything is said.
        known = await look_up(parts, wanted, who.tenant)
        since = had(last_event_id)
        if since.ended or (last_event_id == DECISION and _is_last(known)):
            return Response(status_code=204)
        feed = Feed(parts, wanted, who.tenant, since)
        return streams.response(
            _listening(parts, wanted, who.tenant, feed), who, lambda: parts.gate.known(who.digest, Scope.READ)
        )

    return routes


async def _listening(parts: Parts, request_id: str, tenant: str, feed: Feed) -> AsyncIterator[bytes]:
    with follower_of(parts).heard(request_id) as bell:
        # Once more: what happened before the bell was heard rang for nobody.
        known = await look_up(parts, request_id, tenant)
        async for piece in feed.written(bell, known):
            yield piece


def _is_last(known: Known) -> bool:
    """Whether nothing follows the decision."""
    return known.decided is not None and not has_asset(known.decided)
