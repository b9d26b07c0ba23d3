"""Models run by Triton: the same inputs and answers as in this process, from a server that may be slow or gone.

Numbered as a call goes: (1) the inputs are compared with the card; (2) the circuit breaker lets the call pass, or
not; (3) where the server was not looked at since the last trouble, its config is compared with the card and a canary
is asked; (4) at most eight rows go in a message, with a deadline, a priority and a pinned version; (5) a call that
met a broken connection is repeated once, if budget and deadline allow; (6) what failed is an error, never an answer.
"""

import asyncio
import time
from typing import Final

from sluice.errors import NotReadyError, OverloadedError, RetryableError, TerminalError
from sluice.models import triton_contract, triton_wire
from sluice.models.asking import now_asking
from sluice.models.breaker import Breaker, RetryBudget
from sluice.models.canary import Canary
from sluice.models.card import Card
from sluice.models.engine import Arrays
from sluice.models.triton_errors import Trouble
from sluice.models.triton_line import CallFailed, Line
from sluice.models.triton_settings import TritonSettings

LEAST_SECONDS: Final = 0.05
"""What must be left until the deadline for a second attempt."""


class TritonEngine:
    """One model of a Triton server."""

    def __init__(self, card: Card, settings: TritonSettings, canary: Canary) -> None:
        """Opens nothing yet."""
        self._card = card
        self._settings = settings
        self._canary = canary
        self._breaker = Breaker()
        self._retries = RetryBudget()
        self._open: tuple[asyncio.AbstractEventLoop, Line, asyncio.Lock] | None = None
        self._most_rows = 0
        """0: the server is to be looked at before it is believed."""
        self._refused = ""
        """Why the server was not believed at the last look."""
        self._probed_well = True

    @property
    def troubled(self) -> bool:
        """Whether calls are held back, or the last probe failed."""
        return self._breaker.is_open or not self._probed_well

    async def run(self, inputs: Arrays) -> Arrays:
        """See `Engine.run`. Every failure of the server is a RetryableError (OverloadedError where it is full),
        and a batch that it refuses or fails on a TerminalError."""
        rows = triton_wire.rows_of(self._card, inputs)
        until = self._until()
        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await self._run(inputs, rows, until)
        except TimeoutError:
            self._breaker.failed(time.monotonic())
            raise RetryableError(f"model {self._card.name} on Triton: no answer in time") from None
        except CallFailed as error:
            raise error.failure.error from None

    async def probe(self) -> str:
        """See `Probed.probe`: looks at the config, asks the canary, and closes the breaker where both are right.

        A server whose queue is full is alive. Raises NotReadyError.
        """
        until = time.monotonic() + self._settings.deadline_ms / 1000
        line, lock = self._line()
        self._probed_well = False
        try:
            async with asyncio.timeout(until - time.monotonic()), lock:
                await self._look(line, until)
        except OverloadedError:
            self._probed_well = True
            return f"model {self._card.name} on Triton: its queue is full"
        except TimeoutError:
            self._note_failure(Trouble.LATE)
            raise NotReadyError(f"model {self._card.name} on Triton: its canary got no answer in time") from None
        except RetryableError as error:
            raise NotReadyError(f"{error}; Triton is {self._settings.url}") from error
        self._probed_well = True
        return ""

    async def close(self) -> None:
        """See `Probed.close`. The engine can be used again; it connects anew."""
        opened, self._open = self._open, None
        self._most_rows = 0
        if opened is not None:
            await opened[1].close()

    async def _run(self, inputs: Arrays, rows: int, until: float) -> Arrays:
        if not self._breaker.allows(time.monotonic()):
            why = self._refused or f"model {self._card.name} on Triton: not asked, it failed a moment ago"
            raise RetryableError(why)
        most = min(triton_wire.ROWS, await self._looked_at(until))
        urgent = now_asking().urgent
        parts = [
            asyncio.ensure_future(self._infer(piece, urgent, until))
            for piece in triton_wire.pieces(inputs, rows, most)
        ]
        try:
            return triton_wire.join(await asyncio.gather(*parts))
        finally:
            for part in parts:
                part.cancel()

    async def _infer(self, piece: Arrays, urgent: bool, until: float) -> Arrays:
        self._retries.called()
        try:
            return await self._attempt(piece, urgent, until)
        except CallFailed as error:
            forgotten = error.failure.trouble is Trouble.FORGOTTEN
            again = error.failure.trouble is Trouble.GONE and until - time.monotonic() > LEAST_SECONDS
            # Memory that a new server does not know costs it nothing to be told of again.
            if not forgotten and not (again and self._retries.take()):
                raise
        await self._looked_at(until)
        return await self._attempt(piece, urgent, until)

    async def _attempt(self, piece: Arrays, urgent: bool, until: float) -> Arrays:
        try:
            answer = await self._line()[0].infer(piece, len(next(iter(piece.values()))), urgent, until)
        except CallFailed as error:
            self._note_failure(error.failure.trouble)
            raise
        except RetryableError:
            # An answer in another form than the card's: whatever this server is, it is not what was looked at.
            self._note_failure(Trouble.MISSING)
            raise
        self._breaker.succeeded()
        return answer

    async def _looked_at(self, until: float) -> int:
        """The most rows of a request, from a server that was looked at since the last trouble."""
        line, lock = self._line()
        while not self._most_rows:
            async with lock:
                # Whoever had the lock before may have looked.
                if not self._most_rows:
                    try:
                        await self._look(line, until)
                    except NotReadyError as error:
                        raise RetryableError(str(error)) from error
        return self._most_rows

    async def _look(self, line: Line, until: float) -> None:
        """Compares the server's config with the card and asks the canary. Raises NotReadyError or another of ours."""
        try:
            most = triton_contract.check(self._card, await line.config(until))
            await self._ask_canary(line, until)
        except CallFailed as error:
            self._note_failure(error.failure.trouble)
            if isinstance(error.failure.error, TerminalError):
                # Of a canary that is no fault of the input.
                raise self._refuse(f"{error.failure.error}, at its canary") from None
            raise error.failure.error from None
        except (NotReadyError, RetryableError) as error:
            raise self._refuse(str(error)) from error
        self._refused = ""
        self._probed_well = True
        self._most_rows = most
        self._breaker.succeeded()

    def _refuse(self, why: str) -> NotReadyError:
        """Nothing of this server is believed until a look finds it in order."""
        self._most_rows = 0
        self._refused = why
        self._breaker.trip(time.monotonic())
        return NotReadyError(why)

    async def _ask_canary(self, line: Line, until: float) -> None:
        try:
            answer = await line.infer(self._canary.question, 1, True, until)
        except CallFailed as error:
            if error.failure.trouble is not Trouble.FORGOTTEN:
                raise
            answer = await line.infer(self._canary.question, 1, True, until)
        if why := self._canary.wrong(answer):
            raise NotReadyError(f"model {self._card.name} on Triton: the canary's {why}")

    def _note_failure(self, trouble: Trouble) -> None:
        now = time.monotonic()
        if trouble in {Trouble.DEAD, Trouble.MISSING}:
            self._breaker.trip(now)
        elif trouble in {Trouble.GONE, Trouble.LATE}:
            self._breaker.failed(now)
        elif trouble in {Trouble.BUSY, Trouble.INPUT}:
            # It answers, if not as one would like.
            self._breaker.succeeded()
        if trouble in {Trouble.DEAD, Trouble.MISSING, Trouble.GONE, Trouble.FORGOTTEN}:
            # Whoever answers next may be another server, with other weights.
            self._most_rows = 0

    def _until(self) -> float:
        """The end of this call: its own deadline, or the one of whoever asks, if that is sooner."""
        seconds = self._settings.deadline_ms / 1000
        asked = now_asking().deadline
        if asked is not None:
            seconds = min(seconds, asked.remaining())
        if seconds <= 0:
            raise RetryableError(f"model {self._card.name} on Triton: the deadline has passed")
        # A fallback needs time of its own.
        return time.monotonic() + (seconds / 2 if self._settings.cpu_fallback else seconds)

    def _line(self) -> tuple[Line, asyncio.Lock]:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open[0] is not loop:
            self._open = (loop, Line(self._card, self._settings), asyncio.Lock())
        return self._open[1], self._open[2]
