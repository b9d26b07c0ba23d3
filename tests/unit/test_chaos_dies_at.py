"""A service that dies at a line: which lines there are, and that it does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.dies_at import Death, lines, sources, weight

DIES_AT = Path(__file__).parents[1] / "chaos" / "dies_at.py"


def test_lines_are_those_inside_functions(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("import os\n\nclass A:\n    b = 1\n\n    def c(self):\n        return [d for d in os.sep]\n")
    assert lines(module) == [7]


def test_every_service_that_dies_has_lines() -> None:
    for package in ("orchestrator", "ingest", "c2pa_signer"):
        found = sources(package)
        assert any(path.parent.name == package for path in found)
        assert all(path.is_file() for path in found)
        assert sum(weight(path) for path in found) > 500


@pytest.mark.parametrize("seed", [1, 2])
def test_it_dies_without_a_word_but_the_line(seed: int, tmp_path: Path) -> None:
    """After its seconds are over any line of the bus will do: here the very first that runs."""
    package = tmp_path / "talker"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(
        "import atexit\nfrom sluice.bus.offsets import OffsetTracker\n"
        "atexit.register(print, 'clean up')\ntracker = OffsetTracker()\n"
        "for number in range(10_000_000):\n    tracker.start(number)\n    tracker.done(number)\n"
    )
    ended = subprocess.run(
        [sys.executable, str(DIES_AT), str(seed), "0.2", "talker"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    assert ended.stderr.startswith("died at sluice/bus/offsets.py:")
    assert "clean up" not in ended.stdout


def test_a_seed_chooses_the_same_line() -> None:
    chosen = {(death._file, death._line) for death in (Death(5, 1.0, "orchestrator") for _ in range(3))}
    assert len(chosen) == 1
    others = {(death._file, death._line) for death in (Death(seed, 1.0, "orchestrator") for seed in range(20))}
    assert len(others) > 10
