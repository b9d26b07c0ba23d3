"""The parent's side of one decoder child: started, asked one thing at a time, and killed when it misbehaves."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.frames import MAX_ANSWER, FrameError, frame, pack, unpack_answer
from ingest.settings import IngestSettings
from sluice.errors import RetryableError

_START_SECONDS = 60
"""Loading takes about a second; this is for a machine that has much else to do."""
_GRACE_SECONDS = 5
"""Beyond a picture's own time, which the child keeps itself."""

_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    # A thread of a library would not survive the fork, and each arena of the allocator takes address space.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    # What a picture no longer needs goes back at once; by default the limit moves up, and large pictures leave holes.
    "MALLOC_MMAP_THRESHOLD_": "1048576",
}
"""All that a child is told. The service's own environment holds credentials."""


class DecoderProcess:
    """One child. Ask it one thing at a time; once `alive` is false it is of no more use."""

    def __init__(self, process: Process, seconds: int) -> None:
        self._process = process
        self._seconds = seconds
        self._broken = False

    @classmethod
    async def start(cls, settings: IngestSettings) -> "DecoderProcess":
        """Starts a child and waits until it has loaded everything. Raises RetryableError."""
        numbers = (
            settings.max_image_bytes,
            settings.max_pixels,
            settings.decoder_seconds,
            settings.decoder_memory_mib,
            settings.max_views,
            settings.max_metadata_bytes,
            int(settings.decoder_seccomp),
            int(settings.pdq_borders),
        )
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                # Isolated: nothing from the environment or the working directory decides what is imported.
                *("-I", "-m", "ingest.decoder.child"),
                *map(str, numbers),
                stdin=PIPE,
                stdout=PIPE,
                env=_ENVIRONMENT,
                cwd=Path("/"),
                # An interrupt from the terminal is for the service, which ends its children itself.
                start_new_session=True,
            )
        except OSError as error:
            raise RetryableError(f"no decoder could be started: {error.strerror}") from error
        child = cls(process, settings.decoder_seconds)
        ready = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready = await child._receive() == b""
        except (EOFError, TimeoutError, FrameError) as error:
            raise RetryableError(f"the decoder did not start: {type(error).__name__}") from error
        finally:
            if not ready:
                await child.kill()
        return child

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take another picture."""
        assert self._process.stdout is not None
        return not self._broken and self._process.returncode is None and not self._process.stdout.at_eof()

    async def ask(self, data: bytes, declared: str) -> Reading | Refusal:
        """Reads one picture. A child that dies, hangs or talks nonsense is killed, and the picture refused."""
        self._broken = True
        try:
            async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
                answer = unpack_answer(await self._exchange(frame(pack({"declared": declared}, [data]))))
        except (EOFError, ConnectionError, TimeoutError, FrameError) as error:
            return Refusal(Trouble.DECODER_LIMIT, f"the decoder was lost: {type(error).__name__}")
        else:
            self._broken = False
            return answer
        finally:
            if self._broken:
                await self.kill()

    async def _exchange(self, job: bytes) -> bytes:
        assert self._process.stdin is not None
        self._process.stdin.write(job)
        await self._process.stdin.drain()
        return await self._receive()

    async def _receive(self) -> bytes:
        assert self._process.stdout is not None
        size = int.from_bytes(await self._process.stdout.readexactly(4), "big")
        if size > MAX_ANSWER:
            raise FrameError("an answer that is too large")
        return await self._process.stdout.readexactly(size)

    async def kill(self) -> None:
        """Ends the child and its worker at once."""
        self._broken = True
        if self._process.returncode is None:
            # Its group: the worker too. It may have ended without anybody having looked yet.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._reap()

    async def close(self) -> None:
        """Lets an idle child go: it ends with its input. Waits until it is gone."""
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._reap()
        except TimeoutError:
            await self.kill()

    async def _reap(self) -> None:
        """Closes the child's input and waits until it has ended and its pipes are closed."""
        self._broken = True
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.wait_closed()
        await self._process.stdout.read()
        await self._process.wait()
