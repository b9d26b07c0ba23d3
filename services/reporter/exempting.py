"""Takes originals out of the object store's expiry. Needs neither the vault nor its key."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sluice.errors import RetryableError, SluiceError
from sluice.objects import ObjectStore
from sluice.v1.incident_pb2 import IncidentContent
from sluice.vault.originals import exempt

AT_ONCE: Final = 2
"""Originals in memory: one may have 64 MiB."""

Exempt = Callable[[Sequence[IncidentContent]], Awaitable[None]]
"""Returns when no expiry takes these any more. One that is nowhere, or is none of ours, stays as it is: preserving it
fails, and a person sees that. RetryableError."""


def exempting(store: ObjectStore) -> Exempt:
    """`store`: where originals lie."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(content: IncidentContent) -> None:
        async with room:
            try:
                await asyncio.to_thread(exempt, store, content.original)
            except RetryableError:
                raise
            except SluiceError:
                return

    async def all_of(contents: Sequence[IncidentContent]) -> None:
        for each in contents:
            await one(each)

    return all_of
