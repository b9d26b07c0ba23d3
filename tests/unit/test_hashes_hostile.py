"""A hostile file is refused or answers wrongly; it never brings the process down.

Each engine searches in a process of its own, so that a crash is seen and not suffered.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from sluice.hashes.build import build
from sluice.hashes.engine import engines
from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import DIGEST_BYTES
from tests.unit.hash_files import array, random_hashes, turned

ROOT = Path(__file__).parents[2]
ROUNDS = 150


@pytest.mark.parametrize("tables", [True, False])
@pytest.mark.parametrize("engine", engines())
def test_broken_files_are_refused_or_answered(engine: str, tables: bool, tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    hashes = random_hashes(150)
    hashes += [turned(hashes[0], number % 30, number) for number in range(150)]
    known = {kind: Column.of_all(array([one[:size] for one in hashes], size)) for kind, size in DIGEST_BYTES.items()}
    run = Entries([f"entry-{number}" for number in range(300)], 0, Column.of_all(array(hashes)), known=known)
    build(path, [run], tables=tables)
    command = [sys.executable, "-m", "tests.unit.hostile_hash_files", str(path), engine, "1", str(ROUNDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    refused, searched = map(int, done.stdout.split())
    assert refused + searched == ROUNDS
    assert min(refused, searched) > ROUNDS // 10
