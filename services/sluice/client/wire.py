"""What the client's core asks of whoever runs it, and what it is told: HTTP as plain data, without any I/O.

The core is made of generators. Each yields steps, is sent what came of them, and returns a result or raises
`NotAllowed`. So the same core runs on an event loop, in a thread, in the simulator and in a test.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")

MOST_JSON: Final = 4 << 20
"""Bytes of an answer that is a JSON object."""
MOST_PICTURE: Final = 256 << 20
"""Bytes of a signed picture."""


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request. `path`: below the gateway's address. `most`: bytes of the answer that are taken."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    most: int = MOST_JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of any status. `headers`: names in lower case. It may hold what was sent: its repr does not."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class Silence(StrEnum):
    """Why no whole answer came. Whether the gateway did what it was asked to is not known."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TOO_LONG = "too_long"
    CERTIFICATE = "certificate"
    PROXY = "proxy"
    CLOSED = "closed"


LASTING: Final = frozenset({Silence.CERTIFICATE, Silence.CLOSED})
"""What another try does not mend."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """No whole answer."""

    why: Silence


@dataclass(frozen=True, slots=True)
class Try:
    """Make this call, and give up after so many seconds."""

    call: Call
    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Answer: TypeAlias = Reply | NoReply
Talk: TypeAlias = Generator[Try | Pause, Answer | None, T]
"""A `Try` is answered with an `Answer`, a `Pause` with None."""
