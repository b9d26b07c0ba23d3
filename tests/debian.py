"""Programs out of Debian's packages for the tests, fetched once into the user's cache folder.

They are downloaded by apt and unpacked: nothing is installed, no service starts, and nobody needs to be root.
"""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock

_SECONDS = 300

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Packages:
    """What to fetch. `title`: as a person calls it; `folder`: its name in the cache; `by_hand`: what to do on a
    machine without apt."""

    title: str
    folder: str
    names: tuple[str, ...]
    by_hand: str


def ensure(wanted: Packages, find: Callable[[Path], T | None], env: Mapping[str, str]) -> T:
    """What `find` finds below a root folder into which the packages are unpacked, now or by an earlier call.

    Raises NotReadyError where they cannot be fetched: a test that needs them fails with that line.
    """
    folder = cache(env) / wanted.folder
    lock = FileLock.take(folder.parent / f".{folder.name}.lock", _SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been fetching {wanted.title} into {folder} for {_SECONDS} s")
    try:
        found = find(folder)
        if found is None:
            _fetch(wanted, folder)
            found = find(folder)
    finally:
        lock.release()
    if found is None:
        raise NotReadyError(f"Debian's packages of {wanted.title} do not hold what they should; {wanted.by_hand}")
    return found


def cache(env: Mapping[str, str]) -> Path:
    """The folder in which the tests' tools are kept."""
    named = env.get("XDG_CACHE_HOME", "")
    folder = Path(named) if named else Path(env.get("HOME", "") or Path.home()) / ".cache"
    return folder.absolute() / "sluice"


def _fetch(wanted: Packages, folder: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NotReadyError(f"tests need {wanted.title}, and there is no apt-get to fetch it with: {wanted.by_hand}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name)
        (work / "lists/partial").mkdir(parents=True)
        (work / "packages").mkdir()
        # Apt's sandbox user cannot write here, and no other program uses these lists.
        own = ["-o", f"Dir::State::lists={work}/lists", "-o", f"Dir::Cache={work}", "-o", "APT::Sandbox::User="]
        own += ["-o", "Debug::NoLocking=1"]
        download = ["download", "--quiet", *wanted.names]
        if not _runs(["apt-get", *download], work / "packages"):
            _run(wanted, ["apt-get", *own, "update", "--quiet"], work)
            _run(wanted, ["apt-get", *own, *download], work / "packages")
        for package in sorted((work / "packages").glob("*.deb")):
            _run(wanted, ["dpkg", "-x", str(package), str(work / "root")], work)
        # What an earlier release of ours unpacked there has not all that is wanted now.
        shutil.rmtree(folder, ignore_errors=True)
        (work / "root").rename(folder)


def _run(wanted: Packages, command: Sequence[str], folder: Path) -> None:
    if not _runs(command, folder):
        raise NotReadyError(f"{wanted.title} cannot be fetched: `{' '.join(command)}` failed; {wanted.by_hand}")


def _runs(command: Sequence[str], folder: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
