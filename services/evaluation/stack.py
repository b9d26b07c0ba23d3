"""The running stack, or one that lives as long as the command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sluice.cli.tell import say
from sluice.cli.where import find_running
from sluice.local.entry_points import service_commands
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import sluice_home


@contextmanager
def stack() -> Iterator[Running]:
    """Where to ask. What it does takes a minute where no stack runs, and is told on standard error."""
    home = sluice_home(os.environ)
    running = find_running(home, say)
    if running is not None:
        yield running
        return
    say(f"no stack runs in {home}: starting a temporary one (`sluice up` keeps one running)")
    with temporary(home, os.environ, service_commands(), say) as started:
        yield started
        say("stopping the temporary stack")
