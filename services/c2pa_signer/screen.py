"""Looks at the credentials that a stranger's picture brings along, in a child process with limits.

A manifest store can be built so that reading it takes gigabytes. The child has none of the signer's keys and little
memory and time; a picture that it cannot read in peace has no credentials that are worth carrying on.
"""

import os
import subprocess
import sys

from sluice.errors import RetryableError
from sluice.provenance import State

SECONDS = 10
"""Wall clock. Reading an honest store takes milliseconds, starting the child a few tenths of a second."""

READY = b"ready\n"

_MARK = b"jumb"
"""Type of the box that every manifest store begins with (ISO/IEC 19566-5)."""


def screen(data: bytes, media_type: str, seconds: float = SECONDS) -> State:
    """NONE, VALID or INVALID: nobody is trusted here. Starts no child where the bytes hold no manifest store.

    Raises RetryableError where the child did not start.
    """
    if _MARK not in data:
        return State.NONE
    command = [sys.executable, "-m", "c2pa_signer.screen_child", media_type]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=seconds, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        return State.INVALID
    except OSError as error:
        raise RetryableError("the child that reads credentials could not be started") from error
    if not done.stdout.startswith(READY):
        raise RetryableError(f"the child that reads credentials did not start: exit status {done.returncode}")
    answer = done.stdout.removeprefix(READY).decode("ascii", "replace").strip()
    known = done.returncode == 0 and answer in (State.NONE, State.VALID)
    return State(answer) if known else State.INVALID


def _environment() -> dict[str, str]:
    """What Python needs to find this package, and nothing that a service was told in confidence."""
    return {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "PATH") if name in os.environ}
