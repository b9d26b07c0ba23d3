"""A stack of what a text needs, and its CPU time."""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cpu import by_name
from benchmarks.gateway.grpc_door import DEADLINE_MS
from sluice.cli.tell import say
from sluice.local.entry_points import service_commands, service_names
from sluice.local.temporary import temporary

SERVICES: Final = ("gateway", "ingest", "orchestrator", "text-classifier")
"""What an operator of text moderation alone would run."""
PROCESSES: Final = frozenset({*SERVICES, "kafka", "decoder"})
"""What the stack's processes are called by `benchmarks.cpu`."""
_IDLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the stack is asked, host:port. `key`: for the HTTP door."""

    grpc: str
    http: str
    key: str


@contextmanager
def text_stack(home: Path) -> Iterator[Doors]:
    """Starts it with a broker of its own, and takes it away at the end. NotReadyError where it did not start."""
    key = "sk-sluice-" + secrets.token_urlsafe(32)
    # Both doors give the text as long.
    env = {**os.environ, "SLUICE_API_KEY": key, "SLUICE_GATEWAY_DEADLINE_MS": str(DEADLINE_MS)}
    without = [name for name in service_names() if name not in SERVICES]
    with temporary(home, env, service_commands(without, env), say) as running:
        yield Doors(running.services["orchestrator"].address, running.services["gateway"].http, key)


def stack_cpu() -> Mapping[str, float]:
    """CPU seconds so far of each of the stack's processes, below this one."""
    return {name: seconds for name, seconds in by_name(os.getpid()).items() if name in PROCESSES}


def idle_cores(seconds: float = _IDLE_SECONDS) -> float:
    """What the stack takes of a core while nobody asks."""
    before, begun = sum(stack_cpu().values()), time.perf_counter()
    time.sleep(seconds)
    return (sum(stack_cpu().values()) - before) / (time.perf_counter() - begun)
