"""The same client for code without an event loop.

    from sluice.client.sync import moderate

    with moderate(prompt, account="...") as gate:
        image = generate(prompt, on_step=gate.check)
        signed = gate.submit(image)

Moderation runs in a thread beside the caller's, which is one for all gates inside `with Client() as client`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, Unpack

from sluice.client.ask import Details
from sluice.client.drive import Transport
from sluice.client.loop_thread import LoopThread
from sluice.client.moderation import Matter, Moderation
from sluice.client.opening import open_transport
from sluice.client.outcome import Allowed, NotAllowed
from sluice.client.settings import ClientSettings, Options, read_client


class _Runs:
    """A thread with a transport."""

    def __init__(self, settings: ClientSettings) -> None:
        self.thread = LoopThread()
        try:
            self.transport: Transport = self.thread.call(self._open(settings))
        except BaseException:
            self.thread.stop()
            raise

    async def _open(self, settings: ClientSettings) -> Transport:
        return open_transport(settings)

    def close(self) -> None:
        try:
            self.thread.call(self.transport.close())
        finally:
            self.thread.stop()


class Gate:
    """One prompt, and the pictures that are made from it: as `sluice.client.Gate`, but nobody can cancel the caller.

    Have the generator call `check` between its steps, or look at `stopped`. A block that ends without an exception
    had an allowed prompt; and only `submit` gives a picture that may leave.
    """

    def __init__(self, matter: Matter, runs: _Runs | None) -> None:
        self._matter = matter
        self._shared = runs
        self._runs: _Runs | None = None
        self._moderation: Moderation | None = None
        self._thread = 0
        self._told = False

    @property
    def request_id(self) -> str:
        """Of the prompt's request, and `generation_id` of its pictures'."""
        return self._matter.ask.request_id

    @property
    def traceparent(self) -> str:
        """The trace that this belongs to, for whoever else works on it."""
        return self._matter.traceparent

    @property
    def stopped(self) -> threading.Event:
        """Set once the prompt turns out not to be allowed, and where the block was left."""
        return self._open[1].stopped

    def __enter__(self) -> Self:
        """Asks about the prompt, and waits for nothing."""
        if self._runs is not None:
            raise RuntimeError("a gate is for one block")
        self._runs = self._shared or _Runs(self._matter.settings)
        self._thread = threading.get_ident()
        self._moderation = self._runs.thread.call(self._begin(self._runs.transport))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits until the prompt is allowed, unless the block ends with an exception or had the reason already."""
        runs, moderation = self._open
        try:
            if kind is None and not self._told:
                runs.thread.call(moderation.wait())
        finally:
            try:
                runs.thread.call(moderation.close())
            finally:
                if self._shared is None:
                    runs.close()

    def check(self) -> None:
        """Raises Refused or Unavailable where that is what became of the prompt, and returns at once where it is
        allowed or not known yet. For any thread."""
        with self._held() as (_, moderation):
            moderation.check()

    def wait(self) -> None:
        """Returns once the prompt is allowed. Raises Refused or Unavailable."""
        with self._held() as (runs, moderation):
            runs.thread.call(moderation.wait())

    def submit(self, picture: bytes) -> Allowed:
        """Asks about a picture, once the prompt is allowed, and returns it signed. `picture`: encoded, as a PNG file.

        Several may be submitted, also from several threads. Raises Refused or Unavailable; TypeError or ValueError
        for what is not bytes or none.
        """
        with self._held() as (runs, moderation):
            return runs.thread.call(moderation.submit(picture))

    async def _begin(self, transport: Transport) -> Moderation:
        return Moderation(self._matter, transport)

    @contextmanager
    def _held(self) -> Iterator[tuple[_Runs, Moderation]]:
        """Notes whether the block itself was refused: what another thread is told may never reach it."""
        try:
            yield self._open
        except NotAllowed:
            self._told |= threading.get_ident() == self._thread
            raise

    @property
    def _open(self) -> tuple[_Runs, Moderation]:
        if self._runs is None or self._moderation is None:
            raise RuntimeError("a gate is open inside its `with` block alone")
        return self._runs, self._moderation


class Client:
    """A gateway and a key: as `sluice.client.Client`. Open it after a fork, not before."""

    def __init__(self, url: str | None = None, api_key: str | None = None, **options: Unpack[Options]) -> None:
        """Raises ConfigError, which names everything that is wrong."""
        self._settings = read_client(url, api_key, options)
        self._runs: _Runs | None = None

    def __repr__(self) -> str:
        where = "the simulator" if self._settings.simulate else self._settings.base.host
        return f"Client({where})"

    def __enter__(self) -> Self:
        """Gates from here on share connections and a thread."""
        if self._runs is not None:
            raise RuntimeError("a client is for one block")
        self._runs = _Runs(self._settings)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends them."""
        if self._runs is not None:
            self._runs.close()

    def moderate(self, prompt: str | None = None, **details: Unpack[Details]) -> Gate:
        """A gate for one prompt: `with client.moderate(...) as gate`. Raises TypeError or ValueError."""
        return Gate(Matter(self._settings, prompt, details), self._runs)


def moderate(prompt: str | None = None, **details: Unpack[Details]) -> Gate:
    """A gate of a client that is made for it, from the environment. Raises ConfigError too."""
    return Client().moderate(prompt, **details)
