"""A source's state: there whole, or not at all."""

from pathlib import Path

import pytest

from sluice.hashes.change import HashStoreError
from sluice.hashes.sync.state import State, read_state, state_path, write_state

STATE = State("ab", {"since_s": 3, "page": "/next"}, 1, 2, 3, 4)


def test_written_and_read(tmp_path: Path) -> None:
    assert read_state(tmp_path, "first") is None
    write_state(tmp_path, "first", STATE)
    assert read_state(tmp_path, "first") == STATE
    assert [path.name for path in tmp_path.iterdir()] == ["sync-first.json"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"format": 1', '"format": 2'),
        ('"entries": 2', '"entries": -2'),
        ('"entries": 2', '"entries": true'),
        ('"at_ms": 1, ', ""),
        ('"since_s": 3', '"since_s": [3]'),
        ('"identity": "ab"', '"identity": 5'),
        ("{", "["),
    ],
)
def test_one_that_makes_no_sense(tmp_path: Path, old: str, new: str) -> None:
    write_state(tmp_path, "first", STATE)
    path = state_path(tmp_path, "first")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(HashStoreError, match="makes no sense: remove it"):
        read_state(tmp_path, "first")
