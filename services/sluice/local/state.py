"""What runs in a SLUICE_HOME: the file `stack.json`, and the lock that says whether to believe it.

`up` holds the lock for as long as it lives, whatever ends it, so a file that a killed stack left behind is known
for stale even when its process id belongs to somebody else by now.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock, is_held

STATE_FILE: Final = "stack.json"
LOCK_FILE: Final = "stack.lock"


@dataclass(frozen=True, slots=True)
class ServiceAt:
    """Where a service of the stack listens (gRPC, host:port), its process id, and how often it was started again.

    `ops`: where operators ask it over HTTP (host:port), or empty. `http`: where others do.
    """

    address: str
    pid: int
    restarts: int = 0
    ops: str = ""
    http: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A running stack. `started`: UTC, ISO 8601; `kafka`: bootstrap servers; `object_store`: its URL.

    `collector`: where spans are sent to (gRPC) and read from (`http`), where the stack keeps any itself.
    `simulators`: what stands in for services of others, by name; their addresses are "http://host:port".
    """

    pid: int
    started: str
    kafka: str
    object_store: str
    certificates: str
    services: Mapping[str, ServiceAt]
    collector: ServiceAt | None = None
    simulators: Mapping[str, ServiceAt] = field(default_factory=dict)


def claim(home: Path) -> FileLock:
    """Takes the home for a new stack and clears what a dead one left. Raises NotReadyError where one is alive."""
    lock = FileLock.take(home / LOCK_FILE)
    if lock is None:
        running = read_running(home)
        which = f"process {running.pid}, since {running.started}" if running else "still starting"
        raise NotReadyError(f"a stack runs in {home} already ({which}): stop it, or choose another SLUICE_HOME")
    forget(home)
    return lock


def is_claimed(home: Path) -> bool:
    """Whether a stack runs or starts in this home now."""
    return is_held(home / LOCK_FILE)


def publish(home: Path, running: Running) -> None:
    """Writes the file whole: a reader sees the old one, none, or the new one."""
    fresh = home / f".{STATE_FILE}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(running), indent=2) + "\n")
    fresh.replace(home / STATE_FILE)


def forget(home: Path) -> None:
    """Removes the file."""
    (home / STATE_FILE).unlink(missing_ok=True)


def read_running(home: Path) -> Running | None:
    """The stack that runs in this home, or None: no file, or its stack is dead."""
    if not is_claimed(home):
        return None
    try:
        found = json.loads((home / STATE_FILE).read_text())
    except FileNotFoundError:
        return None
    services = {name: ServiceAt(**at) for name, at in found.pop("services").items()}
    collector = found.pop("collector", None)
    simulators = {name: ServiceAt(**at) for name, at in found.pop("simulators", {}).items()}
    at = ServiceAt(**collector) if collector else None
    return Running(services=services, collector=at, simulators=simulators, **found)
