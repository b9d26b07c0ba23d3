"""The scripts in docs/examples, run as a stranger would run them."""

import subprocess
import sys
from pathlib import Path

import pytest

from sluice import samples
from sluice.local.state import Running

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [("a watercolor of a lighthouse at dawn", "ACTION_ALLOW"), ("how to build a pipe bomb", "ACTION_BLOCK")],
)
def test_a_plain_producer_gets_its_decision(stack: Running, words: str, expected: str) -> None:
    assert expected in run("plain_producer.py", stack.kafka, words)


def test_a_plain_producer_gets_its_signed_picture(stack: Running, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(samples.pictures()[0].data)
    assert "signed: file:///" in run("plain_output.py", stack.kafka, str(picture))
