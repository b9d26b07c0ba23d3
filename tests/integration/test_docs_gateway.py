"""The scripts in docs/gateway.md, run as a reader would run them: they print what the page says."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice import samples
from sluice.local.state import Running
from tests.integration.gateway_clients import FOLDER, Gateway

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text()


@pytest.fixture(scope="module")
def env(stack: Running) -> Iterator[dict[str, str]]:
    """What a reader sets."""
    gateway = Gateway.of(stack)
    with gateway.key() as key:
        yield {**os.environ, "OPENAI_BASE_URL": f"{gateway.url}/v1", "OPENAI_API_KEY": key}


def script(language: str) -> tuple[str, str]:
    """A script of the page, and what it says that it prints."""
    found = re.search(rf"^```{language}\n(.*?)^```\n\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1], found[2]


def test_in_python(env: dict[str, str], tmp_path: Path) -> None:
    text, printed = script("python")
    (tmp_path / "moderate.py").write_text(text)
    (tmp_path / "test-1.png").write_bytes(samples.test_bank_pictures()[0].data)
    command = [sys.executable, "moderate.py", "test-1.png"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == printed, done.stderr


def test_in_node(env: dict[str, str], tmp_path: Path) -> None:
    text, printed = script("javascript")
    (tmp_path / "moderate.mjs").write_text(text)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    command = ["node", "moderate.mjs"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == printed, done.stderr
