"""The one place where an error that nobody foresaw is caught.

Every loop of the host runs foreign work through here, and so does a thread of telemetry that has nobody above it.
What went wrong becomes an `Unforeseen`, which the caller must turn into a verdict ERROR, a dead letter or a line of
the log. Never silence, never an allow.
"""

import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sluice.errors import SluiceError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """A bug, named by its type and place: the message could hold content, so it is not kept."""

    kind: str
    place: str


async def attempt(work: Awaitable[T]) -> T | Unforeseen:
    """The work's result, or what went wrong with it. Errors of this project are raised."""
    try:
        return await work
    except SluiceError:
        raise
    except Exception as error:  # noqa: BLE001 - this is the one place
        return _named(error)


def attempt_alone(work: Callable[[], T]) -> T | Unforeseen:
    """The same for work of a thread that nobody waits for. Errors of this project are caught too: whom would they be
    raised to?"""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - this is the one place
        return _named(error)


def _named(error: Exception) -> Unforeseen:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return Unforeseen(type(error).__name__, f"{last.filename.rpartition('/')[2]}:{last.lineno}" if last else "")
