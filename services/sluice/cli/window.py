"""Many at once, but not all at once, and answers in the order of the questions."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_AHEAD = 8


async def in_order(items: Iterable[A], work: Callable[[A], Awaitable[B]], most: int) -> AsyncGenerator[B, None]:
    """Results of `work` in the order of `items`, with at most `most` of them under way.

    Finished results wait for a slow one before them; at most eight times `most` are held so. Leaving the loop early
    cancels what is under way.
    """
    free = asyncio.Semaphore(most)

    async def one(item: A) -> B:
        async with free:
            return await work(item)

    window: deque[asyncio.Task[B]] = deque()
    try:
        for item in items:
            if len(window) >= most * _AHEAD:
                yield await window.popleft()
            window.append(asyncio.create_task(one(item)))
        while window:
            yield await window.popleft()
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)
