"""A wheel built from a fresh checkout, as an image's build does it, holds all that services import and read."""

import os
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from sluice.local.entry_points import service_names

ROOT = Path(__file__).parents[2]
MADE = shutil.ignore_patterns("__pycache__", "v1", "_native*.so", "*.egg-info")
"""What only a checkout has in which somebody has built or installed already."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which nobody has built anything."""
    fresh = tmp_path_factory.mktemp("checkout")
    for name in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, fresh)
    shutil.copytree(ROOT / "protos", fresh / "protos")
    shutil.copytree(ROOT / "services", fresh / "services", ignore=MADE)
    return fresh


@pytest.fixture(scope="module")
def beside(fresh: Path) -> set[str]:
    """Files of services/ as they are before the build."""
    return {str(path.relative_to(fresh / "services")) for path in (fresh / "services").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def wheel(fresh: Path, beside: set[str], tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    assert beside
    out = tmp_path_factory.mktemp("wheels")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-index",
    ]
    # Where there is no Rust the extension is left out, and everything else is there.
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(out), str(fresh)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (made,) = out.iterdir()
    return zipfile.ZipFile(made)


def test_every_module_is_there(wheel: zipfile.ZipFile, beside: set[str]) -> None:
    assert {name for name in beside if name.endswith(".py")} <= set(wheel.namelist())


def test_the_contract_is_generated_into_it(wheel: zipfile.ZipFile) -> None:
    protos = {path.stem for path in (ROOT / "protos/sluice/v1").glob("*.proto")}
    assert {f"sluice/v1/{name}_pb2.py" for name in protos} <= set(wheel.namelist())
    assert "sluice/v1/orchestrator_pb2_grpc.py" in wheel.namelist()


def test_what_modules_read_beside_themselves_is_there(wheel: zipfile.ZipFile, beside: set[str]) -> None:
    read = {name for name in beside if name.endswith((".yaml", ".tsv", ".xml", ".lock", ".json", ".csv", ".typed"))}
    assert "sluice/local/pom.xml" in read
    assert read <= set(wheel.namelist())


def test_every_service_can_be_started_from_it(wheel: zipfile.ZipFile) -> None:
    (name,) = [each for each in wheel.namelist() if each.endswith(".dist-info/entry_points.txt")]
    found = ConfigParser()
    found.read_string(wheel.read(name).decode())
    assert sorted(found["sluice.services"]) == service_names()
