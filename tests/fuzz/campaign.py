"""Runs broken files through the decoders of production: the same pool, the same children, the same limits."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ingest.decoder.answer import Reading, Refusal
from ingest.decoder.pool import DecoderPool
from ingest.settings import IngestSettings
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutated
from tests.fuzz.tally import Tally
from tests.unit.decoders import children

SETTINGS = IngestSettings(
    max_image_bytes=1 << 20,
    max_text_bytes=1000,
    inline_limit=1 << 20,
    max_pixels=4_000_000,
    decoders=1,
    decoder_seconds=20,
    decoder_memory_mib=1024,
    max_views=8,
    max_metadata_bytes=1 << 20,
    decoder_seccomp=True,
)
"""Smaller bounds than in production, so that more inputs reach them."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All inputs of a seed, each by its number alone."""

    seed: int
    files: dict[str, list[bytes]]

    @classmethod
    def of(cls, seed: int) -> "Inputs":
        """The inputs of a seed."""
        return cls(seed, corpus())

    def make(self, number: int) -> tuple[str, str, bytes]:
        """Format, what was done to it, and the file."""
        random = Random(f"{self.seed}:{number}")
        form = list(self.files)[number % len(self.files)]
        strangers = [data for other, files in self.files.items() if other != form for data in files]
        return form, *mutated(random, self.files[form], strangers)


@dataclass(frozen=True, slots=True)
class Result:
    """`restarts`: decoder children that were lost and replaced; `left`: children that outlived the pool."""

    tally: Tally
    seconds: float
    restarts: int
    left: int


async def run(
    inputs: Inputs,
    start: int,
    count: int,
    settings: IngestSettings = SETTINGS,
    progress: Callable[[Tally, float], None] | None = None,
) -> Result:
    """Every input from `start` gets its answer. Whatever `DecoderPool.decode` raises ends the campaign: it is a bug.

    `progress` is called about every 30 seconds.
    """
    tally, began = Tally(), time.monotonic()
    pool = await DecoderPool.open(settings)
    before = set(children(os.getpid()))
    seen = set(before)
    numbers = iter(range(start, start + count))
    told = began

    async def work() -> None:
        nonlocal told
        for number in numbers:
            form, _, data = inputs.make(number)
            answer = await pool.decode(data)
            assert isinstance(answer, Reading | Refusal)
            tally.add(number, form, answer)
            if progress is not None and time.monotonic() - told > 30:
                told = time.monotonic()
                seen.update(children(os.getpid()))
                progress(tally, told - began)

    try:
        await asyncio.gather(*(work() for _ in range(settings.decoders + 1)))
        seen.update(children(os.getpid()))
    finally:
        await pool.close()
    return Result(tally, time.monotonic() - began, len(seen - before), len(children(os.getpid())))
