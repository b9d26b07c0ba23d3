"""A real Triton server for a CPU: NVIDIA's wheel, in a virtual environment of its own, made once by pip and kept.

The wheel (nvidia-pytriton, Apache-2.0) has the server, its Python backend, and nothing for GPUs. It wants another
NumPy than this project: it shares nothing with it. The pins are in `triton.lock` beside this file.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock
from sluice.local.progress import Say

TRITON_VERSION: Final = "2.51.0"
LOCK: Final = Path(__file__).with_name("triton.lock")
FETCH_COMMAND: Final = "python -m sluice.local.triton fetch"
PYTHONS: Final = ("3.11", "3.12")
"""What the wheel's dependencies have wheels for."""

_LOCK_SECONDS = 900.0
_PIP_SECONDS = 900.0
_FACTS = (
    "import os, sys, sysconfig; v = '%d.%d' % sys.version_info[:2]; n = f'libpython{v}.so.1.0'\n"
    "d = sysconfig.get_config_var('LIBDIR') or ''\n"
    "found = d if os.path.isfile(os.path.join(d, n)) else ''\n"
    "if not found:\n"
    "    import ctypes\n"
    "    try: ctypes.CDLL(n); found = '.'\n"
    "    except OSError: pass\n"
    "print(v); print(found)\n"
)
"""Prints the version, and where its shared library is: a folder, "." where the loader finds it itself, or nothing."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that Triton's backend can be run with. `library`: folder of its libpython, "" for the system's own."""

    program: Path
    version: str
    library: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """What was installed."""

    folder: Path
    python: Interpreter

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return self.folder / "venv" / "lib" / f"python{self.python.version}" / "site-packages"

    @property
    def server(self) -> Path:
        """The program."""
        return self.packages / "pytriton" / "tritonserver" / "bin" / "tritonserver"

    @property
    def backends(self) -> Path:
        """The Python backend, with the stub of the right Python beside it."""
        return self.folder / "backends"

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """For the server: its libraries, and its own interpreter first on PATH, which is how the backend finds it."""
        libraries = [str(self.packages / "nvidia_pytriton.libs"), self.python.library]
        path = f"{self.folder / 'venv' / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
        kept = {key: value for key, value in env.items() if not key.startswith("PYTHON")}
        return {**kept, "PATH": path, "LD_LIBRARY_PATH": os.pathsep.join(each for each in libraries if each)}


def distribution_folder(env: Mapping[str, str]) -> Path:
    """SLUICE_TRITON_DIST, else `sluice/triton-2.51.0` in the user's cache folder."""
    chosen = env.get("SLUICE_TRITON_DIST", "")
    if chosen:
        return Path(chosen).absolute()
    named = env.get("XDG_CACHE_HOME", "")
    cache = Path(named) if named else Path(env.get("HOME", "") or Path.home()) / ".cache"
    return cache.absolute() / "sluice" / f"triton-{TRITON_VERSION}"


def ensure_triton(env: Mapping[str, str], say: Say) -> Distribution:
    """The server, installed where it is not there yet (about 85 MB to fetch, 440 MB on disk).

    Raises NotReadyError, with the command that mends it, where no Python is fit for it or pip cannot fetch it.
    """
    folder = distribution_folder(env)
    lock_file = folder.parent / f".{folder.name}.lock"
    lock = FileLock.take(lock_file, _LOCK_SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been installing Triton into {folder} for {_LOCK_SECONDS:.0f} s")
    try:
        if not _is_complete(folder):
            _install(folder, find_interpreter(env), env, say)
        return Distribution(folder, _facts(folder / "venv" / "bin" / "python"))
    finally:
        lock.release()


def find_interpreter(env: Mapping[str, str]) -> Interpreter:
    """This Python if it is fit, else the first on PATH that is. Raises NotReadyError."""
    reasons = []
    for program in _candidates(env):
        try:
            found = _facts(program)
        except NotReadyError as error:
            reasons.append(str(error))
        else:
            return found
    why = "; ".join(reasons) or f"there is no Python {' or '.join(PYTHONS)} on PATH"
    raise NotReadyError(
        f"Triton's Python backend needs Python {' or '.join(PYTHONS)} with its shared library: {why}. On Debian and "
        f"Ubuntu: apt-get install libpython3.11 python3.11-venv; with pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared "
        f"pyenv install 3.11. Then: {FETCH_COMMAND}"
    )


def _candidates(env: Mapping[str, str]) -> Iterator[Path]:
    # Of a virtual environment the Python that it was made from: its libraries lie there.
    yield Path(sys.executable).resolve()
    for version in PYTHONS:
        found = shutil.which(f"python{version}", path=env.get("PATH", ""))
        if found:
            yield Path(found)


def _facts(program: Path) -> Interpreter:
    try:
        done = subprocess.run([program, "-I", "-c", _FACTS], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotReadyError(f"{program} cannot be run ({type(error).__name__})") from error
    version, _, library = done.stdout.partition("\n")
    if done.returncode or version not in PYTHONS:
        raise NotReadyError(f"{program} is Python {version or '?'}")
    if not library.strip():
        raise NotReadyError(f"{program} has no libpython{version}.so.1.0")
    return Interpreter(program, version, library.strip().removeprefix("."))


def _is_complete(folder: Path) -> bool:
    copy = folder / LOCK.name
    return copy.is_file() and copy.read_bytes() == LOCK.read_bytes()


def _install(folder: Path, python: Interpreter, env: Mapping[str, str], say: Say) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / "venv").is_dir():
        raise NotReadyError(f"{folder} holds something that is not Triton: point SLUICE_TRITON_DIST elsewhere")
    say(f"installing Triton {TRITON_VERSION} with pip into {folder} (about 85 MB, once)")
    # A virtual environment knows its own path: it is made in place, and is whole once the lock is copied there.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    venv = folder / "venv"
    _run([str(python.program), "-m", "venv", str(venv)], env)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)], env)
    shipped = Distribution(folder, python)
    home = shipped.packages / "pytriton" / "tritonserver"
    shutil.copytree(home / "backends" / "python", shipped.backends / "python")
    stub = home / "python_backend_stubs" / python.version / "triton_python_backend_stub"
    shutil.copy2(stub, shipped.backends / "python")
    shutil.copyfile(LOCK, folder / LOCK.name)
    say(f"Triton {TRITON_VERSION} is in {folder}")


def _run(command: list[str], env: Mapping[str, str]) -> None:
    with TemporaryDirectory(prefix="sluice-triton-") as scratch:
        output = Path(scratch) / "output"
        with output.open("wb") as out:
            try:
                done = subprocess.run(
                    command, env=dict(env), stdout=out, stderr=out, timeout=_PIP_SECONDS, check=False
                )
            except subprocess.TimeoutExpired as error:
                raise NotReadyError(f"pip took more than {_PIP_SECONDS:.0f} s; run: {FETCH_COMMAND}") from error
        if done.returncode != 0:
            lines = [line for line in output.read_text(errors="replace").splitlines() if line.strip()]
            why = lines[-1] if lines else f"status {done.returncode}"
            raise NotReadyError(f"Triton could not be installed ({why}): see to pip's network, run {FETCH_COMMAND}")
