"""Looks at our own pictures for what a record takes from them, in a few children that live on.

Starting a child costs ten times as much as looking at a picture. A child that dies over a picture, or says nothing in
time, is replaced; the picture is then tried once more, alone.
"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from provenance.consume import Seen
from provenance.fingerprint import SIDE, VARIANTS
from provenance.look import ENVIRONMENT, READY
from provenance.watermark import Watermark
from sluice.errors import RetryableError
from sluice.hashing import PDQ_BYTES
from sluice.telemetry.logging import Log

SECONDS: Final = 60.0
"""For one picture, or for a child to start; more than the child gives itself."""
_TRIES: Final = 2
_DIGEST: Final = 32
_UNSEEN: Final = Seen(b"", 0, ())


class Seeing:
    """Children that look. Use it from one event loop, and `close` it."""

    def __init__(self, most: int, watermarks: Sequence[Watermark], log: Log, module: str = "seeing_child") -> None:
        """`most`: children, and so pictures at once. `watermarks`: one for each key in use."""
        self._watermarks = watermarks
        self._log = log
        self._module = f"provenance.{module}"
        self._idle: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        for _ in range(most):
            self._idle.put_nowait(None)
        self._alive: set[Process] = set()

    async def see(self, picture: bytes) -> Seen:
        """What the picture shows.

        A picture that cannot be read here is recorded all the same, without what is seen: its bytes and its
        credentials are known. RetryableError where no child can be started.
        """
        for _ in range(_TRIES):
            try:
                return await self._seen(picture)
            except (asyncio.IncompleteReadError, ConnectionError, TimeoutError, ValueError) as error:
                self._log.warning("a child that looks at pictures ended", error=type(error).__name__)
        self._log.error("recorded without its pixels", reason="reading it ended the child")
        return _UNSEEN

    async def close(self) -> None:
        """Ends the children."""
        for child in list(self._alive):
            await self._end(child)

    async def _seen(self, picture: bytes) -> Seen:
        child = await self._idle.get()
        healthy = False
        try:
            async with asyncio.timeout(SECONDS):
                child = child or await self._start()
                found = await self._ask(child, picture)
            healthy = True
            return found
        finally:
            if not healthy and child is not None:
                await self._end(child)
            self._idle.put_nowait(child if healthy else None)

    async def _start(self) -> Process:
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", self._module),
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=dict(ENVIRONMENT), cwd=Path("/"),
            )  # fmt: skip
        except OSError as error:
            raise RetryableError("the child that looks at pictures could not be started") from error
        self._alive.add(child)
        assert child.stdout is not None
        try:
            await child.stdout.readexactly(len(READY))
        except asyncio.IncompleteReadError as error:
            await self._end(child)
            raise RetryableError("the child that looks at pictures did not start") from error
        except BaseException:
            # Cancelled as well: no child is left behind.
            await self._end(child)
            raise
        return child

    async def _ask(self, child: Process, picture: bytes) -> Seen:
        """ValueError for an answer that is none."""
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(len(picture).to_bytes(8, "big") + picture)
        await child.stdin.drain()
        header = json.loads(await child.stdout.readexactly(await _length(child.stdout)))
        if "trouble" in header:
            self._log.warning("recorded without its pixels", reason=str(header["trouble"])[:40])
            return _UNSEEN
        quality, count = _bounded(header, "quality", 100), _bounded(header, "hashes", len(VARIANTS))
        hashes = await child.stdout.readexactly(PDQ_BYTES * count)
        pixels = await child.stdout.readexactly(_DIGEST)
        grey = np.frombuffer(await child.stdout.readexactly(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)
        marks = [mark for each in self._watermarks if (mark := await asyncio.to_thread(each.read, grey)) is not None]
        apart = tuple(hashes[at : at + PDQ_BYTES] for at in range(0, len(hashes), PDQ_BYTES))
        return Seen(pixels, quality, apart, marks[0] if marks else b"")

    async def _end(self, child: Process) -> None:
        if child.returncode is None:
            child.kill()
        await child.wait()
        self._alive.discard(child)


async def _length(stream: asyncio.StreamReader) -> int:
    size = int.from_bytes(await stream.readexactly(4), "big")
    if size > 1000:
        raise ValueError("an answer that is none")
    return size


def _bounded(header: Mapping[str, Any], name: str, most: int) -> int:
    found = header.get(name)
    if not isinstance(found, int) or not 0 <= found <= most:
        raise ValueError("an answer that is none")
    return found
