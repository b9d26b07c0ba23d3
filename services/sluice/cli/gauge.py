"""A meter on standard error: a bar that is drawn over itself on a terminal, a line now and then elsewhere."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from sluice.cli.meter import Meter
from sluice.cli.tell import say

_DRAW_SECONDS: Final = 0.2
_FIRST_TELL_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 5.0
_CLEAR: Final = "\r\x1b[K"
_USUAL_WIDTH: Final = 80


class Gauge:
    """Shows a meter while requests are answered."""

    def __init__(self, total: int) -> None:
        self.meter = Meter(total, time.monotonic())
        self._bar = total > 1 and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shared = self._bar and sys.stdout.isatty()

    @asynccontextmanager
    async def shown(self) -> "AsyncIterator[Gauge]":
        """Inside, it is kept up to date; in the end it gives way to a summary of the many."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield self
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            if self._bar:
                sys.stderr.write(_CLEAR)
            if self.meter.total > 1:
                say(self.meter.summary(time.monotonic()))

    @contextmanager
    def aside(self, errors: bool) -> Iterator[None]:
        """Inside, results may be written to standard output, and with `errors` to standard error: where that is the
        terminal of the bar, it makes room."""
        hidden = self._bar and (errors or self._shared)
        if hidden:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
        yield
        if hidden:
            self._draw()

    async def _keep(self) -> None:
        if self._bar:
            while True:
                self._draw()
                await asyncio.sleep(_DRAW_SECONDS)
        await asyncio.sleep(_FIRST_TELL_SECONDS)
        while True:
            say(self.meter.line(time.monotonic()))
            await asyncio.sleep(_TELL_SECONDS)

    def _draw(self) -> None:
        sys.stderr.write(_CLEAR + self.meter.bar(time.monotonic(), _width() - 1))
        sys.stderr.flush()


def _width() -> int:
    """Columns of the terminal; a usual number where it does not say."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_WIDTH
    except OSError:
        return _USUAL_WIDTH
