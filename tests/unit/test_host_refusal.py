"""How a door says no: every error of ours has a code, and an overload says when to come back."""

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from sluice.errors import (
    FatalError,
    NotReadyError,
    OverloadedError,
    PoisonError,
    RetryableError,
    SluiceError,
    TerminalError,
)
from sluice.host.refusal import DETAILS, PUSHBACKS, RefusalError, refusal_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OverloadedError("full"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (RetryableError("not now"), grpc.StatusCode.UNAVAILABLE),
        (NotReadyError("no model"), grpc.StatusCode.UNAVAILABLE),
        (FatalError("fenced"), grpc.StatusCode.UNAVAILABLE),
        (TerminalError("never"), grpc.StatusCode.INTERNAL),
        (PoisonError(1, "what is this"), grpc.StatusCode.INTERNAL),
        (RefusalError(grpc.StatusCode.ALREADY_EXISTS, "used"), grpc.StatusCode.ALREADY_EXISTS),
    ],
)
def test_every_error_of_ours_has_a_code_and_none_is_ok(error: SluiceError, code: grpc.StatusCode) -> None:
    assert refusal_of(error).code is code


def test_an_overload_says_when_to_come_back_in_every_way_that_clients_understand() -> None:
    refusal = refusal_of(OverloadedError("full", seconds=0.2))
    trailers = dict(refusal.trailers())
    packed = trailers[DETAILS]
    assert isinstance(packed, bytes)
    status = Status.FromString(packed)
    assert (status.code, status.message) == (8, "full; try again")
    found = RetryInfo()
    assert status.details[0].Unpack(found)
    assert 200 <= found.retry_delay.ToMilliseconds() <= 400
    assert [trailers[name] for name in PUSHBACKS] == [str(found.retry_delay.ToMilliseconds())] * 2


def test_those_who_are_sent_away_together_do_not_come_back_together() -> None:
    told = {refusal_of(OverloadedError("full", seconds=1.0)).retry_ms for _ in range(50)}
    assert len(told) > 10


def test_other_refusals_say_nothing_of_coming_back() -> None:
    assert refusal_of(RetryableError("not now")).trailers() == ()
