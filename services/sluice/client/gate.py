"""The gate for asyncio."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from sluice.client.drive import Transport
from sluice.client.moderation import Matter, Moderation
from sluice.client.opening import open_transport
from sluice.client.outcome import Allowed, NotAllowed

T = TypeVar("T")


class Gate:
    """One prompt, and the pictures that are made from it.

        async with moderate(prompt, account="...") as gate:
            image = await gate.run(generate(prompt))
            signed = await gate.submit(image)

    Moderation of the prompt begins with the block and runs beside it. Where the prompt turns out not to be allowed,
    what the block awaits is cancelled, and the block ends with `Refused` or `Unavailable`. So a block that ends
    without an exception had an allowed prompt; and only `submit` gives a picture that may leave.
    """

    def __init__(self, matter: Matter, transport: Transport | None) -> None:
        """`transport`: one that is shared; None: one of its own."""
        self._matter = matter
        self._shared = transport
        self._transport: Transport | None = None
        self._moderation: Moderation | None = None
        self._owner: asyncio.Task[object] | None = None
        self._thread = 0
        self._told = False
        self._before = 0
        self._inside = 0
        self._cancelled = False

    @property
    def request_id(self) -> str:
        """Of the prompt's request, and `generation_id` of its pictures'."""
        return self._matter.ask.request_id

    @property
    def traceparent(self) -> str:
        """The trace that this belongs to, for whoever else works on it."""
        return self._matter.traceparent

    async def __aenter__(self) -> Self:
        """Asks about the prompt, and waits for nothing."""
        if self._owner is not None:
            raise RuntimeError("a gate is for one block")
        self._owner = asyncio.current_task()
        if self._owner is None:
            raise RuntimeError("a gate needs a task")
        self._thread = threading.get_ident()
        self._before = self._owner.cancelling()
        self._transport = self._shared or open_transport(self._matter.settings)
        self._moderation = Moderation(self._matter, self._transport, self._stop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits until the prompt is allowed, unless the block ends with an exception or had the reason already."""
        self._inside += 1
        moderation = self._open
        # As asyncio.timeout does it: a cancellation that is ours ends here, and one of somebody else goes on.
        cancelled = self._cancelled and self._owner is not None and self._owner.uncancel() <= self._before
        try:
            if cancelled and kind is not None and issubclass(kind, asyncio.CancelledError):
                moderation.check()
            if kind is None and not self._told:
                await moderation.wait()
        except NotAllowed as refused:
            # The cancellation that it stands for says nothing more.
            raise refused from None
        finally:
            try:
                await moderation.close()
            finally:
                # Also where whoever cancelled the block does so again, as anyio's scopes do.
                if self._shared is None and self._transport is not None:
                    await self._transport.close()

    async def run(self, work: Awaitable[T]) -> T:
        """What `work` makes, once it is made and the prompt is allowed.

        Where the prompt is not, `work` is cancelled as soon as that is known, waited for until it has ended, and
        Refused or Unavailable is raised. Whatever `work` raises is raised as it is.
        """
        task = asyncio.ensure_future(work)
        try:
            with self._held() as moderation:
                await asyncio.wait((task, moderation.known), return_when=asyncio.FIRST_COMPLETED)
                if moderation.known.done():
                    moderation.check()
                await asyncio.wait((task,))
                if task.cancelled() or task.exception() is not None:
                    return task.result()
                await moderation.wait()
                return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
            if task.done() and not task.cancelled():
                # Looked at, so that asyncio does not tell of an exception that nobody missed.
                task.exception()

    async def wait(self) -> None:
        """Returns once the prompt is allowed. Raises Refused or Unavailable."""
        with self._held() as moderation:
            await moderation.wait()

    def check(self) -> None:
        """Raises Refused or Unavailable where that is what became of the prompt, and returns at once where it is
        allowed or not known yet. For work in a thread, which nobody can cancel: call it between steps."""
        try:
            self._open.check()
        except NotAllowed:
            self._told |= self._is_owner()
            raise

    async def submit(self, picture: bytes) -> Allowed:
        """Asks about a picture, once the prompt is allowed, and returns it signed. `picture`: encoded, as a PNG file.

        Several may be submitted, also at once. Raises Refused or Unavailable; TypeError or ValueError for what is not
        bytes or none.
        """
        with self._held() as moderation:
            return await moderation.submit(picture)

    @property
    def _open(self) -> Moderation:
        if self._moderation is None:
            raise RuntimeError("a gate is open inside its `async with` block alone")
        return self._moderation

    @contextmanager
    def _held(self) -> Iterator[Moderation]:
        """Meanwhile the block's own task needs no cancelling: what it waits for raises by itself."""
        moderation = self._open
        ours = self._is_owner()
        self._inside += ours
        try:
            yield moderation
        except NotAllowed:
            self._told |= ours
            raise
        finally:
            self._inside -= ours

    def _is_owner(self) -> bool:
        """Whether the block itself asks: what another thread or task is told may never reach it."""
        return threading.get_ident() == self._thread and asyncio.current_task() is self._owner

    def _stop(self) -> None:
        if self._owner is not None and not self._inside:
            self._cancelled = True
            self._owner.cancel()
