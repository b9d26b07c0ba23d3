"""Apache Kafka's own jars: resolved once by Maven from the pinned pom.xml beside this file, then kept."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.java import find_java
from sluice.local.locks import FileLock
from sluice.local.progress import Say

KAFKA_VERSION: Final = "4.3.1"
POM: Final = Path(__file__).with_name("pom.xml")
FETCH_COMMAND: Final = "sluice dev kafka"

_LOCK_SECONDS = 900.0
_TELL_SECONDS = 10.0


def distribution_folder(env: Mapping[str, str]) -> Path:
    """Where the jars are kept: SLUICE_KAFKA_DIST, else `sluice/kafka-4.3.1` in the user's cache folder."""
    chosen = env.get("SLUICE_KAFKA_DIST", "")
    if chosen:
        return Path(chosen).absolute()
    named = env.get("XDG_CACHE_HOME", "")
    cache = Path(named) if named else Path(env.get("HOME", "") or Path.home()) / ".cache"
    return cache.absolute() / "sluice" / f"kafka-{KAFKA_VERSION}"


def is_complete(folder: Path) -> bool:
    """Whether the folder can be used: it is what this pom.xml resolves to, or a Kafka that somebody unpacked."""
    copy = folder / POM.name
    if copy.is_file():
        return copy.read_bytes() == POM.read_bytes()
    return any((folder / "libs").glob("kafka_2.13-4.*.jar"))


def ensure_kafka(env: Mapping[str, str], say: Say) -> Path:
    """The folder of jars, fetched by Maven where it is not there yet (about 45 MB).

    Raises NotReadyError, with the command that mends it, where Maven is missing or cannot fetch them.
    """
    folder = distribution_folder(env)
    if is_complete(folder):
        return folder / "libs"
    lock_file = folder.parent / f".{folder.name}.lock"
    lock = FileLock.take(lock_file)
    if lock is None:
        say("another process is fetching Kafka; waiting for it")
        lock = FileLock.take(lock_file, _LOCK_SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been fetching Kafka into {folder} for {_LOCK_SECONDS:.0f} s")
    try:
        if not is_complete(folder):
            _resolve(folder, env, say)
    finally:
        lock.release()
    return folder / "libs"


def _resolve(folder: Path, env: Mapping[str, str], say: Say) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / POM.name).is_file():
        raise NotReadyError(f"{folder} holds something that is not Kafka: point SLUICE_KAFKA_DIST elsewhere")
    maven = shutil.which("mvn", path=env.get("PATH", ""))
    if maven is None:
        raise NotReadyError(
            "Maven fetches Kafka and is not installed: run `apt-get install maven` (or your system's equal), "
            f"then `{FETCH_COMMAND}`; or point SLUICE_KAFKA_DIST at an unpacked Kafka {KAFKA_VERSION}"
        )
    java = find_java(env)
    say(f"fetching Apache Kafka {KAFKA_VERSION} with Maven (about 45 MB, once)")
    fresh = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    old = fresh / "old"
    try:
        command = [maven, "-B", "-ntp", "-q", "--strict-checksums", "-f", str(POM)]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={fresh / 'new' / 'libs'}"]
        # Maven needs a Java too, and the one from a Python package is on nobody's PATH.
        _run(command, {**env, **({"JAVA_HOME": str(java.home)} if java.is_whole else {})}, say)
        shutil.copyfile(POM, fresh / "new" / POM.name)
        if folder.exists():
            folder.rename(old)
        (fresh / "new").rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    say(f"Apache Kafka {KAFKA_VERSION} is in {folder}")


def _run(command: list[str], env: Mapping[str, str], say: Say) -> None:
    handle, name = mkstemp(prefix="sluice-maven-")
    output = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            maven = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            _wait(maven, say)
        if maven.returncode != 0:
            errors = [line for line in output.read_text(errors="replace").splitlines() if "ERROR" in line]
            why = errors[0] if errors else f"mvn exited with status {maven.returncode}"
            raise NotReadyError(f"Maven could not fetch Kafka ({why}): see to its network, run `{FETCH_COMMAND}`")
    finally:
        output.unlink()


def _wait(maven: "subprocess.Popen[bytes]", say: Say) -> None:
    started = time.monotonic()
    try:
        while True:
            try:
                maven.wait(_TELL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"Maven is still at it, {time.monotonic() - started:.0f} s")
    finally:
        if maven.poll() is None:
            maven.kill()
            maven.wait()
