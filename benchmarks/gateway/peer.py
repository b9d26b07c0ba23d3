"""The parent's end: processes that are told texts and tell what they think of them, a line of JSON each."""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.cpu import seconds_of, tree_seconds
from benchmarks.gateway.side import NoAnswerError

ROOT: Final = Path(__file__).resolve().parents[2]
ALONE: Final[Mapping[str, str]] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "NEMO_GUARDRAILS_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
}
"""Told to every process: ask nothing of the network, report to nobody, take one thread."""
_STOP_SECONDS = 10.0


class Child:
    """One process, see `lines.py`."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.name = ""
        self._in = process.stdin
        self._out = process.stdout
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._ended = False

    async def ready(self) -> None:
        """Waits until it is, and hears its name. Raises SystemExit where it ended instead."""
        line = await self._out.readline()
        if not line:
            raise SystemExit(f"a process ended with {await self.process.wait()} before it was ready")
        self.name = json.loads(line)["name"]
        self._reading = asyncio.create_task(self._read())

    @property
    def under_way(self) -> int:
        """Texts without an answer."""
        return len(self._waiting)

    async def ask(self, text: str) -> bool:
        """See `Side`."""
        if self._ended:
            raise NoAnswerError("the process ended")
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._in.write(json.dumps({"text": text}).encode() + b"\n")
        return await answer

    async def stop(self) -> None:
        """Ends it, kindly first."""
        self._in.close()
        try:
            await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        with contextlib.suppress(OSError):  # It may have ended with lines unread.
            await self._in.wait_closed()
        if self._reading is not None:
            await self._reading

    async def _read(self) -> None:
        """Answers come in the order of the texts."""
        async for line in self._out:
            self._waiting.popleft().set_result(json.loads(line)["flagged"])
        self._ended = True
        while self._waiting:
            self._waiting.popleft().set_exception(NoAnswerError("the process ended"))


class Peer:
    """As many processes as were asked for; each text goes to the one with the fewest under way. See `Side`."""

    settle = 0.0

    def __init__(self, name: str, children: Sequence[Child]) -> None:
        self.name = name
        self._children = children

    @classmethod
    @asynccontextmanager
    async def open(cls, argv: Sequence[str], processes: int) -> "AsyncIterator[Peer]":
        """Starts them, and ends them at the end. Raises SystemExit where one did not get ready."""
        # Nothing of ours but this program is to be found.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env |= {"PYTHONPATH": str(ROOT), **ALONE}
        children: list[Child] = []
        try:
            for _ in range(processes):
                process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, env=env)
                children.append(Child(process))
            for child in children:
                await child.ready()
            yield cls(children[0].name, children)
        finally:
            for child in children:
                await child.stop()

    async def ask(self, text: str) -> bool:
        """See `Side`."""
        return await min(self._children, key=lambda child: child.under_way).ask(text)

    def cpu(self) -> Mapping[str, float]:
        """See `Side`."""
        pids = [child.process.pid for child in self._children]
        return {self.name: sum(seconds_of(pid) + tree_seconds(pid) for pid in pids)}

    async def close(self) -> None:
        """Nothing is open between texts but the processes."""
