"""Which trace a record or a call belongs to, and which span caused it: W3C trace context, level 1.

Read from Kafka headers and gRPC metadata, written to both. What a stranger sends is judged here: a malformed
`traceparent` counts as none, and a `tracestate` without a good `traceparent` is not passed on.
https://www.w3.org/TR/trace-context/
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Headers = Sequence[tuple[str, bytes]]

PARENT: Final = "traceparent"
STATE: Final = "tracestate"

_PARENT: Final = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.DOTALL,
)
_UNSAMPLED: Final = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16
_SAMPLED: Final = 1
_MEMBER: Final = re.compile(
    r"(?P<key>[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_LONGEST_STATE: Final = 512
_MOST_MEMBERS: Final = 32
_RATIO_BITS: Final = 56


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span's place: `trace_id` 32 and `span_id` 16 lower-case hex digits, neither all zero.

    `sampled`: the trace is told. `state`: the `tracestate` of whoever began it, passed on and never exported: it is
    the sender's own text.
    """

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""


def parse(headers: Iterable[tuple[str, bytes | str]]) -> TraceContext | None:
    """The context that headers carry, names in lower case; None where there is none or it breaks the rules.

    Several `traceparent` headers are none. Versions to come are read as far as this one goes. Never raises.
    """
    parent: bytes | str | None = None
    states: list[bytes | str] = []
    for name, value in headers:
        if name == PARENT:
            if parent is not None:
                return None
            parent = value
        elif name == STATE:
            states.append(value)
    if parent is None:
        return None
    raw = parent.encode(errors="replace") if isinstance(parent, str) else parent
    found = _PARENT.fullmatch(raw)
    if found is None:
        return None
    version, trace_id, span, flags, more = found.groups()
    trace, parent_id = trace_id.decode(), span.decode()
    if version == b"ff" or (version == b"00" and more is not None) or trace == _NO_TRACE or parent_id == _NO_SPAN:
        return None
    return TraceContext(trace, parent_id, bool(int(flags, 16) & _SAMPLED), _state(states) if states else "")


def surely_unsampled(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether headers carry a context of this version that says it is not told: a look that costs a fraction of
    `parse`, for what happens thousands of times a second. Of everything else `parse` knows more."""
    parents = [value for name, value in headers if name == PARENT]
    return len(parents) == 1 and _UNSAMPLED.fullmatch(parents[0]) is not None


def headers_of(context: TraceContext) -> Headers:
    """`traceparent`, and `tracestate` where there is one."""
    flags = "01" if context.sampled else "00"
    parent = (PARENT, f"00-{context.trace_id}-{context.span_id}-{flags}".encode())
    return (parent, (STATE, context.state.encode())) if context.state else (parent,)


def of_request(request_id: str, sampled: bool = True) -> TraceContext:
    """The root of a request whose sender brought no context: the trace id is the request's id.

    An SRE pastes the request id into the tracing UI. `request_id`: a UUID in canonical form. The nil UUID gets a
    digest, for a trace id of zeros is none.
    """
    trace_id = uuid.UUID(request_id).hex
    if trace_id == _NO_TRACE:
        trace_id = hashlib.sha256(request_id.encode()).hexdigest()[:32]
    return TraceContext(trace_id, hashlib.sha256(request_id.encode()).hexdigest()[:16], sampled)


def span_id(trace_id: str, *what: str | int) -> str:
    """The id of the span that `what` names within a trace: 16 hex digits, the same whoever tells it, and when.

    `what` should name one piece of work, as the consumer group and the place of the record it works; its words hold
    no NUL. The first 64 bits of a SHA-256: two spans of a trace of a thousand meet with a chance of 3e-14.
    """
    named = "\0".join((trace_id, *map(str, what)))
    found = hashlib.sha256(named.encode()).hexdigest()[:16]
    return found if found != _NO_SPAN else "1".zfill(16)


def child(context: TraceContext, *what: str | int) -> TraceContext:
    """The context of the span that `what` names among those below `context`: the same trace, flag and state."""
    return beside(context, context.span_id, *what)


def beside(context: TraceContext, *what: str | int) -> TraceContext:
    """The context of the span that `what` names in the trace of `context`, wherever it hangs: the id is
    `span_id(trace, *what)`."""
    return TraceContext(context.trace_id, span_id(context.trace_id, *what), context.sampled, context.state)


def sampled_by_ratio(trace_id: str, ratio: float) -> bool:
    """Whether a trace is among the `ratio` (0..1) that are told: the same answer everywhere, and a trace that is told
    at one ratio is told at every higher one.

    Decided by a digest of the id and not by its last bits: a UUID has fixed bits, and ids that count up are ids too.
    """
    if ratio <= 0.0:
        return False
    digest = hashlib.sha256(bytes.fromhex(trace_id)).digest()
    return int.from_bytes(digest[: _RATIO_BITS // 8]) < ratio * (1 << _RATIO_BITS)


def _state(raw: Sequence[bytes | str]) -> str:
    """Several headers as one list; empty where it is malformed or longer than what every party must pass on."""
    try:
        parts = [value.decode("ascii") if isinstance(value, bytes) else value for value in raw]
    except UnicodeDecodeError:
        return ""
    members = [member for member in (piece.strip(" \t") for part in parts for piece in part.split(",")) if member]
    found = [_MEMBER.fullmatch(member) for member in members]
    keys = {match["key"] for match in found if match is not None}
    state = ",".join(members)
    if len(keys) != len(members) or len(members) > _MOST_MEMBERS or len(state) > _LONGEST_STATE:
        return ""
    return state
