"""Exact digests: every copy is found, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.hashes.build import build
from sluice.hashes.engine import engines
from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import DIGEST_BYTES
from sluice.hashes.snapshot import Snapshot
from tests.unit.hash_files import array

every_kind = pytest.mark.parametrize("kind", DIGEST_BYTES)
every_engine = pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])


def opened(path: Path, kind: str, digests: list[bytes], engine: str) -> Snapshot:
    column = Column.of_all(array(digests, DIGEST_BYTES[kind]))
    build(path, [Entries([""] * len(digests), known={kind: column})], engine=engine)
    return Snapshot.open(path, engine)


@every_engine
@every_kind
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_digests(engine: str, kind: str, tmp_path: Path, data: st.DataObject) -> None:
    size = DIGEST_BYTES[kind]
    cell = st.binary(min_size=size, max_size=size) | st.sampled_from([bytes(size), b"\xff" * size])
    digests = data.draw(st.lists(cell, max_size=40))
    asked = digests + data.draw(st.lists(cell, max_size=4))
    snapshot = opened(tmp_path / "hashes", kind, digests, engine)
    expected = [[number for number, one in enumerate(digests) if one == wanted] for wanted in asked]
    assert [snapshot.known(kind, wanted) for wanted in asked] == expected
    numbers, entries = snapshot.known_batch(kind, array(asked, size))
    pairs = [(number, entry) for number, found in enumerate(expected) for entry in found]
    assert list(zip(numbers.tolist(), entries.tolist(), strict=True)) == pairs


@every_engine
def test_thousands_with_a_common_beginning(engine: str, tmp_path: Path) -> None:
    """One place of the directory holds all of them."""
    digests = [bytes(8) + number.to_bytes(8, "big") for number in range(5_000)]
    snapshot = opened(tmp_path / "hashes", "md5", digests, engine)
    for number in (0, 1, 2_499, 4_999):
        assert snapshot.known("md5", digests[number]) == [number]
    assert snapshot.known("md5", b"\xff" * 16) == []
    assert snapshot.known("sha1", bytes(20)) == []


@every_engine
def test_digests_of_another_length_are_refused(engine: str, tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "hashes", "md5", [bytes(16)], engine)
    with pytest.raises(ValueError, match="16 bytes"):
        snapshot.known("md5", bytes(15))
    with pytest.raises(ValueError, match="16 bytes"):
        snapshot.known_batch("md5", np.zeros((1, 20), np.uint8))
