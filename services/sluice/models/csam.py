"""The place for a classifier of child sexual abuse material. It is empty as shipped, and no model of ours fills it.

Such a classifier comes from a vetted provider, who may lawfully make one. An operator puts it here in one of two
ways, and names it in SLUICE_CSAM_PACK:

    an adapter    a `CsamProvider`, found by the entry point group "sluice.csam"
    a pack        an ONNX file, added with `sluice models add ... --map LABEL=csam`

Its score has the category `csam`. Known material is another matter: `hash_matcher` finds it by its digests.
"""

import asyncio
import math
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Protocol

from sluice.check import Item, ModelInfo
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.settings import Reader, Settings

GROUP = "sluice.csam"
"""Entry point group: name -> a `CsamProvider`."""

SECONDS = 10.0
"""A call that takes longer is given up as retryable: an adapter may ask over a network, and a batch waits for it."""


class CsamAdapter(Protocol):
    """What a provider's code must do; see `CsamProvider` for how it is made. `sluice models conform NAME` tries it.

    It never logs, stores or sends on what it is given, and never puts any of it into an error's message.
    """

    def info(self) -> ModelInfo:
        """Who answers; every verdict says so. `digest`: 32 bytes that change when its answers may."""
        ...

    async def score(self, items: Sequence[Item]) -> Sequence[float]:
        """One score from 0 to 1 per picture, in order; a picture's does not depend on the others.

        Each item has a `rendition` (a JPEG, long side at most 512 pixels) and the `digests` of the original. Calls
        may overlap, and may be cancelled. Raises RetryableError where it may work later and TerminalError where it
        never will, for a picture that it cannot read too: it has no score for "do not know".
        """
        ...

    def trial(self) -> Item | None:
        """A harmless picture of the provider's making that scores 0.5 or more: nobody may try the real thing.
        None where there is none; the conformance test then says that a high score was not shown."""
        ...

    async def close(self) -> None:
        """Lets go of what `open` took."""
        ...


class CsamProvider(Protocol):
    """What an entry point of GROUP names: most simply a class of adapters, with `open` as a class method."""

    async def open(self, settings: Settings, reader: Reader) -> CsamAdapter:
        """Makes one ready. Its own variables come from `reader`, followed by `reader.finish()`.

        Raises NotReadyError with what mends it, or ConfigError.
        """
        ...


def registered(name: str) -> CsamProvider | None:
    """What an installed distribution offers under this name. Raises NotReadyError where it cannot be loaded."""
    for entry in entry_points(group=GROUP, name=name):
        try:
            found: CsamProvider = entry.load()
        except (ImportError, AttributeError) as error:
            raise NotReadyError(
                f"the adapter {name} (entry point {entry.value}) cannot be loaded: {error}. Install its package anew"
            ) from error
        return found
    return None


async def scores_of(adapter: CsamAdapter, items: Sequence[Item]) -> list[float]:
    """One score per item. Raises RetryableError or TerminalError; what is not a score from 0 to 1 is never one."""
    if not items:
        return []
    try:
        async with asyncio.timeout(SECONDS):
            scores = list(await adapter.score(items))
    except TimeoutError as error:
        raise RetryableError(f"{adapter.info().name} gave no answer within {SECONDS:.0f} s") from error
    if len(scores) != len(items):
        raise TerminalError(f"{adapter.info().name} gave {len(scores)} scores for {len(items)} pictures")
    if not all(isinstance(score, float) and math.isfinite(score) and 0 <= score <= 1 for score in scores):
        raise TerminalError(f"{adapter.info().name} gave a score that is not a number from 0 to 1")
    return scores
