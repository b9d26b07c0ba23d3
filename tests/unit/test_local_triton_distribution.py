"""Installing Triton: with a Python that its backend can be run with, or with a word on what is missing."""

import os
import sys
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.local import triton_distribution
from sluice.local.triton_distribution import (
    LOCK,
    PYTHONS,
    Distribution,
    Interpreter,
    distribution_folder,
    ensure_triton,
    find_interpreter,
)


def python(folder: Path, name: str, answer: str) -> Path:
    """A program that says of itself what a Python would."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH; this interpreter is one that the backend cannot use."""
    monkeypatch.setattr(sys, "executable", str(python(tmp_path / "here", "python", "3.14\\n/lib\\n")))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def test_the_first_python_that_is_fit(path: Path) -> None:
    python(path, "python3.11", "3.11\\n\\n")
    fit = python(path, "python3.12", "3.12\\n/opt/lib\\n")
    assert find_interpreter({"PATH": str(path)}) == Interpreter(fit, "3.12", "/opt/lib")


def test_a_library_that_the_loader_finds_needs_no_folder(path: Path) -> None:
    fit = python(path, "python3.11", "3.11\\n.\\n")
    assert find_interpreter({"PATH": str(path)}) == Interpreter(fit, "3.11", "")


def test_what_is_missing_is_said_with_what_mends_it(path: Path) -> None:
    python(path, "python3.11", "3.11\\n\\n")
    with pytest.raises(NotReadyError) as caught:
        find_interpreter({"PATH": str(path)})
    for part in ("is Python 3.14", "has no libpython3.11.so.1.0", "apt-get install libpython3.11", "--enable-shared"):
        assert part in str(caught.value)


def test_no_python_at_all(path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"needs Python 3\.11 or 3\.12"):
        find_interpreter({"PATH": str(path)})


def test_where_it_is_kept(tmp_path: Path) -> None:
    assert distribution_folder({"SLUICE_TRITON_DIST": str(tmp_path)}) == tmp_path
    assert distribution_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/sluice/triton-2.51.0")
    assert distribution_folder({"HOME": "/h"}) == Path("/h/.cache/sluice/triton-2.51.0")


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("")
    with pytest.raises(NotReadyError, match="holds something that is not Triton"):
        ensure_triton({**os.environ, "SLUICE_TRITON_DIST": str(tmp_path)}, print)
    assert (tmp_path / "theirs").exists()


def test_a_download_that_fails_leaves_nothing_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "triton.lock"
    # A pin that no index has to be asked about: pip refuses a line without a hash.
    lock.write_text("nothing-of-the-kind==1\n")
    monkeypatch.setattr(triton_distribution, "LOCK", lock)
    folder = tmp_path / "triton"
    with pytest.raises(NotReadyError, match=r"could not be installed .*run python -m sluice\.local\.triton fetch"):
        ensure_triton({**os.environ, "SLUICE_TRITON_DIST": str(folder)}, print)
    assert not (folder / lock.name).exists()


def test_the_server_sees_its_own_python_and_libraries_and_nothing_of_ours(tmp_path: Path) -> None:
    shipped = Distribution(tmp_path, Interpreter(Path("/p"), "3.11", "/opt/lib"))
    env = shipped.environment({"PATH": "/bin", "PYTHONPATH": "/ours", "HOME": "/h"})
    assert env["PATH"] == f"{tmp_path}/venv/bin:/bin"
    libraries = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "nvidia_pytriton.libs"
    assert env["LD_LIBRARY_PATH"] == f"{libraries}:/opt/lib"
    assert env["HOME"] == "/h"
    assert "PYTHONPATH" not in env


def test_everything_is_pinned_by_hash() -> None:
    lines = LOCK.read_text().splitlines()
    pins = [at for at, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert any(lines[at].startswith("nvidia-pytriton==") for at in pins)
    assert all("--hash=sha256:" in lines[at + 1] for at in pins)
    assert "3.11" in PYTHONS
