"""The simulator: in place of a gateway, for tests of a caller's own. It moderates nothing and signs nothing."""

import asyncio
import hashlib
from functools import cache

from sluice.client.simulated import Later, World
from sluice.client.wire import Answer, Call, NoReply, Silence
from sluice.samples.test_bank import test_bank_pictures
from sluice.telemetry.trace_context import TraceContext


@cache
def known_pictures() -> frozenset[str]:
    """SHA-256, in hex, of the pictures that `sluice hashes test-set` writes as known. Drawing them takes a second."""
    return frozenset(hashlib.sha256(one.data).hexdigest() for one in test_bank_pictures())


class Simulator:
    """Answers from the test prompts (`simulated_prompts`) and the test pictures."""

    def __init__(self) -> None:
        self._world: World | None = None
        self._closed = False

    async def ask(self, call: Call, seconds: float, trace: TraceContext) -> Answer:  # noqa: ARG002 - of Transport
        """The answer, or that there is none within `seconds`."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        if self._world is None:
            known = await asyncio.to_thread(known_pictures)
            self._world = self._world or World(known)
        while not self._closed:
            found = self._world.answer(call, clock())
            if isinstance(found, Later) and found.due < end:
                await asyncio.sleep(found.due - clock())
                continue
            if isinstance(found, Later) or found == NoReply(Silence.TIMEOUT):
                await asyncio.sleep(max(0.0, end - clock()))
                return NoReply(Silence.TIMEOUT)
            return found
        return NoReply(Silence.CLOSED)

    async def close(self) -> None:
        """Nothing is answered any more."""
        self._closed = True
