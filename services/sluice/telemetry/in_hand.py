"""Which trace a line of the log belongs to: said once by whoever takes a record or a call in hand.

A line is written seldom, a record is taken in hand thousands of times a second: what is said is how to find the
trace, and it is looked for when a line is written.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Final

from sluice.telemetry.trace_context import TraceContext

Find = Callable[[], TraceContext | None]
"""The trace of the work in hand; its span id is empty where there is no span of it. None: nobody knows."""

_FIND: Final[ContextVar[Find | None]] = ContextVar("sluice_trace", default=None)


class Working:
    """Until `end`, or for as long as the task lasts."""

    __slots__ = ("_token",)

    def __init__(self, token: Token[Find | None]) -> None:
        self._token = token

    def end(self) -> None:
        """It is out of hand; call it where `work_on` was called."""
        _FIND.reset(self._token)


def work_on(find: Find) -> Working:
    """From now on this task, and those that it begins, work on something of this trace."""
    return Working(_FIND.set(find))


def trace_in_hand() -> TraceContext | None:
    """The trace of what this task works on; None where there is none."""
    find = _FIND.get()
    return None if find is None else find()
