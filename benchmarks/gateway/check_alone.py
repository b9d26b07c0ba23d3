"""Our check `text` in a process of its own, without a door, a broker or a policy: check_alone MODELS THREADS."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.bare import batches, open_checks
from benchmarks.gateway.lines import Judge, serve
from sluice.check import Check, Item, Kind, Result, Status
from sluice.text.folding import fold
from text_classifier.check import TextClassifier

NAME = "our check alone"
LEVEL = 0.5
"""The default policy's threshold for every category."""


def open_judge(models: str, threads: int) -> tuple[str, Judge]:
    """As many texts in a call as have come together, as in the service."""
    env = {"SLUICE_MODELS": models, "SLUICE_ONNX_THREADS": str(threads)}
    loop = asyncio.new_event_loop()
    (check,) = loop.run_until_complete(open_checks((TextClassifier,), env))
    return NAME, lambda texts: loop.run_until_complete(judge(check, texts))


async def judge(check: Check, texts: Sequence[str]) -> Sequence[bool]:
    """Whether a text has a score of `LEVEL` or more, or none at all."""
    items = [Item("c0", Kind.TEXT, text=text, folded=fold(text)) for text in texts]
    found = [result for batch in batches(items, check.max_batch) for result in await check.run(batch)]
    return [flagged(result) for result in found]


def flagged(result: Result) -> bool:
    """What is not scored is not allowed either."""
    return result.status is not Status.OK or max(result.scores.values()) >= LEVEL


if __name__ == "__main__":
    serve(partial(open_judge, sys.argv[1], int(sys.argv[2])))
