"""What an error of ours, or of a service behind the door, is over HTTP."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import grpc
import grpc.aio

from gateway.errors import ApiError, unavailable
from sluice.errors import NotReadyError, OverloadedError, RetryableError, SluiceError
from sluice.host.refusal import PUSHBACKS

_NOT_ALLOWED: Final = "There is no decision, which means: not allowed."
_INTERNAL: Final = "The service failed. Nothing was allowed."
_AWAY: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED})


def internal_error() -> ApiError:
    """500: a mistake of ours."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", _INTERNAL)


def api_error(error: SluiceError) -> ApiError:
    """What an error of ours says, where the route did not say it better."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, OverloadedError):
        return unavailable("overloaded", "Too much is in hand. Try again.", error.seconds)
    if isinstance(error, RetryableError | NotReadyError):
        return unavailable("unavailable", f"Something that an answer needs is away. {_NOT_ALLOWED}")
    return internal_error()


def of_status(code: grpc.StatusCode, trailers: Mapping[str, str | bytes]) -> ApiError:
    """What the status of a call to a service behind the door is. `trailers`: of that call."""
    match code:
        case grpc.StatusCode.INVALID_ARGUMENT:
            return ApiError(HTTPStatus.BAD_REQUEST, "invalid_request", "The request cannot be asked like this.")
        case grpc.StatusCode.ALREADY_EXISTS:
            message = "This Idempotency-Key or request id was used before, with other content."
            return ApiError(HTTPStatus.CONFLICT, "idempotency_conflict", message, retry=False)
        case grpc.StatusCode.FAILED_PRECONDITION:
            message = "This id was decided long ago, and its decision is not kept any more. Use a new one."
            return ApiError(HTTPStatus.CONFLICT, "idempotency_expired", message, retry=False)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return unavailable("no_decision", f"No decision in time. {_NOT_ALLOWED}")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return unavailable("overloaded", f"Too many requests wait already. {_NOT_ALLOWED}", _wait(trailers))
        case found if found in _AWAY:
            return unavailable("unavailable", f"The decision service is away. {_NOT_ALLOWED}")
        case _:
            return internal_error()


def _wait(trailers: Mapping[str, str | bytes]) -> float:
    """Seconds that a full door asks to be left alone for; 1 where it does not say."""
    told = trailers.get(PUSHBACKS[0], "")
    text = told.decode("ascii", "replace") if isinstance(told, bytes) else told
    return int(text) / 1000 if text.isascii() and text.isdecimal() and len(text) < 10 else 1.0
