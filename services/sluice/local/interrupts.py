"""SIGTERM and Ctrl-C, for commands that have children to stop before they end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, SIGTERM raises KeyboardInterrupt just as SIGINT does. Main thread only."""
    with _handling(signal.default_int_handler):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, neither signal does anything: a second Ctrl-C does not cut the clean-up short. Main thread only."""
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: "signal._HANDLER") -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
