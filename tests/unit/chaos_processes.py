"""Services and brokers that do nothing but live, for tests of who kills them and who starts them again."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from sluice.local.cluster import Node
from tests.chaos.services import Ending, Replica, Supervisor

LIVES = {
    "sleeper": "import time\ntime.sleep(600)\n",
    "orderly": "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(600)\n",
    "stubborn": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\n"
    "time.sleep(600)\n",
    "failing": "raise SystemExit('no')\n",
}
"""Packages that a replica may run."""


def make_replica(folder: Path) -> Callable[[str, str], Replica]:
    """Makes replicas of LIVES, written below `folder`."""
    for name, life in LIVES.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
        (folder / name / "__main__.py").write_text(life)

    def make(service: str, instance: str) -> Replica:
        env = {"PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
        return Replica(service, instance, env, folder / "logs")

    return make


def node(folder: Path, number: int) -> Node:
    """A broker that only sleeps; it is started."""
    data = folder / f"node-{number}"
    data.mkdir()
    made = Node(number, 1, data, [sys.executable, "-c", "import time; time.sleep(600)"], {})
    made.start()
    return made


def supervisor(folder: Path) -> tuple[Supervisor, list[Ending]]:
    """One for LIVES, and the ends that it tells of."""
    endings: list[Ending] = []
    return Supervisor(make_replica(folder), endings.append), endings


def wait_for(condition: Callable[[], bool], turn: Callable[[], None]) -> None:
    """Turns until it is true."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        turn()
        time.sleep(0.02)
