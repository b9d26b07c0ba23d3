"""What Triton's failures mean. The words are those that a real server (2.51) was seen to use."""

import grpc
import pytest

from sluice.errors import OverloadedError, RetryableError, TerminalError
from sluice.models.triton_errors import Trouble, failure

CODE = grpc.StatusCode


@pytest.mark.parametrize(
    ("code", "details", "trouble", "error"),
    [
        (CODE.UNAVAILABLE, "failed to connect to all addresses", Trouble.GONE, RetryableError),
        (CODE.UNAVAILABLE, "Stream removed (Socket closed)", Trouble.GONE, RetryableError),
        (CODE.UNAVAILABLE, "Exceeds maximum queue size", Trouble.BUSY, OverloadedError),
        (CODE.UNAVAILABLE, "[request id: x] Request timeout expired", Trouble.BUSY, OverloadedError),
        (
            CODE.UNAVAILABLE,
            "Request for unknown model: 'toy' version 1 is not at ready state",
            Trouble.MISSING,
            RetryableError,
        ),
        (CODE.UNAVAILABLE, "This protocol is restricted, expecting header 'x'", Trouble.LOCKED, RetryableError),
        (CODE.NOT_FOUND, "Request for unknown model: 'toy' is not found", Trouble.MISSING, RetryableError),
        (CODE.NOT_FOUND, "Unable to find shared memory region: 's'", Trouble.FORGOTTEN, RetryableError),
        (CODE.DEADLINE_EXCEEDED, "Deadline Exceeded", Trouble.LATE, RetryableError),
        (CODE.INTERNAL, "Stub process 'toy_0_0' is not healthy.", Trouble.DEAD, RetryableError),
        (CODE.INTERNAL, "Fail", Trouble.FAILED, TerminalError),
        (CODE.INVALID_ARGUMENT, "unexpected shape", Trouble.INPUT, TerminalError),
        (CODE.RESOURCE_EXHAUSTED, "Sent message larger than max", Trouble.INPUT, TerminalError),
        (CODE.UNIMPLEMENTED, "", Trouble.FAILED, TerminalError),
        (CODE.CANCELLED, "", Trouble.GONE, RetryableError),
        (CODE.UNKNOWN, "", Trouble.GONE, RetryableError),
    ],
)
def test_every_failure_has_a_meaning(
    code: grpc.StatusCode, details: str, trouble: Trouble, error: type[Exception]
) -> None:
    found = failure("toy", code, details)
    assert found.trouble is trouble
    assert type(found.error) is error
    assert str(found.error).startswith("model toy on Triton: ")


@pytest.mark.parametrize("code", list(grpc.StatusCode))
def test_a_servers_words_go_nowhere(code: grpc.StatusCode) -> None:
    """They may quote a tensor."""
    assert "content" not in str(failure("toy", code, "the content: model unknown model content").error)
