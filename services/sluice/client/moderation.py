"""One prompt under moderation, on an event loop: what both gates stand on.

What becomes of the prompt is not known yet, or allowed, or stopped, which is everything else. It leaves the first of
these once and for all.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from sluice.attempt import Unforeseen, attempt
from sluice.client.ask import Ask, Details, Picture
from sluice.client.drive import Transport, drive
from sluice.client.outcome import Allowed, NotAllowed, Stage, Unavailable, Why
from sluice.client.settings import ClientSettings
from sluice.client.talk import Part, Talks
from sluice.client.trace import trace_of
from sluice.client.wire import Talk
from sluice.deadline import Deadline
from sluice.telemetry.trace_context import PARENT, TraceContext, headers_of

T = TypeVar("T")


class Matter:
    """What a block is about, before it begins: the ask, read and found good, and the trace that it belongs to."""

    def __init__(self, settings: ClientSettings, prompt: str | None, details: Details) -> None:
        """Raises TypeError or ValueError."""
        self.settings = settings
        self.ask = Ask.of(prompt, details)
        self.latest = details.get("deadline")
        self.trace: TraceContext = trace_of(self.ask.request_id, details.get("traceparent"), settings.trace_sample)
        self.talks = Talks(self.ask, settings.words, settings.pace, settings.inline_limit, settings.simulate)

    @property
    def traceparent(self) -> str:
        """As W3C trace context writes it."""
        return next(value.decode() for name, value in headers_of(self.trace) if name == PARENT)

    def deadline(self, seconds: float) -> Deadline:
        """By when something that begins now must be done, which takes `seconds` beside what the checks may take."""
        whole = seconds + (self.ask.checks_seconds or 0.0)
        ours = Deadline(self.settings.pace.now() + round(whole * 1000))
        return ours if self.latest is None else min(ours, self.latest)


class Moderation:
    """Begins to ask as soon as it is made, on the running loop. `stop`: called on the loop when the prompt turns out
    not to be allowed. `stopped` and `check` are for any thread."""

    def __init__(self, matter: Matter, transport: Transport, stop: Callable[[], None] | None = None) -> None:
        self._matter = matter
        self._transport = transport
        self._stop = stop
        self._error: NotAllowed | None = None
        self._uploads: tuple[Part, ...] | None = None
        self._over = False
        self.stopped = threading.Event()
        """Set once the prompt turns out not to be allowed, and where the block was left."""
        self.known: asyncio.Task[None] = asyncio.create_task(self._judge())

    def check(self) -> None:
        """Raises NotAllowed where it is known that the prompt is not allowed, or the block was left."""
        if self._error is not None:
            raise self._error.fresh()
        if self._over:
            raise self._unavailable(Why.OVER)

    async def wait(self) -> tuple[Part, ...]:
        """Returns once the prompt is allowed, with its uploads as they travel. Raises NotAllowed where it is not."""
        self.check()
        await asyncio.wait((self.known,))
        self.check()
        if self._uploads is None:
            # The task was cancelled by somebody else: nothing is known, which is no pass.
            raise self._unavailable(Why.OVER)
        return self._uploads

    async def submit(self, picture: bytes) -> Allowed:
        """The signed picture, once prompt and picture are allowed. Raises NotAllowed; TypeError or ValueError where
        `picture` is none."""
        given = Picture.of(picture)
        uploads = await self.wait()
        deadline = self._matter.deadline(self._matter.settings.output_seconds)
        return await self._drive(self._matter.talks.output(given, uploads, deadline))

    async def close(self) -> None:
        """Nobody asks any more. Whoever still checks is told to stop."""
        self._over = True
        self.stopped.set()
        self.known.cancel()
        await asyncio.wait((self.known,))

    async def _prompt(self) -> tuple[Part, ...]:
        deadline = self._matter.deadline(self._matter.settings.prompt_seconds)
        return await self._drive(self._matter.talks.prompt(deadline))

    async def _judge(self) -> None:
        try:
            found = await attempt(self._prompt())
        except NotAllowed as error:
            self._end(error)
            return
        if isinstance(found, Unforeseen):
            self._end(self._unavailable(Why.UNFORESEEN))
        else:
            self._uploads = found

    def _end(self, error: NotAllowed) -> None:
        self._error = error
        self.stopped.set()
        if self._stop is not None:
            self._stop()

    def _unavailable(self, why: Why) -> Unavailable:
        return self._matter.talks.about(self._matter.ask.request_id, Stage.PROMPT).unavailable(why)

    async def _drive(self, talk: Talk[T]) -> T:
        return await drive(talk, self._transport, self._matter.trace)
