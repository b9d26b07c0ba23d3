"""Who calls: the key in the `Authorization` header, before a byte of the body is read.

may_read = caller(parts.gate, Scope.READ)

@routes.get("/v1/things/{id}")
async def thing(id: str, who: Annotated[Caller, Depends(may_read)]) -> ...
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.errors import ApiError
from gateway.keys import Key, digest_of, is_secret
from gateway.limits import RateLimits
from gateway.scopes import Caller, Scope

BEARER = HTTPBearer(auto_error=False, scheme_name="key", description="`Authorization: Bearer sk-sluice-…`")


class Finds(Protocol):
    """Where keys are looked up."""

    async def find(self, digest: bytes) -> Key | None:
        """The key of this digest, good or not. RetryableError where nobody can say."""


class Gate:
    """Lets in who shows a good key. `now`: milliseconds since the epoch."""

    def __init__(self, keys: Finds, limits: RateLimits, now: Callable[[], int]) -> None:
        self._keys = keys
        self._limits = limits
        self._now = now

    async def admit(self, secret: str, scope: Scope) -> Caller:
        """Whose key this is. ApiError: 401 for no good key, 403 for one without the scope, 429 for one that asks too
        often. RetryableError where the key store does not answer: nobody is let in then."""
        if not is_secret(secret):
            raise _wrong_key()
        found = await self.known(digest_of(secret), scope)
        self._limits.take(found)
        return found

    async def known(self, digest: bytes, scope: Scope) -> Caller:
        """The same by the key's digest, 32 bytes, as often as one likes: 401, 403, RetryableError."""
        key = await self._keys.find(digest)
        if key is None or not key.good(self._now()):
            raise _wrong_key()
        if scope not in key.scopes:
            raise ApiError(
                HTTPStatus.FORBIDDEN, "missing_scope", f"This key does not have the scope {scope.value!r}."
            )
        return key.caller


def _wrong_key() -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided.")


def caller(gate: Gate, scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller, or answers 401, 403 or 429."""

    async def found(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
    ) -> Caller:
        if credentials is None or len(request.headers.getlist("authorization")) != 1:
            raise ApiError(
                HTTPStatus.UNAUTHORIZED,
                "missing_api_key",
                "You didn't provide an API key: send it as `Authorization: Bearer sk-sluice-...`.",
            )
        return await gate.admit(credentials.credentials, scope)

    return found
