"""Programs run to their end."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.errors import SluiceError

_SECONDS: Final = 600


class CommandError(SluiceError):
    """A program ended with another exit status than 0, or not in time. The message has all that it said."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit status, and what it said on standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """All that it said, errors last."""
        return f"{self.out}{self.err}"


def run(
    argv: Sequence[str | Path],
    env: Mapping[str, str] = os.environ,
    stdin: str = "",
    folder: Path | None = None,
    seconds: float = _SECONDS,
) -> Ended:
    """Runs it to its end, whichever that is. CommandError where it has not ended within `seconds`."""
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            cwd=folder,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"`{_line(argv)}` has not ended within {seconds:.0f} s") from error
    return Ended(done.returncode, done.stdout, done.stderr)


def must(
    argv: Sequence[str | Path],
    env: Mapping[str, str] = os.environ,
    stdin: str = "",
    folder: Path | None = None,
    seconds: float = _SECONDS,
) -> Ended:
    """Runs it to its end. CommandError where that is not a good one."""
    ended = run(argv, env, stdin, folder, seconds)
    if ended.status:
        raise CommandError(f"`{_line(argv)}` ended with status {ended.status}:\n{ended.words.strip()}")
    return ended


def _line(argv: Sequence[str | Path]) -> str:
    return " ".join(part.name if isinstance(part, Path) else part for part in argv)
