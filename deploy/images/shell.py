"""Programs that this tool calls, and what it says when one of them fails or is not there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError

PACKAGES: Final[Mapping[str, str]] = {"buildah": "buildah", "crun": "crun", "mmdebstrap": "mmdebstrap"}
"""Program -> the Debian package that has it."""

_SECONDS = 3600


def say(line: str) -> None:
    """Tells a person what happens; standard output is for the result."""
    sys.stderr.write(f"images: {line}\n")
    sys.stderr.flush()


def ensure_programs(install: bool, which: Mapping[str, str] = PACKAGES) -> None:
    """Sees to it that the programs are there. `install`: fetches those that are not, by apt, where we are root.

    Raises NotReadyError with the command that mends it.
    """
    missing = sorted({package for program, package in which.items() if shutil.which(program) is None})
    if missing and install and os.geteuid() == 0:
        say(f"installing {', '.join(missing)}")
        run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *missing])
        missing = sorted({package for program, package in which.items() if shutil.which(program) is None})
    if missing:
        command = f"apt-get install --no-install-recommends {' '.join(missing)}"
        raise NotReadyError(f"images are built with programs that are not here; as root: {command}")


def run(command: Sequence[str], log: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """What the program prints. Its other words go to `log`, where one is given, else to ours.

    Raises NotReadyError where it fails, with its last words.
    """
    words = log.open("ab") if log else None
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words or subprocess.PIPE,
            env=dict(env) if env is not None else None,
            timeout=_SECONDS,
            check=False,
        )
    finally:
        if words:
            words.close()
    if done.returncode:
        last = log.read_text(errors="replace") if log else (done.stderr or b"").decode(errors="replace")
        raise NotReadyError(f"`{' '.join(command[:6])} ...` failed: {last[-2000:].strip()}")
    return done.stdout.decode()
