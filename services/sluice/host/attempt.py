"""The one place where an error that nobody foresaw is caught.

Every loop of the host runs foreign work through here: an error of ours passes on as it is, anything else becomes
an `Unforeseen`, which the caller must turn into a verdict ERROR or a dead letter. Never silence, never an allow.
"""

import traceback
from collections.abc import Awaitable
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
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        place = f"{last.filename.rpartition('/')[2]}:{last.lineno}" if last else ""
        return Unforeseen(type(error).__name__, place)
