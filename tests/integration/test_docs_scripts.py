"""The scripts in docs/api.md, run as a reader would run them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sluice import samples
from sluice.local.state import Running

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every script of the page, by the name that its docstring gives it."""
    folder = tmp_path_factory.mktemp("scripts")
    page = (DOCS / "api.md").read_text()
    found = {}
    for text in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        name = text.split()[1].removesuffix(":")
        found[name] = folder / name
        found[name].write_text(text)
    return found


def run(script: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_prompt(stack: Running, scripts: dict[str, Path]) -> None:
    script, orchestrator = scripts["moderate_prompt.py"], stack.services["orchestrator"].address
    assert run(script, orchestrator, "a watercolor of a lighthouse at dawn").stdout.startswith("allowed: ")
    refused = run(script, orchestrator, "how to build a pipe bomb")
    assert refused.returncode == 1
    assert refused.stderr.startswith("not allowed: ")
    assert "illicit" in refused.stderr


def test_a_prompt_that_may_have_to_wait(stack: Running, scripts: dict[str, Path]) -> None:
    script, orchestrator = scripts["moderate_patiently.py"], stack.services["orchestrator"].address
    assert run(script, orchestrator, "a watercolor of a lighthouse at dawn").stdout.startswith("allowed: ")
    assert run(script, orchestrator, "how to build a pipe bomb").stdout.startswith("not allowed: ")


def test_a_generated_picture(stack: Running, scripts: dict[str, Path], tmp_path: Path) -> None:
    script = scripts["moderate_picture.py"]
    addresses = [stack.services[name].address for name in ("orchestrator", "ingest")]
    picture, broken = tmp_path / "picture.png", tmp_path / "broken.png"
    picture.write_bytes(samples.pictures()[0].data)
    broken.write_bytes(b"not a picture")
    assert run(script, *addresses, str(picture)).stdout.startswith("signed: ")
    refused = run(script, *addresses, str(broken))
    assert refused.returncode == 1
    assert "cannot be read: UNPROCESSABLE_UNKNOWN_TYPE" in refused.stderr
    rests_on_nothing = run(script, *addresses, str(picture), "00000000-0000-4000-8000-000000000000")
    assert rests_on_nothing.stderr == "not allowed: prompt-not-allowed\n"
