"""The door as an application: routes, and one shape of errors for all of them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.console_routes import console_router
from gateway.errors import ApiError, bad_request
from gateway.front import Front
from gateway.health_routes import health_router
from gateway.moderations_routes import moderations_router
from gateway.numbers import Numbers
from gateway.openapi import Door
from gateway.parts import Parts
from gateway.refused import api_error
from gateway.requests_routers import request_routers
from gateway.requests_streams import Streams
from sluice.errors import SluiceError
from sluice.host.room import Room

_NOWHERE: Final = "There is nothing at this path. What clients ask is below /v1, and has no slash at its end."


def build_app(parts: Parts, room: Room) -> FastAPI:
    """The application. `room`: how many calls it takes in hand at once. Every route below /v1 asks for a key."""
    app = Door()
    for router in routers(parts):
        app.take(router)
    numbers = Numbers(parts.metrics)
    _answer_errors(app, numbers)
    app.add_middleware(Front, log=parts.log, numbers=numbers, room=room, spans=parts.spans, sample=parts.sample)
    return app


def routers(parts: Parts) -> Sequence[APIRouter]:
    """All that there is. A room's routes are in a file of its own."""
    streams = Streams(parts.settings.max_streams, parts.metrics)
    return (
        health_router(parts),
        moderations_router(parts),
        *request_routers(parts, streams),
        console_router(parts, streams),
    )


def _answer_errors(app: FastAPI, numbers: Numbers) -> None:
    async def refuse(_request: Request, error: Exception) -> Response:
        found = _error_of(error)
        numbers.refused(found)
        return found.response()

    for kind in (SluiceError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, refuse)


def _error_of(error: Exception) -> ApiError:
    if isinstance(error, SluiceError):
        return api_error(error)
    if isinstance(error, RequestValidationError):
        # Of a path or a query: bodies are read by the routes themselves. Its own words would quote the value.
        where = [str(part) for part in error.errors()[0].get("loc", ())]
        return bad_request("invalid_value", "A parameter has no good value.", ".".join(where[1:]) or None)
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    message = _NOWHERE if status is HTTPStatus.NOT_FOUND else f"{status.phrase}."
    found = ApiError(status, status.phrase.lower().replace(" ", "_"), message)
    found.more_headers.update(error.headers or {})
    if found.more_headers.get("Allow") == "GET":
        found.more_headers["Allow"] = "GET, HEAD"
    return found
