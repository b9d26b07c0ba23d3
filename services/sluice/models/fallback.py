"""A model on Triton, answered in this process while Triton cannot."""

from sluice.errors import NotReadyError, RetryableError
from sluice.models.canary import Canary
from sluice.models.engine import Arrays, Engine
from sluice.models.triton_engine import TritonEngine


class FallbackEngine:
    """Triton first. Its failures that may pass are answered by the spare engine, from the same weights: the answer is
    the same, on this machine's processors. What Triton refuses for good is refused."""

    def __init__(self, first: TritonEngine, spare: Engine, canary: Canary) -> None:
        self._canary = canary
        self._first = first
        self._spare = spare

    @property
    def troubled(self) -> bool:
        """See `Probed.troubled`."""
        return self._first.troubled

    async def run(self, inputs: Arrays) -> Arrays:
        """See `Engine.run`."""
        try:
            return await self._first.run(inputs)
        except RetryableError:
            return await self._spare.run(inputs)

    async def probe(self) -> str:
        """See `Probed.probe`: ready where either engine is. The note says that Triton is not."""
        try:
            return await self._first.probe()
        except NotReadyError as error:
            if why := self._canary.wrong(await self._spare.run(self._canary.question)):
                raise NotReadyError(f"{error}; in this process the canary's {why}") from error
            return f"{error}; answered in this process meanwhile"

    async def close(self) -> None:
        """See `Probed.close`."""
        await self._first.close()
