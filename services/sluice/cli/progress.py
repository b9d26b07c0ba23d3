"""A bar on standard error for a person, a line now and then for a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sluice.cli.tell import say
from sluice.local.progress import Progress as Lines


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Yields what is told how many more are done, of `total`."""
    if sys.stderr.isatty():
        words = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*words, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda more: bar.advance(task, more)
        return
    lines, done = Lines(say), 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        lines.tell(f"{done} of {total} {what}")

    yield told
