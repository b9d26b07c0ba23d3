"""What reads the files of deploy/ as they are read where they run, made once and kept in the user's cache folder.

The programs are built from source: they need Go, and its module proxy and checksum database.

python -m tests.deploy.programs        makes what is not there yet
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock
from tests.debian import cache

COLLECTOR: Final = Path(__file__).with_name("otelcol")
COMPOSE: Final = Path(__file__).with_name("compose_check")
GRAFANA: Final = Path(__file__).with_name("grafana-types.lock")

_SECONDS: Final = 1800


def collector(env: Mapping[str, str] = os.environ) -> Path:
    """The OpenTelemetry Collector with the parts that deploy/otel names. NotReadyError where it cannot be built."""
    return _program(COLLECTOR, env)


def compose_check(env: Mapping[str, str] = os.environ) -> Path:
    """A program that prints what a Compose file means. NotReadyError where it cannot be built."""
    return _program(COMPOSE, env)


def grafana_types(env: Mapping[str, str] = os.environ) -> Path:
    """A folder with the package grafana-foundation-sdk. NotReadyError where it cannot be fetched."""
    return packages("grafana-types", GRAFANA, env)


def packages(name: str, lock: Path, env: Mapping[str, str] = os.environ) -> Path:
    """A folder with the Python packages of a lock, apart from those of the product. NotReadyError likewise."""

    def build(work: Path, made: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--no-deps", "--require-hashes", "--target", str(made), "-r", str(lock)], work, env)

    return built(name, [lock], build, env)


def _program(module: Path, env: Mapping[str, str]) -> Path:
    """Of a Go module, whose go.sum says what each of its dependencies must be."""

    def build(_: Path, made: Path) -> None:
        command = ["go", "build", "-C", str(module), "-trimpath", "-ldflags", "-s -w", "-o", str(made), "."]
        run(command, module, {**env, "CGO_ENABLED": "0"})

    return built(module.name, sorted(module.iterdir()), build, env)


def kept(name: str, sources: Sequence[Path], env: Mapping[str, str], how: str = "") -> Path:
    """Where what is made of `sources` by `how` is kept, whether or not it is there."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources) + how.encode()).hexdigest()
    return cache(env) / "deploy-checks" / f"{name}-{digest[:12]}"


def built(
    name: str, sources: Sequence[Path], build: Callable[[Path, Path], None], env: Mapping[str, str], how: str = ""
) -> Path:
    """What `build(folder for its work, path to make)` makes, made again where a source or `how` has changed."""
    program = kept(name, sources, env, how)
    program.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock.take(program.parent / f".{name}.lock", _SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been building {program} for {_SECONDS} s")
    try:
        if not program.exists():
            with TemporaryDirectory(dir=program.parent) as work:
                made = Path(work) / name
                build(Path(work), made)
                made.rename(program)
    finally:
        lock.release()
    return program


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float = _SECONDS) -> str:
    """What the command prints on standard output. NotReadyError where it fails, with the end of all that it said."""
    if command[0] == "go" and shutil.which("go", path=env.get("PATH")) is None:
        raise NotReadyError(
            "the checks of deploy/ are built from source, and there is no go: install Go 1.25 or later"
        )
    done = subprocess.run(
        command, cwd=folder, env=dict(env), capture_output=True, timeout=seconds, check=False, text=True
    )
    if done.returncode:
        raise NotReadyError(f"`{' '.join(command)}` failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def main() -> int:
    """Returns the process's exit status."""
    try:
        for program in (grafana_types(), compose_check(), collector()):
            print(program)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
