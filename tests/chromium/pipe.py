"""Chrome's DevTools protocol over the browser's pipe: JSON objects, each ended by a zero byte.

https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests.chromium.fetch import Chromium

_LAUNCH: Final = (
    "import fcntl, os, sys; r, w = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]); "
    "os.dup2(r, 3); os.dup2(w, 4); os.execv(sys.argv[3], sys.argv[3:])"
)
"""The browser wants its pipe on 3 and 4."""
_FLAGS: Final = (
    "--remote-debugging-pipe", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
    "--hide-scrollbars", "--no-proxy-server", "--window-size=1280,900",
)  # fmt: skip
"""It shows a page of ours alone, so it needs no sandbox, which a container may not have."""
_MOST: Final = 64 << 20

Told = Callable[[str, dict[str, Any], str], None]
"""Method, parameters and session of an event."""


class BrowserError(Exception):
    """The browser refuses something, or is gone."""


class Pipe:
    """Sends commands and hears events."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: Told) -> None:
        self._reader = reader
        self._writer = writer
        self._told = told
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def send(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """A command's result. BrowserError."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(json.dumps(message).encode() + b"\0")
        await self._writer.drain()
        async with asyncio.timeout(60):
            return await answer

    async def read(self) -> None:
        """Until the browser is gone."""
        try:
            while True:
                self._take(json.loads((await self._reader.readuntil(b"\0"))[:-1]))
        except asyncio.IncompleteReadError:
            for waiting in self._waiting.values():
                waiting.set_exception(BrowserError("the browser is gone"))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" not in message:
            self._told(message["method"], message.get("params", {}), message.get("sessionId", ""))
            return
        answer = self._waiting.pop(message["id"])
        if answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserError(message["error"]["message"]))
        else:
            answer.set_result(message["result"])


@asynccontextmanager
async def open_pipe(chromium: Chromium, folder: Path, told: Told) -> AsyncIterator[Pipe]:
    """A browser with a profile of its own in `folder`, ended at the end."""
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    arguments = [str(chromium.program), *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LAUNCH, str(to_read), str(from_write), *arguments),
        pass_fds=(to_read, from_write),
        env={**os.environ, **chromium.env, "HOME": str(folder)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_MOST)
    reading, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_read, "rb")
    )
    writing, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(to_write, "wb"))
    pipe = Pipe(reader, asyncio.StreamWriter(writing, protocol, None, loop), told)
    heard = asyncio.create_task(pipe.read())
    try:
        yield pipe
    finally:
        process.kill()
        await process.wait()
        await heard
        writing.close()
        reading.close()
