"""Many questions over one stream: answers in the order in which they are ready, so many under way at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

MOST_UNDER_WAY = 64
"""Questions of one stream that are worked on at once; the client's next ones wait on the wire."""


async def as_ready(
    questions: AsyncIterator[A], answer: Callable[[A], Awaitable[B]], most: int = MOST_UNDER_WAY
) -> AsyncGenerator[B, None]:
    """One answer per question. What `answer` raises ends the stream and cancels the others.

    Iterate it inside `aclosing`: closing it cancels what is under way.
    """
    room = asyncio.Semaphore(most)
    answers: asyncio.Queue[tuple[B] | None] = asyncio.Queue()

    async def one(question: A) -> None:
        await answers.put((await answer(question),))

    async def feed() -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                async for question in questions:
                    await room.acquire()
                    tasks.create_task(one(question))
        finally:
            answers.put_nowait(None)

    feeding = asyncio.create_task(feed())
    try:
        while (found := await answers.get()) is not None:
            yield found[0]
            # Only now: a client that reads nothing must not make us work ahead for it.
            room.release()
        await feeding
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
