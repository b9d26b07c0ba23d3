"""Reads what a stranger made in a child process with little memory, little time and no way out.

The child is a module of ours that calls `confine` before it looks at its input. A file can be built so that reading
it takes gigabytes or for ever; then the child ends, and the caller learns how.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sluice.errors import RetryableError

READY = b"ready\n"
"""What a child writes first: what goes wrong before that is not the input's doing."""

SECONDS = 10.0
"""Wall clock. Starting the child takes a few tenths of a second, more on a busy machine."""
CPU_SECONDS = 5
MEMORY = 1 << 30
"""Bytes of address space beside the input; Python and the C2PA library take about a third of it."""
MOST_ANSWER = 1 << 20
"""Bytes that a child may write."""
_STOPPED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A terminal sends them to all its processes: no fault of the input."""


class Fate(StrEnum):
    """How a child ended."""

    ANSWERED = "answered"
    SLOW = "slow"
    """It ran out of time and was stopped."""
    DIED = "died"
    """It ran out of memory, wrote too much, or crashed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`answer`: what the child wrote, empty unless it answered."""

    fate: Fate
    answer: bytes = b""


def confine(input_bytes: int = 0) -> None:
    """Called by the child: from here on it has little memory and time, and can open neither a file nor a socket.
    `input_bytes`: how much it will read."""
    memory = MEMORY + 3 * input_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_ANSWER, MOST_ANSWER))
    # 0, 1 and 2 are open already; there is no number for another, not even where one of them is closed.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    out = sys.stdout.buffer
    out.write(READY)
    out.flush()


def run_confined(module: str, words: Sequence[str], data: bytes, seconds: float = SECONDS) -> Ended:
    """Runs `python -m module WORD...` with `data` as its standard input. Blocks.

    Raises RetryableError where it did not start, or somebody stopped it. The child sees nothing of the environment
    but where Python finds its packages, and imports nothing from the working directory, which may be the stranger's
    as well.
    """
    command = [sys.executable, "-P", "-m", module, *words]
    try:
        # Standard output is a file, so that the limit on its size is the kernel's to keep.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                command,
                input=data,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
                env=_environment(),
            )
            out.seek(0)
            written = out.read(MOST_ANSWER)
    except subprocess.TimeoutExpired:
        return Ended(Fate.SLOW)
    except OSError as error:
        raise RetryableError("the child that reads strangers' files could not be started") from error
    if -done.returncode in _STOPPED:
        raise RetryableError("the child that reads strangers' files was stopped from outside")
    if not written.startswith(READY):
        raise RetryableError(
            f"the child that reads strangers' files did not start: exit status {done.returncode}; "
            f"`python -m {module}` says why"
        )
    if done.returncode == 0:
        return Ended(Fate.ANSWERED, written.removeprefix(READY))
    return Ended(Fate.SLOW if done.returncode == -signal.SIGXCPU else Fate.DIED)


def answered(ended: Ended) -> Mapping[str, Any] | None:
    """The JSON object that a child wrote; None where it wrote none."""
    if ended.fate is not Fate.ANSWERED:
        return None
    try:
        form = json.loads(ended.answer)
    except (ValueError, RecursionError):
        return None
    return form if isinstance(form, dict) else None


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "PATH") if name in os.environ}
