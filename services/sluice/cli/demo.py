"""`sluice demo`: the main job, shown on a sample set."""

import os
from contextlib import nullcontext
from pathlib import Path

from sluice.cli.tell import say
from sluice.cli.where import find_running
from sluice.demo.show import show
from sluice.local.entry_points import service_commands
from sluice.local.interrupts import interruptible
from sluice.local.temporary import temporary
from sluice.settings import sluice_home


def demo(out: Path) -> int:
    """0 where every decision is as expected and every signed picture verifies, 1 otherwise."""
    env = os.environ
    home = sluice_home(env)
    with interruptible():
        running = find_running(home, say)
        stack = nullcontext(running) if running else temporary(home, env, service_commands(()), say)
        with stack as at:
            assert at is not None
            return 0 if show(at, out) else 1
