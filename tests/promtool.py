"""Prometheus and Alertmanager for the tests, with their tools that check files: from Debian's packages.

python -m tests.promtool        fetches them where they are not there yet
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.errors import NotReadyError
from tests import debian

_PACKAGES = debian.Packages(
    "Prometheus",
    "prometheus",
    ("prometheus", "prometheus-alertmanager"),
    "install Prometheus and Alertmanager by hand, so that their servers, promtool and amtool are on the PATH",
)
_SECONDS = 120
# Debian calls the server as its package, everybody else as the project does.
_ALERTMANAGER = ("prometheus-alertmanager", "alertmanager")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The servers, and the programs that check their files."""

    promtool: Path
    prometheus: Path
    amtool: Path
    alertmanager: Path


def ensure(env: Mapping[str, str] = os.environ) -> Prometheus:
    """What the system has, else what was fetched once into the user's cache folder.

    Raises NotReadyError where it cannot be fetched: a test that needs it fails with that line.
    """
    return _installed() or debian.ensure(_PACKAGES, _unpacked, env)


def promtool(arguments: Sequence[str | Path], folder: Path | None = None) -> tuple[int, str]:
    """Runs promtool to its end: the exit status, and what it said on both streams. `folder`: where it runs, which
    is what the paths in a test of rules are relative to where they are not relative to the file."""
    return run(ensure().promtool, arguments, folder)


def amtool(arguments: Sequence[str | Path], folder: Path | None = None) -> tuple[int, str]:
    """Runs amtool, likewise."""
    return run(ensure().amtool, arguments, folder)


def run(program: Path, arguments: Sequence[str | Path], folder: Path | None = None) -> tuple[int, str]:
    """Runs a program to its end: the exit status, and what it said on both streams."""
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


def _installed() -> Prometheus | None:
    found = [shutil.which(name) for name in ("promtool", "prometheus", "amtool")]
    server = next((path for name in _ALERTMANAGER if (path := shutil.which(name))), None)
    paths = [Path(path) for path in (*found, server) if path is not None]
    return Prometheus(*paths) if len(paths) == 4 else None


def _unpacked(root: Path) -> Prometheus | None:
    paths = [root / "usr/bin" / name for name in ("promtool", "prometheus", "amtool", _ALERTMANAGER[0])]
    return Prometheus(*paths) if all(path.is_file() for path in paths) else None


def main() -> int:
    """Returns the process's exit status."""
    try:
        print(ensure().promtool)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
