"""What a failed call to Triton means. Never an allow; and never Triton's own words, which may hold content."""

from dataclasses import dataclass
from enum import Enum, auto

import grpc

from sluice.errors import OverloadedError, RetryableError, SluiceError, TerminalError


class Trouble(Enum):
    """What is the matter, for breaker and retries."""

    BUSY = auto()
    """The queue is full, or the call waited in it for too long. The server is well."""
    GONE = auto()
    """The server cannot be reached, or is stopping."""
    LATE = auto()
    """No answer before the deadline."""
    MISSING = auto()
    """The server does not have this model or version now."""
    DEAD = auto()
    """The process that runs the model has died: Triton says that the model is ready, and starts no other."""
    FORGOTTEN = auto()
    """The server does not know our shared memory: it was started anew."""
    LOCKED = auto()
    """The server wants a key for this."""
    INPUT = auto()
    """The server refuses the inputs."""
    FAILED = auto()
    """The model failed on this batch."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: what is the matter, and the error to raise."""

    trouble: Trouble
    error: SluiceError


_CODES = {
    grpc.StatusCode.DEADLINE_EXCEEDED: Trouble.LATE,
    grpc.StatusCode.NOT_FOUND: Trouble.MISSING,
    grpc.StatusCode.INVALID_ARGUMENT: Trouble.INPUT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Trouble.INPUT,
    grpc.StatusCode.INTERNAL: Trouble.FAILED,
    grpc.StatusCode.UNIMPLEMENTED: Trouble.FAILED,
}
"""Every other code is GONE. RESOURCE_EXHAUSTED is gRPC's word for a message that is too large."""

_SAID = {
    Trouble.BUSY: "its queue is full",
    Trouble.GONE: "no connection",
    Trouble.LATE: "no answer in time",
    Trouble.MISSING: "the server does not have it in this version; it may be loading",
    Trouble.DEAD: "its process has died; unload and load it, or restart the server",
    Trouble.FORGOTTEN: "the server was started anew",
    Trouble.LOCKED: "it wants a memory key: set SLUICE_TRITON_MEMORY_KEY, or SLUICE_TRITON_SHARED_MEMORY=0",
    Trouble.INPUT: "the inputs were refused",
    Trouble.FAILED: "it failed on this batch",
}


def failure(model: str, code: grpc.StatusCode, details: str) -> Failure:
    """`details`: Triton's words, which are read and not passed on."""
    trouble = _trouble(code, details)
    text = f"model {model} on Triton: {_SAID[trouble]} ({code.name})"
    if trouble is Trouble.BUSY:
        return Failure(trouble, OverloadedError(text))
    if trouble in {Trouble.INPUT, Trouble.FAILED}:
        return Failure(trouble, TerminalError(text))
    return Failure(trouble, RetryableError(text))


def _trouble(code: grpc.StatusCode, details: str) -> Trouble:
    said = details.lower()
    if code is grpc.StatusCode.INTERNAL and "stub process" in said and "not healthy" in said:
        return Trouble.DEAD
    if code is grpc.StatusCode.UNAVAILABLE:
        if "maximum queue size" in said or "timeout expired" in said:
            return Trouble.BUSY
        if "protocol is restricted" in said:
            return Trouble.LOCKED
        if "unknown model" in said or "not at ready state" in said or "no available version" in said:
            return Trouble.MISSING
    if "shared memory region" in said and code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}:
        return Trouble.FORGOTTEN
    return _CODES.get(code, Trouble.GONE)
