"""A Chromium of a pinned version and sum, in the user's cache folder, with the libraries and fonts that it needs."""

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock
from tests.debian import cache

HERE: Final = Path(__file__).parent
_PACKAGE: Final = "node_modules/@sparticuz/chromium"
_SECONDS: Final = 300
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    """The program, and what it needs in its environment."""

    program: Path
    env: Mapping[str, str]


def ensure(env: Mapping[str, str]) -> Chromium:
    """The browser, fetched now or by an earlier call. NotReadyError: a test that needs it fails with that line."""
    lock_file = (HERE / "package-lock.json").read_bytes()
    folder = cache(env) / f"chromium-{hashlib.sha256(lock_file).hexdigest()[:12]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock.take(folder.parent / f".{folder.name}.lock", _SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been fetching Chromium into {folder} for {_SECONDS} s")
    try:
        if not (folder / "chromium").is_file():
            _fetch(folder)
    finally:
        lock.release()
    return _found(folder)


def _fetch(folder: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise NotReadyError("tests need Chromium, and there is no npm to fetch it with: install Node")
    with TemporaryDirectory(dir=folder.parent) as name:
        work, made = Path(name), Path(name) / "made"
        made.mkdir()
        for each in ("package.json", "package-lock.json"):
            shutil.copy(HERE / each, work)
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work)
        _run([node, str(HERE / "unpack.mjs"), str(work / _PACKAGE), str(made)], work)
        for archive in made.glob("*.tar"):
            with tarfile.open(archive) as tar:
                tar.extractall(made, filter="data")
            archive.unlink()
        (made / "fonts.conf").write_text(_FONTS)
        (made / "chromium").chmod(0o755)
        made.rename(folder)


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotReadyError(f"Chromium cannot be fetched: `{' '.join(command[:2])}` takes too long") from None
    if done.returncode:
        raise NotReadyError(f"Chromium cannot be fetched: `{' '.join(command[:2])}` failed: {done.stderr[-400:]}")


def _found(folder: Path) -> Chromium:
    program = folder / "chromium"
    env = {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
    # A machine's own libraries are the better ones; a bare machine has none of them.
    for more in ({}, {"LD_LIBRARY_PATH": str(folder / "lib")}):
        done = subprocess.run([program, "--version"], capture_output=True, env=env | more, check=False, timeout=60)
        if done.returncode == 0:
            return Chromium(program, env | more)
    raise NotReadyError(f"{program} does not run here: {done.stderr[-400:].decode(errors='replace')}")
