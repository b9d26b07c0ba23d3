"""An image gets the versions that the tests ran with, all of them by hash, and nothing of the tests' own."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "deploy/images"
OF_ONE = ["c2pa-signer", "provenance", "reporter", "gateway"]
"""Locks of what one service needs beyond the others."""
LOCKS = ["cpu", "gpu", *OF_ONE, "build"]


def pinned(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", path.read_text(), re.MULTILINE))


def wanted(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(one for extra in extras for one in project["optional-dependencies"][extra])]
    return {re.match(r"[a-z0-9-]+", line)[0] for line in lines}  # type: ignore[index]  # each begins with a name


@pytest.mark.parametrize("name", LOCKS)
def test_versions_are_those_of_the_tests(name: str) -> None:
    tested = pinned(ROOT / "requirements.lock")
    beside = {one for one in pinned(IMAGES / f"{name}.lock") if one.startswith("nvidia-") or one == "onnxruntime-gpu"}
    assert bool(beside) == (name == "gpu")
    for package, version in pinned(IMAGES / f"{name}.lock").items():
        if package not in beside:
            assert tested[package] == version, package


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_held_to_its_hash(name: str) -> None:
    text = (IMAGES / f"{name}.lock").read_text()
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned(IMAGES / f"{name}.lock"))
    for block in blocks:
        assert "--hash=sha256:" in block, block[:40]
    assert "--index-url" not in text


def test_an_image_has_all_that_its_service_needs() -> None:
    # The extension computes what pdqhash would, and a build without the extension fails.
    cpu = pinned(IMAGES / "cpu.lock").keys() | {"pdqhash"}
    assert wanted("heic", "triton") <= cpu
    assert wanted("pkcs11", "aws-kms", "gcp-kms", "azure-kms") - cpu <= pinned(IMAGES / "c2pa-signer.lock").keys()
    assert wanted("postgres") - cpu <= pinned(IMAGES / "provenance.lock").keys()
    assert wanted("postgres", "aws-kms", "gcp-kms", "azure-kms") - cpu <= pinned(IMAGES / "reporter.lock").keys()
    assert wanted("gateway", "postgres") - cpu <= pinned(IMAGES / "gateway.lock").keys()


def test_an_image_has_nothing_of_the_tests() -> None:
    for name in ("cpu", "gpu", *OF_ONE):
        there = pinned(IMAGES / f"{name}.lock").keys()
        assert not there & {"pytest", "mypy", "ruff", "setuptools", "wheel", "pip", "scikit-learn", "pdqhash"}


def test_what_only_one_service_needs_is_in_no_other_image() -> None:
    cpu = pinned(IMAGES / "cpu.lock").keys()
    for name in OF_ONE:
        assert not pinned(IMAGES / f"{name}.lock").keys() & cpu


def test_one_runtime_for_models_and_the_same_release_of_it() -> None:
    cpu, gpu = pinned(IMAGES / "cpu.lock"), pinned(IMAGES / "gpu.lock")
    assert "onnxruntime-gpu" not in cpu
    assert "onnxruntime" not in gpu
    assert cpu["onnxruntime"] == gpu["onnxruntime-gpu"]
    assert cpu.keys() - gpu.keys() == {"onnxruntime"}
