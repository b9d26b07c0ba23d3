"""One piece of work with others beside it, which live as long as it does."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any


async def run_beside(work: Coroutine[Any, Any, None], others: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Runs `work` to its end. The others go on meanwhile, as long as they like; one that fails ends it all."""
    main = asyncio.create_task(work)
    tasks = {main, *map(asyncio.create_task, others)}
    waiting = set(tasks)
    try:
        while not main.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
