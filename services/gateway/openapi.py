"""The OpenAPI document: what FastAPI finds in the routes, and what is the same for all of them.

Bodies are read by the routes themselves, after the key: a route names the schema of its body, and of each answer.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gateway.moderations_shape import SCHEMAS as MODERATIONS
from gateway.requests_routers import schemas
from gateway.shape import SCHEMAS as SHARED

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_REQUEST_ID: Final = {
    "description": "The id of the first request that was asked about, else of this call: what to say to support.",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
_TITLE: Final = "Sluice"
_ABOUT: Final = (
    "Moderation for image generators. `POST /v1/moderations` is OpenAI's. What is not an explicit pass is none: each "
    "answer that is no success has OpenAI's error envelope, and no member that a result has."
)


class Door(FastAPI):
    """An application whose document is true."""

    schemas: Mapping[str, Any] = {**SHARED, **MODERATIONS}

    def __init__(self) -> None:
        """Without routes, and without pages of the framework's own."""
        super().__init__(title=_TITLE, docs_url=None, redoc_url=None, redirect_slashes=False)
        self._described: list[APIRoute] = []

    def take(self, router: APIRouter) -> None:
        """Adds routes, and what they say of themselves."""
        self.include_router(router)
        routes = [route for route in router.routes if isinstance(route, APIRoute)]
        self._described += [route for route in routes if router.include_in_schema and route.include_in_schema]

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            found = get_openapi(title=_TITLE, version=version("sluice"), description=_ABOUT, routes=self.routes)
            self.openapi_schema = _mended(found, {**self.schemas, **schemas()})
            for route in self._described:
                _put_examples(found["paths"][route.path_format], route)
        return self.openapi_schema


def _mended(document: dict[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    held = document.setdefault("components", {}).setdefault("schemas", {})
    # FastAPI's own shape of errors: ours replaces it.
    for name in ("HTTPValidationError", "ValidationError"):
        held.pop(name, None)
    held.update(schemas)
    document["servers"] = [{"url": "/"}]
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                operation["responses"].pop("422", None)
                for answer in operation["responses"].values():
                    answer.setdefault("headers", {})["x-request-id"] = _REQUEST_ID
    return document


def _put_examples(path: Mapping[str, Any], route: APIRoute) -> None:
    """Writes a route's examples once more: FastAPI leaves out every member of theirs that is null."""
    for method in route.methods or ():
        operation = path[method.lower()]
        told = {"responses": {str(status): answer for status, answer in route.responses.items()}}
        told |= route.openapi_extra or {}
        for holder, written in _contents(told):
            for kind, content in _held(operation, holder).items():
                content |= {name: value for name, value in written[kind].items() if name.startswith("example")}


def _contents(told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Where contents are in an operation, and what they are."""
    for status, answer in told["responses"].items():
        if "content" in answer:
            yield ("responses", status), answer["content"]
    if "requestBody" in told:
        yield ("requestBody",), told["requestBody"]["content"]


def _held(operation: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found: Any = operation
    for name in place:
        found = found[name]
    held: dict[str, dict[str, Any]] = found["content"]
    return held
