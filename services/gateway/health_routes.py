"""Whether the process lives, and whether a moderation would be answered. Open to everybody, and about nobody."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse

from gateway.parts import Parts


def health_router(parts: Parts) -> APIRouter:
    """`/livez` and `/readyz`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def livez() -> PlainTextResponse:
        """The loop turns."""
        return PlainTextResponse("ok\n")

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 only where a moderation would be answered."""
        reasons = dict(parts.readiness.conditions)
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    return routes
