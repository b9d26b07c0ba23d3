"""How a door says no: a gRPC status code, words, and, where it helps, how long to wait before asking again.

The wait is told twice, for two kinds of clients: as `google.rpc.RetryInfo` in the rich status details
(`grpc-status-details-bin`, https://google.aip.dev/193), and in milliseconds as the trailers `retry-pushback-ms` and
`grpc-retry-pushback-ms`. The latter is what gRPC's own retries obey, where a client's service config switches them on
(https://github.com/grpc/proposal/blob/master/A6-client-retries.md).
"""

import random
from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from sluice.errors import FatalError, NotReadyError, OverloadedError, RetryableError, SluiceError

Trailers = Sequence[tuple[str, str | bytes]]

DETAILS = "grpc-status-details-bin"
PUSHBACKS = ("retry-pushback-ms", "grpc-retry-pushback-ms")


class RefusalError(SluiceError):
    """No answer, and why. Handlers raise it; `Doors` makes it the call's status. Never an allow."""

    def __init__(self, code: grpc.StatusCode, detail: str, retry_seconds: float | None = None) -> None:
        """`detail`: words of ours, no content. `retry_seconds`: when to ask again at the earliest."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_ms = None if retry_seconds is None else round(retry_seconds * 1000)

    @property
    def number(self) -> int:
        """The code as it goes over the wire."""
        value: tuple[int, str] = self.code.value
        return value[0]

    def trailers(self) -> Trailers:
        """Trailing metadata that says when to ask again; empty where nothing is to be said."""
        if self.retry_ms is None:
            return ()
        packed = Any()
        wait = Duration()
        wait.FromMilliseconds(self.retry_ms)
        packed.Pack(RetryInfo(retry_delay=wait))
        status = Status(code=self.number, message=self.detail, details=[packed])
        told = str(self.retry_ms)
        return ((DETAILS, status.SerializeToString()), *((name, told) for name in PUSHBACKS))


def refusal_of(error: SluiceError) -> RefusalError:
    """What an error of ours says at a door, where the handler did not say it better."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, OverloadedError):
        # Spread out, so that those who were sent away together do not come back together.
        seconds = error.seconds * random.SystemRandom().uniform(1, 2)
        return RefusalError(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{error}; try again", seconds)
    if isinstance(error, RetryableError | NotReadyError | FatalError):
        return RefusalError(grpc.StatusCode.UNAVAILABLE, str(error))
    return RefusalError(grpc.StatusCode.INTERNAL, str(error))
