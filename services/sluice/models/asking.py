"""Who asks, and until when: said once by the host around a batch, read by an engine behind a wire.

A check knows neither lanes nor transport, so what concerns both goes past it: the host says it in a context variable,
which tasks and `asyncio.to_thread` inherit (docs/adr/0016).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sluice.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Asking:
    """`urgent`: somebody waits for the answer (the interactive lane). `deadline`: when nobody does any more."""

    urgent: bool = False
    deadline: Deadline | None = None


_ASKING: ContextVar[Asking] = ContextVar("sluice_asking")


@contextmanager
def asking(urgent: bool, deadline: Deadline | None = None) -> Iterator[None]:
    """Every inference inside is asked like this."""
    token = _ASKING.set(Asking(urgent, deadline))
    try:
        yield
    finally:
        _ASKING.reset(token)


def now_asking() -> Asking:
    """What was said last; where nothing was, not urgent and without an end. Who says nothing overtakes nobody."""
    return _ASKING.get(Asking())
