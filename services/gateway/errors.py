"""How the door says no: OpenAI's error envelope, whatever went wrong.

    {"error": {"message": "...", "type": "invalid_request_error", "param": "input", "code": "too_many_inputs"}}

An answer that is no success never has a member that a result has: nothing in it can be taken for a pass.
"""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from math import ceil

from starlette.responses import JSONResponse

from sluice.errors import SluiceError


class Kind(StrEnum):
    """`type` of an error: https://platform.openai.com/docs/guides/error-codes."""

    INVALID_REQUEST = "invalid_request_error"
    AUTHENTICATION = "authentication_error"
    PERMISSION = "permission_error"
    RATE_LIMIT = "rate_limit_error"
    SERVER = "server_error"


_KINDS: Mapping[HTTPStatus, Kind] = {
    HTTPStatus.UNAUTHORIZED: Kind.AUTHENTICATION,
    HTTPStatus.FORBIDDEN: Kind.PERMISSION,
    HTTPStatus.TOO_MANY_REQUESTS: Kind.RATE_LIMIT,
}


class ApiError(SluiceError):
    """An answer that is no success.

    `message`: words of ours, no content. `param`: what of the request is meant, as "input[1].image_url.url". `code`:
    one word, for programs. `retry_seconds`: when to ask again at the earliest, for 429 and 503. `retry`: whether a
    client should try again by itself; None: as the status says.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        param: str | None = None,
        retry_seconds: float | None = None,
        retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.retry_seconds = retry_seconds
        self.retry = retry
        self.more_headers: dict[str, str] = {}
        """What the answer also says, as `allow`."""

    @property
    def kind(self) -> Kind:
        """Its `type`, which the status gives."""
        found = _KINDS.get(self.status)
        if found is not None:
            return found
        return Kind.SERVER if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else Kind.INVALID_REQUEST

    def body(self) -> dict[str, object]:
        """The envelope."""
        told = {"message": self.message, "type": self.kind.value, "param": self.param, "code": self.code}
        return {"error": told}

    def headers(self) -> dict[str, str]:
        """What the answer says beside its body. `x-should-retry` is obeyed by OpenAI's clients."""
        told = dict(self.more_headers)
        # A quota comes back; what is final does not, and clients that know retry-after alone would ask for ever.
        if self.retry_seconds is not None and (self.retry is not False or self.kind is Kind.RATE_LIMIT):
            told["retry-after"] = str(max(1, ceil(self.retry_seconds)))
        if self.status is HTTPStatus.UNAUTHORIZED:
            told["www-authenticate"] = 'Bearer realm="sluice"'
        if self.retry is not None:
            told["x-should-retry"] = "true" if self.retry else "false"
        return told

    def response(self) -> JSONResponse:
        """What the client gets."""
        return JSONResponse(self.body(), self.status, self.headers())


def bad_request(code: str, message: str, param: str | None = None) -> ApiError:
    """400: the request is wrong, and will be."""
    return ApiError(HTTPStatus.BAD_REQUEST, code, message, param)


def unprocessable_content(where: str | None, detail: str) -> ApiError:
    """400: a content that nobody can read. `where`: it stood in the body. `detail`: words of ours."""
    message = f"{where or 'The input'} cannot be moderated: {detail}. It is not allowed."
    return ApiError(HTTPStatus.BAD_REQUEST, "unprocessable_content", message, where, retry=False)


def not_found(message: str, param: str | None = None, code: str = "not_found") -> ApiError:
    """404, also for what is another tenant's."""
    return ApiError(HTTPStatus.NOT_FOUND, code, message, param)


def unavailable(code: str, message: str, retry_seconds: float = 1.0, retry: bool | None = None) -> ApiError:
    """503: there is no answer now, which is not a pass."""
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, code, message, None, retry_seconds, retry)
