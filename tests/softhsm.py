"""SoftHSM 2 for the tests: a real PKCS#11 token in software, from Debian's packages, fetched without root rights.

python -m tests.softhsm        fetches it where it is not there yet
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock

_PACKAGES = ("libsofthsm2", "softhsm2", "softhsm2-common")
_LIBRARY = "libsofthsm2.so"
_UTILITY = "softhsm2-util"
_SYSTEM = (
    "usr/lib/softhsm",
    f"usr/lib/{platform.machine()}-linux-gnu/softhsm",
    "usr/local/lib/softhsm",
    "opt/homebrew/lib/softhsm",
)
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """The library that speaks PKCS#11 and the program that makes tokens."""

    library: Path
    utility: Path


def ensure(env: Mapping[str, str]) -> SoftHsm:
    """What the system has, else what was fetched once into the user's cache folder.

    Raises NotReadyError where it cannot be fetched: a test that needs it fails with that line.
    """
    found = _find(Path("/"), shutil.which(_UTILITY))
    if found is not None:
        return found
    folder = _folder(env)
    lock = FileLock.take(folder.parent / f".{folder.name}.lock", _SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been fetching SoftHSM into {folder} for {_SECONDS} s")
    try:
        found = _find(folder, str(folder / "usr/bin" / _UTILITY))
        if found is None:
            _fetch(folder)
            found = _find(folder, str(folder / "usr/bin" / _UTILITY))
    finally:
        lock.release()
    if found is None:
        raise NotReadyError(f"Debian's packages of SoftHSM hold no {_LIBRARY} and {_UTILITY} where they should be")
    return found


def _folder(env: Mapping[str, str]) -> Path:
    named = env.get("XDG_CACHE_HOME", "")
    cache = Path(named) if named else Path(env.get("HOME", "") or Path.home()) / ".cache"
    return cache.absolute() / "sluice" / "softhsm2"


def _find(root: Path, utility: str | None) -> SoftHsm | None:
    libraries = [root / folder / _LIBRARY for folder in _SYSTEM if (root / folder / _LIBRARY).is_file()]
    if not libraries or utility is None or not Path(utility).is_file():
        return None
    return SoftHsm(libraries[0], Path(utility))


def _fetch(folder: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NotReadyError(
            "the tests of PKCS#11 need SoftHSM 2, and there is no apt-get to fetch it with: install it "
            f"(softhsm2, softhsm) so that {_LIBRARY} lies in /usr/lib/softhsm"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name)
        (work / "lists/partial").mkdir(parents=True)
        (work / "packages").mkdir()
        # Apt's sandbox user cannot write here, and no other program uses these lists.
        own = ["-o", f"Dir::State::lists={work}/lists", "-o", f"Dir::Cache={work}", "-o", "APT::Sandbox::User="]
        own += ["-o", "Debug::NoLocking=1"]
        download = ["download", "--quiet", *_PACKAGES]
        if not _runs(["apt-get", *download], work / "packages"):
            _run(["apt-get", *own, "update", "--quiet"], work)
            _run(["apt-get", *own, *download], work / "packages")
        for package in sorted((work / "packages").glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(work / "root")], work)
        (work / "root").rename(folder)


def _run(command: Sequence[str], folder: Path) -> None:
    if not _runs(command, folder):
        raise NotReadyError(f"SoftHSM 2 cannot be fetched: `{' '.join(command)}` failed; install softhsm2 by hand")


def _runs(command: Sequence[str], folder: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Returns the process's exit status."""
    try:
        print(ensure(os.environ).library)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
