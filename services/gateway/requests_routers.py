"""All routes about single requests, and their part of the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from gateway.assets import assets_router
from gateway.events_routes import events_router
from gateway.parts import Parts
from gateway.requests_routes import requests_router
from gateway.requests_shape import request_schemas
from gateway.requests_streams import Streams
from gateway.uploads import upload_schemas, uploads_router


def request_routers(parts: Parts, streams: Streams) -> Sequence[APIRouter]:
    """The routers. `streams`: what bounds all streams of events of the process."""
    return (requests_router(parts), uploads_router(parts), events_router(parts, streams), assets_router(parts))


def schemas() -> dict[str, Any]:
    """Every schema that these routes name, by name."""
    return {**request_schemas(), **upload_schemas()}
