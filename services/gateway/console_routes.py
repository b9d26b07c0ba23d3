"""The routes below /console: the live list of decisions, and one request's way. Scripts are optional."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from gateway.console_live import live_rows
from gateway.console_pages import HOME, LOGIN, SAFE, Console
from gateway.console_templates import STATIC
from gateway.parts import Parts
from gateway.requests_known import follower_of
from gateway.requests_streams import Streams

_FOR_LONG: Final = "public, max-age=31536000, immutable"


def console_router(parts: Parts, streams: Streams) -> APIRouter:
    """The routes. `streams`: as for the events of requests."""
    routes = APIRouter(include_in_schema=False)
    console = Console(parts)

    @routes.get("/console")
    async def begin() -> Response:
        return RedirectResponse(HOME, HTTPStatus.SEE_OTHER)

    @routes.get(LOGIN)
    async def ask_login(request: Request) -> Response:
        return await console.ask_login(request)

    @routes.post(LOGIN)
    async def log_in(request: Request) -> Response:
        return await console.log_in(request)

    @routes.post("/console/logout")
    async def log_out(request: Request) -> Response:
        return await console.log_out(request)

    @routes.get(HOME)
    async def decisions(request: Request) -> Response:
        return await console.shown(request, lambda who: console.decisions(request, who))

    @routes.get(f"{HOME}/events")
    async def events(request: Request) -> Response:
        who = await console.viewer(request)
        since = request.headers.get("last-event-id", "") or request.query_params.get("since", "")
        since_ms = int(since) if since.isascii() and since.isdecimal() and len(since) < 16 else parts.now()
        rows = live_rows(follower_of(parts), who.tenant, since_ms, parts.stopping)
        return streams.response(rows, who, lambda: console.viewer(request))

    @routes.get("/console/requests")
    async def find(request: Request) -> Response:
        return RedirectResponse(
            f"/console/requests/{quote(request.query_params.get('id', '').strip(), safe='')}", HTTPStatus.SEE_OTHER
        )

    # Whatever somebody types, slashes and nothing among it, is answered by a page.
    @routes.get("/console/requests/{request_id:path}")
    async def one(request: Request, request_id: str) -> Response:
        return await console.shown(request, lambda who: console.one(request_id, who))

    @routes.get("/console/static/{name}")
    async def static(name: str) -> Response:
        if name not in STATIC:
            return PlainTextResponse("not found\n", HTTPStatus.NOT_FOUND)
        headers = {**SAFE, "cache-control": _FOR_LONG, "content-type": STATIC[name]}
        return Response(console.templates.files[name], headers=headers)

    return routes
